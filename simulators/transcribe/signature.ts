import type { IncomingHttpHeaders } from 'node:http';
import { sha256, signatureOf } from '../shared/sigv4.ts';
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
  const signed = {
    method: 'POST',
    path: '/',
    query: '',
    headers: request.headers,
    signedHeaders: signedHeaders.split(';'),
    payloadHash: sha256(request.body),
  };
  const expected = signatureOf(signed, {
    secretAccessKey: credentials.secretAccessKey,
    timestamp: String(request.headers['x-amz-date']),
    scope: [date, region, service, 'aws4_request'],
  });
  if (signature !== expected) {
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
