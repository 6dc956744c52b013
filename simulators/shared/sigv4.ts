import { createHash, createHmac } from 'node:crypto';

/** What a signature covers; path and query in their canonical form. */
export type SignedRequest = {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly signedHeaders: readonly string[];
  readonly payloadHash: string;
};

type Signing = {
  readonly secretAccessKey: string;
  /** As in 20260102T030405Z. */
  readonly timestamp: string;
  /** Date, region, service, `aws4_request`. */
  readonly scope: readonly string[];
};

/** The signature that a request should have ("AWS Signature Version 4"), in hex. */
export function signatureOf(
  request: SignedRequest,
  { secretAccessKey, timestamp, scope }: Signing,
): string {
  const hash = sha256(canonicalRequest(request));
  const text = ['AWS4-HMAC-SHA256', timestamp, scope.join('/'), hash].join('\n');
  const key = scope.reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`);
  return hmac(key, text).toString('hex');
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function canonicalRequest(request: SignedRequest): string {
  const headers = request.signedHeaders.map((name) => {
    const values = [request.headers[name] ?? []].flat();
    return `${name}:${values.map((value) => value.trim().replaceAll(/\s+/g, ' ')).join(',')}\n`;
  });
  return [
    request.method,
    request.path,
    request.query,
    headers.join(''),
    request.signedHeaders.join(';'),
    request.payloadHash,
  ].join('\n');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
