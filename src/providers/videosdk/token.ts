import { SignJWT } from 'jose';
import type { VideosdkSettings } from './settings.ts';

/** A token serves one call: it is minted for it, and lives long enough for a clock that is a little off. */
const TOKEN_LIFE = '10 minutes';

/** The token of one call to the v2 REST API (VideoSDK, Authentication and Tokens). */
export async function mintToken({ apiKey, secret }: VideosdkSettings): Promise<string> {
  const claims = { apikey: apiKey, permissions: ['allow_join'], version: 2, roles: ['crawler'] };
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuedAt()
    .setExpirationTime(TOKEN_LIFE)
    .sign(new TextEncoder().encode(secret));
}
