import type { Answer } from '../answers.ts';
import { S3Error } from '../errors.ts';
import { header } from '../incoming.ts';
import type { Incoming } from '../incoming.ts';
import type { Store, StoredObject } from '../store.ts';

/** What the operations act on. */
export type Context = { readonly store: Store; readonly region: string };

export type Handler = (context: Context, incoming: Incoming) => Promise<Answer>;

const KEPT_HEADERS =
  /^(?:content-(?:type|encoding|disposition|language)|cache-control|expires|x-amz-meta-.+)$/;

export function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** The headers of a write that its readers get back. */
export function keptHeaders(incoming: Incoming): StoredObject['headers'] {
  const kept = Object.keys(incoming.headers)
    .filter((name) => KEPT_HEADERS.test(name))
    .map((name) => [name, header(incoming, name) ?? ''] as const);
  const { 'content-encoding': encoding = '', ...others } = Object.fromEntries(kept);
  // How the content was transferred is none of its properties.
  const own = encoding.split(/ *, */).filter((each) => each !== 'aws-chunked' && each !== '');
  return {
    'content-type': 'binary/octet-stream',
    ...others,
    ...(own.length > 0 && { 'content-encoding': own.join(',') }),
  };
}

/** Whether an object may be written only where there is none. */
export function onlyIfAbsent(incoming: Incoming): boolean {
  if (header(incoming, 'if-match') !== undefined) {
    throw new S3Error('NotImplemented', 'If-Match of a write');
  }
  const condition = header(incoming, 'if-none-match');
  if (condition === undefined) return false;
  if (condition !== '*') throw new S3Error('NotImplemented', 'If-None-Match other than *');
  return true;
}
