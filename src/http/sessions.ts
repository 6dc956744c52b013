import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { ConfigurationChange } from '../domain/configuration.ts';
import { isEnded, isLive } from '../domain/session.ts';
import type { SessionRequest } from '../domain/sessions.ts';
import { repeatableUpdateId } from '../workflows/messages.ts';
import type { AcceptedChange } from '../workflows/messages.ts';
import { callerOf } from './access.ts';
import { requestKey } from './idempotency.ts';
import type { KeyedStarts } from './keyed-starts.ts';
import { waitSeconds, wantsRepresentation } from './preference.ts';
import { faultsInWords, Problem } from './problem.ts';
import type { SessionClient } from './session-client.ts';
import type { SessionErasure } from './session-erasure.ts';
import type { SessionList } from './session-list.ts';
import { CHANGE, ERASE, LIST, READ, START, STOP } from './session-operations.ts';
import { FIXED_FIELDS } from './session-schema.ts';
import type { Session } from './session-schema.ts';
import { about } from './request-lines.ts';
import { isRefused, isStarted } from './stored-session.ts';

export type SessionRoutesOptions = {
  readonly sessions: SessionClient;
  readonly keyedStarts: KeyedStarts;
  readonly list: SessionList;
  readonly erasure: SessionErasure;
  /** Every provider's request to start, as one schema. */
  readonly startRequest: z.ZodType<StartRequest>;
  readonly changeRequest: z.ZodType<ConfigurationChange>;
};

/** A request to start, read: the session's id, and what its workflow gets. */
export type StartRequest = { readonly id: string; readonly request: SessionRequest };

/** `/v1/sessions`: start, list, read, change, stop and erase. */
export const sessionRoutes: FastifyPluginCallbackZod<SessionRoutesOptions> = (
  app,
  { sessions, keyedStarts, list, erasure, startRequest, changeRequest },
  done,
) => {
  const bodies = new WeakMap<object, unknown>();
  app.addHook('preValidation', async (request) => void bodies.set(request, request.body));
  const keyOf = (request: { readonly headers: { 'idempotency-key'?: string | undefined } }) =>
    requestKey(request.headers['idempotency-key'], bodies.get(request), callerOf(request));

  app.post('/', { schema: { ...START, body: startRequest } }, async (request, reply) => {
    const { id, request: asked } = request.body;
    about(id);
    const key = keyOf(request);
    const { session, isNew } = await (key
      ? keyedStarts.start(key, id, asked)
      : sessions.start(id, asked));
    void reply.code(isNew ? 201 : 200);
    void reply.header('location', `/v1/sessions/${encodeURIComponent(id)}`);
    const seconds = waitSeconds(request.headers.prefer);
    if (seconds === 0) return session;
    const later = await sessions.waitUntil(session, seconds, isStarted);
    // What failed otherwise is stored all the same, and shows why.
    if (later.failure && isRefused(later)) throw new Problem('refused', later.failure.message);
    return later;
  });

  app.get('/', { schema: LIST }, async ({ query: { pageSize, pageToken, ...filter } }) =>
    list.page(filter, pageSize, pageToken),
  );

  app.get('/:id', { schema: READ }, async (request) => {
    const { session } = await sessions.getRun(request.params.id, request.query.runId);
    return session;
  });

  app.delete('/:id', { schema: ERASE }, async (request, reply) => {
    const isTold = wantsRepresentation(request.headers.prefer);
    const report = await erasure.erase(request.params.id, isTold);
    if (!isTold || report === null) return reply.code(204).send();
    void reply.header('preference-applied', 'return=representation');
    return reply.code(200).send(report);
  });

  app.patch(
    '/:id',
    {
      schema: { ...CHANGE, body: changeRequest },
      attachValidation: true,
      preHandler: async ({ body, params: { id }, validationError }) => {
        if (validationError === undefined) return;
        if (validationError.validationContext === 'body') {
          // What can't change can't have a valid change either: that is told first.
          await sessions.requireChangeable(id);
          refuseFixedFields(body, changeRequest);
        }
        throw validationError;
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const key = keyOf(request);
      const updateId = key === null ? undefined : repeatableUpdateId(key.key, key.body);
      const accepted = await sessions.change(id, request.body, updateId);
      const { change } = accepted;
      const seconds = waitSeconds(request.headers.prefer);
      const first = await sessions.changed(id, accepted);
      const isSettled = (session: Session) => outcome(session, change) !== 'waiting';
      const session = seconds === 0 ? first : await sessions.waitUntil(first, seconds, isSettled);
      // Who does not wait asks whether it was accepted: so a repeat is answered as the first was, whatever came of it.
      void reply.code(seconds === 0 ? 202 : statusOf(session, change));
      if (session.provider === 'amazon-transcribe') return session;
      return { ...session, revision: change.revision };
    },
  );

  app.post('/:id/stop', { schema: STOP }, async (request, reply) => {
    const { id } = request.params;
    const { session, wasOver } = await sessions.stop(id);
    const seconds = waitSeconds(request.headers.prefer);
    const later = isOver(session) ? session : await sessions.waitUntil(session, seconds, isOver);
    // Who does not wait asks whether it was accepted, however quick the vendor is.
    void reply.code(wasOver || (seconds > 0 && isOver(later)) ? 200 : 202);
    return later;
  });
  done();
};

function isOver({ status }: Session): boolean {
  return isEnded(status);
}

/** What has become of an accepted change. */
function outcome(
  session: Session,
  { revision, notBefore }: AcceptedChange,
): 'applied' | 'refused' | 'overtaken' | 'waiting' {
  if (session.provider === 'amazon-transcribe') return 'overtaken';
  if (notBefore === null || session.appliedRevision >= revision) return 'applied';
  const refused = session.lastRefusal?.revision ?? 0;
  if (refused >= revision) return 'refused';
  return isLive(session.status) ? 'waiting' : 'overtaken';
}

/** The status of the answer to a change that was waited for. Throws when it never will be applied. */
function statusOf(session: Session, accepted: AcceptedChange): 200 | 202 {
  switch (outcome(session, accepted)) {
    case 'applied':
      return 200;
    case 'waiting':
      return 202;
    case 'refused':
      throw new Problem('refused', refusalOf(session) ?? 'The vendor refused the change');
    case 'overtaken':
      throw new Problem('not-live', `The session is ${session.status}: the change came too late`);
  }
}

function refusalOf(session: Session): string | undefined {
  return session.provider === 'amazon-transcribe' ? undefined : session.lastRefusal?.message;
}

/** A body that would be valid but for fields that a live session can't change is refused, not malformed. */
function refuseFixedFields(body: unknown, changeRequest: z.ZodType): void {
  if (typeof body !== 'object' || body === null) return;
  const entries = Object.entries(body);
  const fixed = entries.filter(([field]) => FIXED_FIELDS.includes(field));
  const rest = Object.fromEntries(entries.filter(([field]) => !FIXED_FIELDS.includes(field)));
  const isValidBut = Object.keys(rest).length === 0 || changeRequest.safeParse(rest).success;
  if (fixed.length === 0 || !isValidBut) return;
  const errors = fixed.map(([path]) => ({
    path,
    message: 'cannot change while the session lives',
  }));
  throw new Problem('unprocessable', faultsInWords(errors), { errors });
}
