import { empty, xmlAnswer } from '../answers.ts';
import type { Answer } from '../answers.ts';
import type { Span } from '../blobs.ts';
import { S3Error } from '../errors.ts';
import { header } from '../incoming.ts';
import type { Incoming } from '../incoming.ts';
import { hasChecksum, receive, receiveText } from '../payload.ts';
import type { StoredObject } from '../store.ts';
import { childrenNamed, childText, element, parseXml } from '../xml.ts';
import { keptHeaders, onlyIfAbsent } from './context.ts';
import type { Context, Handler } from './context.ts';

const MAX_DELETED = 1_000;

export const putObject: Handler = async ({ store }, incoming) => {
  const { bucket, key } = incoming;
  const condition = { onlyIfAbsent: onlyIfAbsent(incoming) };
  if (condition.onlyIfAbsent && store.object(bucket, key)) throw new S3Error('PreconditionFailed');
  const { md5, ...received } = await receive(incoming, store.blobs);
  const etag = `"${md5}"`;
  const headers = keptHeaders(incoming);
  await store.commit({ bucket, key, etag, headers, ...received }, condition);
  return empty(200, { etag, ...received.checksums });
};

export const getObject: Handler = async (context, incoming) => {
  const { object, span, answer } = describe(context, incoming);
  if (object.size === 0) return answer;
  return { ...answer, body: await context.store.blobs.read(object.blob, span) };
};

export const headObject: Handler = async (context, incoming) => describe(context, incoming).answer;

export const deleteObject: Handler = async ({ store }, { bucket, key }) => {
  await store.remove(bucket, key);
  return empty(204);
};

export const deleteObjects: Handler = async ({ store }, incoming) => {
  if (!hasChecksum(incoming)) {
    const detail = 'Missing required header for this request: Content-MD5 or x-amz-checksum-*';
    throw new S3Error('InvalidRequest', detail);
  }
  const request = parseXml(await receiveText(incoming));
  const keys = childrenNamed(request, 'Object').map((each) => childText(each, 'Key') ?? '');
  const areWell = keys.length > 0 && keys.length <= MAX_DELETED && !keys.includes('');
  if (request.name !== 'Delete' || !areWell) throw new S3Error('MalformedXML');
  for (const key of keys) await store.remove(incoming.bucket, key);
  const quiet = childText(request, 'Quiet') === 'true';
  const told = quiet ? [] : keys.map((key) => element('Deleted', [element('Key', key)]));
  return xmlAnswer('DeleteResult', told);
};

function describe(
  { store }: Context,
  incoming: Incoming,
): { readonly object: StoredObject; readonly span: Span | undefined; readonly answer: Answer } {
  const object = store.object(incoming.bucket, incoming.key);
  if (!object) throw new S3Error('NoSuchKey');
  const { size, etag, modifiedAtMs, headers, checksums } = object;
  checkConditions(incoming, etag);
  const span = spanOf(header(incoming, 'range'), size);
  const wantsChecksum = header(incoming, 'x-amz-checksum-mode')?.toUpperCase() === 'ENABLED';
  const answer = {
    status: span ? 206 : 200,
    headers: {
      ...headers,
      'accept-ranges': 'bytes',
      etag,
      'last-modified': new Date(modifiedAtMs).toUTCString(),
      'content-length': String(span ? span.last - span.first + 1 : size),
      ...(span && { 'content-range': `bytes ${span.first}-${span.last}/${size}` }),
      ...(wantsChecksum && !span && checksums),
    },
  };
  return { object, span, answer };
}

function checkConditions(incoming: Incoming, etag: string): void {
  const names = (condition: string) =>
    header(incoming, condition)
      ?.split(/ *, */)
      .some((each) => each === '*' || each === etag);
  if (names('if-match') === false) throw new S3Error('PreconditionFailed');
  if (names('if-none-match')) throw new S3Error('NotModified');
}

/** Undefined = everything, as for a header that is no range of bytes. */
function spanOf(range: string | undefined, size: number): Span | undefined {
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(range ?? '') ?? [];
  if (from === '')
    return to === '' ? undefined : existing(Math.max(0, size - Number(to)), size - 1);
  if (to === '') return existing(Number(from), size - 1);
  if (Number(to) < Number(from)) return undefined;
  return existing(Number(from), Math.min(Number(to), size - 1));
}

function existing(first: number, last: number): Span {
  if (first > last) throw new S3Error('InvalidRange');
  return { first, last };
}
