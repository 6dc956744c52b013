import { createHash, randomUUID } from 'node:crypto';
import { SignJWT, UnsecuredJWT } from 'jose';
import type { WebhookFault } from '../faults.ts';

const DAY_SECONDS = 86_400;

/** What Vonage signs webhooks with: the secret of the account, not the key of the application. */
export type Signer = {
  readonly signatureSecret: string;
  readonly apiKey: string;
  readonly applicationId: string;
};

type Wrong = Extract<WebhookFault, { kind: 'forged' }>['wrong'];

/**
 * The token of a webhook ("Signed webhooks"): over the raw body of a POST, or over the parameters of
 * a GET as JSON, in their order.
 */
export async function webhookToken(
  { signatureSecret, apiKey, applicationId }: Signer,
  payload: string,
  nowMs: number,
  wrong?: Wrong,
): Promise<{ token: string; jti: string }> {
  const jti = randomUUID();
  const issuedAt = Math.floor(nowMs / 1000);
  const claims = {
    iat: wrong === 'issued-at' ? issuedAt - DAY_SECONDS : issuedAt,
    jti,
    iss: wrong === 'issuer' ? 'Nobody' : 'Vonage',
    payload_hash: createHash('sha256')
      .update(wrong === 'payload' ? `${payload} ` : payload)
      .digest('hex'),
    api_key: wrong === 'api-key' ? '00000000' : apiKey,
    application_id: wrong === 'application-id' ? randomUUID() : applicationId,
  };
  if (wrong === 'algorithm') return { token: new UnsecuredJWT(claims).encode(), jti };
  const secret = wrong === 'secret' ? randomUUID() : signatureSecret;
  const token = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .sign(new TextEncoder().encode(secret));
  return { token, jti };
}
