import { createHash } from 'node:crypto';
import { errors, jwtVerify } from 'jose';
import { z } from 'zod';
import { Problem } from '../problem.ts';

/** How far Vonage's clock may be from ours, a redelivery included. */
const SKEW_SECONDS = 300;

const Claims = z.object({
  iss: z.literal('Vonage'),
  iat: z.number(),
  application_id: z.string(),
  payload_hash: z.string().optional(),
});

export type VonageSigner = {
  readonly applicationId: string;
  readonly signatureSecret: string;
};

/** What was signed: the raw body of a POST, the parameters of a GET. */
export type Signed =
  | { readonly method: 'POST'; readonly body: Buffer }
  | { readonly method: 'GET'; readonly query: URLSearchParams };

/**
 * Throws a 401 unless Vonage has signed this very request for our application (Vonage, Signed webhooks: HS256 by the
 * account's signature secret). The same one may come again: what it asks for is done once.
 */
export async function requireVonage(
  authorization: string | undefined,
  signed: Signed,
  signer: VonageSigner,
): Promise<void> {
  const [scheme, token] = (authorization ?? '').split(' ');
  if (scheme?.toLowerCase() !== 'bearer' || !token) throw refused('no bearer token');
  const claims = Claims.safeParse(await payloadOf(token, signer.signatureSecret));
  if (!claims.success) throw refused('its claims are not those of a webhook');
  const { iat, application_id: applicationId, payload_hash: hash } = claims.data;
  if (applicationId !== signer.applicationId) throw refused('it is for another application');
  if (Math.abs(Date.now() / 1_000 - iat) > SKEW_SECONDS) throw refused('it is of another time');
  if (!isHashOf(signed, hash)) throw refused('it was signed for another payload');
}

async function payloadOf(token: string, secret: string): Promise<unknown> {
  try {
    const key = new TextEncoder().encode(secret);
    const { payload } = await jwtVerify(token, key, { algorithms: ['HS256'] });
    return payload;
  } catch (error) {
    if (error instanceof errors.JOSEError) throw refused('its signature does not fit');
    throw error;
  }
}

/** A GET has no body: its hash, where it has one, is that of its parameters as JSON, in their order. */
function isHashOf(signed: Signed, hash: string | undefined): boolean {
  if (signed.method === 'POST') return hash === sha256(signed.body);
  if (hash === undefined) return true;
  const parameters = JSON.stringify(Object.fromEntries(signed.query));
  return hash === sha256(parameters) || hash === sha256('');
}

function sha256(data: Buffer | string): string {
  return createHash('sha256').update(data).digest('hex');
}

function refused(why: string): Problem {
  return new Problem('unauthorized', `This is not a signed webhook of Vonage: ${why}`);
}
