import { signatureOf } from '../shared/sigv4.ts';
import type { SignedRequest } from '../shared/sigv4.ts';
import { S3Error } from './errors.ts';
import { header, parameter } from './incoming.ts';
import type { Incoming } from './incoming.ts';

const ALGORITHM = 'AWS4-HMAC-SHA256';
const MAX_SKEW_MS = 900_000;
const MAX_EXPIRES_SECONDS = 604_800;
const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 +Credential=([^\s,]+), *SignedHeaders=([^\s,]+), *Signature=([\da-f]{64})$/;

export type Account = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
};

/** What a request says of its signature, in its headers or, when it is presigned, in its query. */
type Claim = {
  readonly credential: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** As in 20260102T030405Z. */
  readonly timestamp: string;
  readonly payloadHash: string;
  readonly expiresSeconds: number | null;
};

/** Signs the request again ("Authenticating requests", AWS Signature Version 4), and compares. */
export function checkSignature(incoming: Incoming, account: Account, nowMs: number): void {
  const claim = parameter(incoming, 'X-Amz-Signature')
    ? queryClaim(incoming)
    : headerClaim(incoming);
  const [accessKeyId, ...scope] = claim.credential.split('/');
  if (accessKeyId !== account.accessKeyId) throw new S3Error('InvalidAccessKeyId');
  const expected = [claim.timestamp.slice(0, 8), account.region, 's3', 'aws4_request'];
  if (scope.join('/') !== expected.join('/')) {
    throw new S3Error(
      claim.expiresSeconds === null
        ? 'AuthorizationHeaderMalformed'
        : 'AuthorizationQueryParametersError',
      `the credential's scope "${scope.join('/')}" is wrong; expecting "${expected.join('/')}"`,
    );
  }
  checkTime(claim, nowMs);
  checkSignedHeaders(incoming, claim.signedHeaders);
  const signature = signatureOf(signedRequest(incoming, claim), {
    secretAccessKey: account.secretAccessKey,
    timestamp: claim.timestamp,
    scope: expected,
  });
  if (signature !== claim.signature) throw new S3Error('SignatureDoesNotMatch');
}

function headerClaim(incoming: Incoming): Claim {
  const authorization = header(incoming, 'authorization');
  if (authorization === undefined) throw new S3Error('AccessDenied');
  const [, credential, signedHeaders, signature] = AUTHORIZATION.exec(authorization) ?? [];
  const timestamp = header(incoming, 'x-amz-date');
  if (!credential || !signedHeaders || !signature || !timestamp) {
    throw new S3Error('AuthorizationHeaderMalformed');
  }
  const payloadHash = header(incoming, 'x-amz-content-sha256');
  if (payloadHash === undefined) {
    const detail = 'Missing required header for this request: x-amz-content-sha256';
    throw new S3Error('InvalidRequest', detail);
  }
  return {
    credential,
    signedHeaders: signedHeaders.split(';'),
    signature,
    timestamp,
    payloadHash,
    expiresSeconds: null,
  };
}

function queryClaim(incoming: Incoming): Claim {
  const given = (name: string) => {
    const value = parameter(incoming, `X-Amz-${name}`);
    if (!value) throw new S3Error('AuthorizationQueryParametersError', `X-Amz-${name} is missing`);
    return value;
  };
  const expiresSeconds = Number(given('Expires'));
  if (given('Algorithm') !== ALGORITHM || !(expiresSeconds <= MAX_EXPIRES_SECONDS)) {
    throw new S3Error('AuthorizationQueryParametersError');
  }
  return {
    credential: given('Credential'),
    signedHeaders: given('SignedHeaders').split(';'),
    signature: given('Signature'),
    timestamp: given('Date'),
    payloadHash: header(incoming, 'x-amz-content-sha256') ?? 'UNSIGNED-PAYLOAD',
    expiresSeconds,
  };
}

function checkTime({ timestamp, expiresSeconds }: Claim, nowMs: number): void {
  const iso = timestamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z');
  const aheadMs = Date.parse(iso) - nowMs;
  const oldestMs = expiresSeconds === null ? -MAX_SKEW_MS : -expiresSeconds * 1_000;
  if (aheadMs >= oldestMs && aheadMs <= MAX_SKEW_MS) return;
  if (expiresSeconds !== null && aheadMs < 0)
    throw new S3Error('AccessDenied', 'Request has expired');
  throw new S3Error('RequestTimeTooSkewed');
}

function checkSignedHeaders(incoming: Incoming, signed: readonly string[]): void {
  const needed = Object.keys(incoming.headersDistinct).filter(
    (name) => name === 'host' || name.startsWith('x-amz-'),
  );
  if (needed.every((name) => signed.includes(name))) return;
  const detail = 'There were headers present in the request which were not signed';
  throw new S3Error('AccessDenied', detail);
}

function signedRequest(
  { method, path, query, headersDistinct: headers }: Incoming,
  { signedHeaders, payloadHash }: Claim,
): SignedRequest {
  return {
    method,
    path: path.split('/').map(uriEncoded).join('/'),
    query: query
      .filter(([name]) => name !== 'X-Amz-Signature')
      .map(([name, value]) => `${uriEncoded(name)}=${uriEncoded(value)}`)
      .toSorted()
      .join('&'),
    headers,
    signedHeaders,
    payloadHash,
  };
}

function uriEncoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
