import { createPrivateKey, randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import type { VonageSettings } from './settings.ts';

/** A token serves one download, which must begin within this. */
const TOKEN_LIFE = '15 minutes';

/** The header with which the application's recordings are fetched (Vonage, Recording: RS256, by the application's key). */
export async function downloadAuthorization({
  applicationId,
  privateKey,
}: Pick<VonageSettings, 'applicationId' | 'privateKey'>): Promise<string> {
  const token = await new SignJWT({ application_id: applicationId })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
    .setJti(randomUUID())
    .setIssuedAt()
    .setExpirationTime(TOKEN_LIFE)
    .sign(createPrivateKey(privateKey));
  return `Bearer ${token}`;
}
