import { errors, jwtVerify } from 'jose';
import { z } from 'zod';
import type { Rule } from './answers.ts';
import type { Project } from './project.ts';

const MAX_AHEAD_SECONDS = 86_400;

const claimsSchema = z.looseObject({
  permissions: z.array(z.enum(['allow_join', 'ask_join', 'allow_mod'])).min(1),
  version: z.literal(2),
  roles: z.array(z.enum(['crawler', 'rtc'])).refine((roles) => roles.includes('crawler'), {
    error: 'must have "crawler" for the REST API',
  }),
  iat: z.number(),
  exp: z.number(),
  roomId: z.string().optional(),
  participantId: z.string().optional(),
});

/** The caller is told no more than 401; the detail is for the ledger. */
type BadToken = { readonly rule: Rule; readonly detail: string };

/** Why a request is turned away: undefined for one with a good token. */
export async function tokenFault(
  project: Project,
  authorization: string | undefined,
): Promise<BadToken | undefined> {
  if (!authorization) return { rule: 'authentication', detail: 'no Authorization header' };
  if (/\s/.test(authorization)) {
    return {
      rule: 'authentication',
      detail: 'the Authorization header is the token, with no prefix',
    };
  }
  const nowMs = project.now();
  try {
    const { payload } = await jwtVerify(authorization, new TextEncoder().encode(project.secret), {
      algorithms: ['HS256'],
      currentDate: new Date(nowMs),
      requiredClaims: ['iat', 'exp'],
    });
    return claimsFault(project, payload, nowMs);
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) throw error;
    const ofClaims =
      error instanceof errors.JWTExpired || error instanceof errors.JWTClaimValidationFailed;
    return { rule: ofClaims ? 'token' : 'authentication', detail: error.message };
  }
}

function claimsFault(
  { apiKey }: Project,
  payload: Readonly<Record<string, unknown>>,
  nowMs: number,
): BadToken | undefined {
  if (payload['apikey'] !== apiKey) return { rule: 'token', detail: 'apikey: is no key of ours' };
  const claims = claimsSchema.safeParse(payload);
  if (!claims.success) {
    const faults = claims.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    return { rule: 'token', detail: faults.join('; ') };
  }
  if (claims.data.exp - nowMs / 1_000 <= MAX_AHEAD_SECONDS) return undefined;
  return { rule: 'token', detail: `exp: is more than ${MAX_AHEAD_SECONDS} s ahead` };
}
