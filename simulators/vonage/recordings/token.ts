import { createPublicKey } from 'node:crypto';
import { jwtVerify } from 'jose';

/** How far ahead the application's clock may be. */
const SKEW_SECONDS = 30;

type Application = { readonly applicationId: string; readonly publicKey: string };

/** Says what is wrong with the token of a request, or nothing when it is the application's. */
export async function tokenFault(
  { applicationId, publicKey }: Application,
  authorization: string | undefined,
  nowMs: number,
): Promise<string | undefined> {
  const [scheme, token] = (authorization ?? '').split(' ');
  if (scheme?.toLowerCase() !== 'bearer' || !token) return 'no Bearer token';
  try {
    const { payload } = await jwtVerify(token, createPublicKey(publicKey), {
      algorithms: ['RS256'],
      currentDate: new Date(nowMs),
      requiredClaims: ['application_id', 'iat', 'jti', 'exp'],
    });
    if (payload['application_id'] !== applicationId) return 'the application_id is another';
    return (payload.iat ?? 0) > nowMs / 1000 + SKEW_SECONDS ? 'issued in the future' : undefined;
  } catch (error) {
    return error instanceof Error ? error.message : 'no token';
  }
}
