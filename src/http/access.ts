import { createHash, timingSafeEqual } from 'node:crypto';
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ApiKey } from '../settings/access.ts';
import type { CodecAccess } from './codec/access.ts';
import { Problem } from './problem.ts';

export type AccessOptions = {
  /** None = no key is asked for. */
  readonly apiKeys: readonly ApiKey[];
  /** For each key, or where none is asked for each address. */
  readonly requestsPerMinute: number;
  /** What else than a key may let a request in. */
  readonly codecAccess: CodecAccess;
};

/** For each address, of requests without a key that is known: enough to find a mistake, too few to guess a key. */
const STRANGERS_PER_MINUTE = 60;

/** What is not asked for a key: what proves itself otherwise, or tells nothing of a session. */
const OPEN = /^\/(?:(?:webhooks|healthz|readyz|metrics|openapi\.json|docs)(?:\/|$)|codec$)/;
/** Whether whoever asks for `url` needs a key, where there are any. */
export function isGuarded(url: string): boolean {
  return !OPEN.test(url);
}

const READING = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Names of this machine: another one's page that a browser was led here by has its own in `Host`. */
const LOOPBACK = /^(?:127(?:\.\d{1,3}){3}|localhost|\[::1\])$/i;

const BEARER = /^Bearer +(\S+) *$/i;

const callers = new WeakMap<object, ApiKey>();

/** The key that the request came with; undefined without one. */
export function callerKey(request: object): ApiKey | undefined {
  return callers.get(request);
}

/** The name of the key that the request came with; '' without one. */
export function callerOf(request: object): string {
  return callerKey(request)?.name ?? '';
}

/** Lets only those in who have a key for what they ask, and each only so often. To be called before the routes are there. */
export async function guard(app: FastifyInstance, options: AccessOptions): Promise<void> {
  const { apiKeys, requestsPerMinute, codecAccess } = options;
  await app.register(rateLimit, { global: false });
  const perMinute = (max: number) => {
    const count = app.createRateLimit({ max, timeWindow: 60_000, keyGenerator: senderOf });
    return { max, count };
  };
  const known = perMinute(requestsPerMinute);
  const strangers = perMinute(Math.min(requestsPerMinute, STRANGERS_PER_MINUTE));
  app.addHook('onRequest', async (request, reply) => {
    const { url } = request.routeOptions;
    // A browser asks whether it may ask without any proof.
    if (url === undefined || !isGuarded(url) || request.method === 'OPTIONS') return;
    const key = keyOf(request, apiKeys) ?? (await codecAccess.keyOf(request));
    if (key) {
      callers.set(request, key);
      request.log = request.log.child({ key: key.name });
      reply.log = request.log;
    }
    const { max, count } = key || apiKeys.length === 0 ? known : strangers;
    const counted = await count(request);
    if (!counted.isAllowed && counted.isExceeded) {
      throw new Problem('too-many-requests', `No more than ${max} requests a minute are taken`, {
        retryAfterSeconds: Math.max(counted.ttlInSeconds, 1),
      });
    }
    if (apiKeys.length > 0) requireKey(request, reply, key);
    else requireThisMachine(request, codecAccess.isOfTemporalUi(request));
  });
}

/** Whose requests are counted together: by their key, or else their address. */
export function senderOf(request: FastifyRequest): string {
  return callers.get(request)?.sha256.toString('hex') ?? request.ip;
}

/**
 * Without keys the API is for this machine, and not for the pages of others that a browser on it shows: these may send
 * what needs no preflight, and may have a name of theirs lead here.
 */
function requireThisMachine({ headers, hostname }: FastifyRequest, isKnownPage: boolean): void {
  const { origin, host } = headers;
  const isOfThisPage = origin === undefined || hostOf(origin) === host;
  const site = headers['sec-fetch-site'] ?? (isOfThisPage ? 'same-origin' : 'cross-site');
  const isOurs = isKnownPage || site === 'same-origin' || site === 'none';
  if (LOOPBACK.test(hostname) && isOurs) return;
  const detail =
    'Only this machine is served, and no page of another site: set DURASCRIBE_API_KEYS';
  throw new Problem('not-local', detail);
}

function hostOf(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null;
}

/** Throws where `key` is not enough for the request. */
function requireKey(request: FastifyRequest, reply: FastifyReply, key: ApiKey | undefined): void {
  if (key === undefined) {
    const isGiven = BEARER.test(request.headers.authorization ?? '');
    void reply.header('www-authenticate', isGiven ? 'Bearer error="invalid_token"' : 'Bearer');
    throw isGiven
      ? new Problem('unknown-key', 'The key that was sent is none of DURASCRIBE_API_KEYS')
      : new Problem('no-key', 'Send a key of this API as Authorization: Bearer <key>');
  }
  if (key.scope === 'write' || READING.has(request.method)) return;
  void reply.header('www-authenticate', 'Bearer error="insufficient_scope", scope="write"');
  throw new Problem('forbidden', `The key ${key.name} is for reading only`);
}

/** The key that the request has, compared with every one there is, so that the time tells nothing. */
function keyOf({ headers }: FastifyRequest, keys: readonly ApiKey[]): ApiKey | undefined {
  const [, token] = BEARER.exec(headers.authorization ?? '') ?? [];
  if (token === undefined) return undefined;
  const sha256 = createHash('sha256').update(token).digest();
  let found: ApiKey | undefined;
  for (const key of keys) if (timingSafeEqual(key.sha256, sha256)) found = key;
  return found;
}
