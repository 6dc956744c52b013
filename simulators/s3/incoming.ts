import type { IncomingMessage } from 'node:http';
import { S3Error } from './errors.ts';

const MAX_KEY_BYTES = 1_024;

/** A request as it came in, with nothing of its body read. */
export type Incoming = {
  readonly method: string;
  /** Decoded, with its slash. */
  readonly path: string;
  /** Empty for the service itself. */
  readonly bucket: string;
  /** Empty for a bucket. */
  readonly key: string;
  readonly query: readonly (readonly [name: string, value: string])[];
  readonly headers: IncomingMessage['headers'];
  /** Every value of a header, for the signature. */
  readonly headersDistinct: IncomingMessage['headersDistinct'];
  readonly body: AsyncIterable<Buffer>;
};

/** Path-style addresses only: `/bucket/key`. */
export function openIncoming(request: IncomingMessage): Incoming {
  const [rawPath = '/', ...rawQuery] = (request.url ?? '/').split('?');
  const path = decoded(rawPath);
  const [, bucket = '', key = ''] = /^\/([^/]*)\/?(.*)$/s.exec(path) ?? [];
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) throw new S3Error('KeyTooLongError');
  return {
    method: request.method ?? '',
    path,
    bucket,
    key,
    query: rawQuery
      .join('?')
      .split('&')
      .filter((pair) => pair !== '')
      .map((pair) => {
        const [name = '', ...value] = pair.split('=');
        return [decodedQuery(name), decodedQuery(value.join('='))] as const;
      }),
    headers: request.headers,
    headersDistinct: request.headersDistinct,
    body: request,
  };
}

/** The value of a parameter; undefined without it. */
export function parameter({ query }: Incoming, name: string): string | undefined {
  return query.find(([each]) => each === name)?.[1];
}

/** A parameter that is an integer in a range. */
export function integerParameter(
  incoming: Incoming,
  name: string,
  {
    least,
    most,
    absent,
  }: { readonly least: number; readonly most: number; readonly absent: number },
): number {
  const text = parameter(incoming, name) ?? String(absent);
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new S3Error('InvalidArgument', `${name} must be an integer from ${least} to ${most}`);
}

/** A header that comes once; undefined without it. */
export function header({ headersDistinct }: Incoming, name: string): string | undefined {
  return headersDistinct[name]?.join(',');
}

function decodedQuery(text: string): string {
  return decoded(text.replaceAll('+', ' '));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new S3Error('InvalidURI');
  }
}
