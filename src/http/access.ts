import { createHash, timingSafeEqual } from 'node:crypto';
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from './problem.ts';

/** A key that the API takes. `write` includes `read`. */
type Key = {
  /** Whose it is, for the log. */
  readonly name: string;
  readonly scope: 'read' | 'write';
  readonly sha256: Buffer;
};

export type AccessOptions = {
  /** None = no key is asked for. */
  readonly apiKeys: readonly Key[];
  /** For each key, or where none is asked for each address. */
  readonly requestsPerMinute: number;
};

/** What is not asked for a key: what proves itself otherwise, or tells nothing of a session. */
const OPEN = /^\/(?:webhooks|healthz|readyz|metrics|openapi\.json|docs)(?:\/|$)/;
/** Whether whoever asks for `url` needs a key, where there are any. */
export function isGuarded(url: string): boolean {
  return !OPEN.test(url);
}

const READING = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Lets only those in who have a key for what they ask, and each only so often. To be called before the routes are there.
 * Returns who it is that asks, by their key or else their address.
 */
export async function guard(
  app: FastifyInstance,
  options: AccessOptions,
): Promise<(request: FastifyRequest) => string> {
  const { apiKeys, requestsPerMinute: max } = options;
  const keys = new WeakMap<FastifyRequest, Key>();
  const callerOf = (request: FastifyRequest) =>
    keys.get(request)?.sha256.toString('hex') ?? request.ip;
  await app.register(rateLimit, { global: false });
  const count = app.createRateLimit({
    max,
    timeWindow: 60_000,
    keyGenerator: callerOf,
  });
  app.addHook('onRequest', async (request, reply) => {
    const { url } = request.routeOptions;
    if (url === undefined || !isGuarded(url)) return;
    const key = keyOf(request, apiKeys);
    if (key) {
      keys.set(request, key);
      request.log = request.log.child({ key: key.name });
      reply.log = request.log;
    }
    const counted = await count(request);
    if (!counted.isAllowed && counted.isExceeded) {
      throw new Problem('too-many-requests', `No more than ${max} requests a minute are taken`, {
        retryAfterSeconds: Math.max(counted.ttlInSeconds, 1),
      });
    }
    if (apiKeys.length > 0) requireKey(request, reply, key);
  });
  return callerOf;
}

/** Throws where `key` is not enough for the request. */
function requireKey(request: FastifyRequest, reply: FastifyReply, key: Key | undefined): void {
  if (key === undefined) {
    const isGiven = request.headers.authorization !== undefined;
    void reply.header('www-authenticate', isGiven ? 'Bearer error="invalid_token"' : 'Bearer');
    throw new Problem('no-key', 'Send a key of this API as Authorization: Bearer <key>');
  }
  if (key.scope === 'write' || READING.has(request.method)) return;
  void reply.header('www-authenticate', 'Bearer error="insufficient_scope", scope="write"');
  throw new Problem('forbidden', `The key ${key.name} is for reading only`);
}

/** The key that the request has, compared with every one there is, so that the time tells nothing. */
function keyOf({ headers }: FastifyRequest, keys: readonly Key[]): Key | undefined {
  const [, token] = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '') ?? [];
  if (token === undefined) return undefined;
  const sha256 = createHash('sha256').update(token).digest();
  let found: Key | undefined;
  for (const key of keys) if (timingSafeEqual(key.sha256, sha256)) found = key;
  return found;
}
