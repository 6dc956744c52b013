import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { ServiceError } from './errors.ts';

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/,]+)\/(\d{8})\/([^/,]+)\/([^/,]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;

export type Credentials = { readonly accessKeyId: string; readonly secretAccessKey: string };

type Signed = { readonly headers: IncomingHttpHeaders; readonly body: string };

/** Refuses a `POST /` that is not signed (Signature Version 4) with these credentials for this region. */
export function checkSignature(request: Signed, credentials: Credentials, region: string): void {
  const { authorization } = request.headers;
  if (authorization === undefined) {
    throw refusal('MissingAuthenticationTokenException', 'Missing Authentication Token');
  }
  const [, keyId, date, scopeRegion, service, signedHeaders, signature] =
    AUTHORIZATION.exec(authorization) ?? [];
  if (!date || !signedHeaders || !signature) {
    throw refusal(
      'InvalidSignatureException',
      'Authorization header is not of Signature Version 4',
    );
  }
  if (keyId !== credentials.accessKeyId) {
    throw refusal(
      'UnrecognizedClientException',
      'The security token included in the request is invalid.',
    );
  }
  if (scopeRegion !== region || service !== 'transcribe') {
    throw refusal(
      'InvalidSignatureException',
      `Credential should be scoped to transcribe in ${region}, not to ${service} in ${scopeRegion}.`,
    );
  }
  const scope = `${date}/${region}/transcribe/aws4_request`;
  const text = [
    'AWS4-HMAC-SHA256',
    String(request.headers['x-amz-date']),
    scope,
    sha256(canonicalRequest(request, signedHeaders)),
  ].join('\n');
  const expected = hmac(signingKey(credentials, date, region), text);
  if (!timingSafeEqual(expected, Buffer.from(signature, 'hex'))) {
    throw refusal(
      'InvalidSignatureException',
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.',
    );
  }
}

function refusal(
  type:
    | 'MissingAuthenticationTokenException'
    | 'UnrecognizedClientException'
    | 'InvalidSignatureException',
  message: string,
): ServiceError {
  return new ServiceError(type, message, 'authentication');
}

function canonicalRequest({ headers, body }: Signed, signedHeaders: string): string {
  const canonicalHeaders = signedHeaders.split(';').map((name) => {
    const value = headers[name];
    const text = Array.isArray(value) ? value.join(',') : (value ?? '');
    return `${name}:${text.trim().replaceAll(/\s+/g, ' ')}\n`;
  });
  return ['POST', '/', '', canonicalHeaders.join(''), signedHeaders, sha256(body)].join('\n');
}

function signingKey({ secretAccessKey }: Credentials, date: string, region: string): Buffer {
  return ['transcribe', 'aws4_request'].reduce(
    hmac,
    hmac(hmac(Buffer.from(`AWS4${secretAccessKey}`), date), region),
  );
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
