import { AsyncLocalStorage } from 'node:async_hooks';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** Asked for every few seconds, by machines: not worth a line. */
const PROBES = new Set(['/healthz', '/readyz', '/metrics']);

/** The sessions that a request is about, as far as is known by now. */
type Sessions = Set<string>;

const current = new AsyncLocalStorage<Sessions>();
const sessionsOf = new WeakMap<object, Sessions>();

/** Notes that the request which is being answered is about this session, for the log and for its trace. */
export function about(sessionId: string): void {
  current.getStore()?.add(sessionId);
}

/** The session that the request is about; undefined = none, or none yet. Of several the first. */
export function sessionOf(request: FastifyRequest): string | undefined {
  return sessionsOf.get(request)?.values().next().value;
}

/** What a line that is written while a request is answered tells of it. */
export function requestFields(): Readonly<Record<string, unknown>> {
  const [sessionId] = current.getStore() ?? [];
  return sessionId === undefined ? {} : { sessionId };
}

/** Logs each request once it is answered, in one line. To be called before any other hook is there. */
export function logRequests(app: FastifyInstance): void {
  app.addHook('onRequest', (request, _reply, done) => {
    const sessions: Sessions = new Set();
    sessionsOf.set(request, sessions);
    current.run(sessions, done);
  });
  // What reads the body has a context of its own.
  app.addHook('preValidation', (request, _reply, done) => {
    const id = idOf(request.params);
    const sessions = sessionsOf.get(request) ?? new Set();
    if (id !== null) sessions.add(id);
    current.run(sessions, done);
  });
  app.addHook('onResponse', async (request, { statusCode, elapsedTime }) => {
    write(request, 'request', { status: statusCode, durationMs: Math.round(elapsedTime) });
  });
  app.addHook('onRequestAbort', async (request) => write(request, 'request given up', {}));
}

function write(request: FastifyRequest, event: string, outcome: object): void {
  const { method, url, routeOptions, log } = request;
  const [path] = url.split('?');
  const [sessionId, ...others] = sessionsOf.get(request) ?? [];
  const told = {
    ...(sessionId === undefined ? {} : { sessionId }),
    ...(others.length === 0 ? {} : { otherSessionIds: others }),
  };
  const level = PROBES.has(routeOptions.url ?? '') ? 'debug' : 'info';
  log[level]({ method, route: routeOptions.url, path, ...outcome, ...told }, event);
}

/** The `:id` of the route. */
function idOf(params: unknown): string | null {
  const id: unknown =
    typeof params === 'object' && params !== null ? Reflect.get(params, 'id') : undefined;
  return typeof id === 'string' ? id : null;
}
