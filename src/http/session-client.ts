import { setTimeout as delay } from 'node:timers/promises';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import type { ConfigurationChange } from '../domain/configuration.ts';
import { differences, isEnded, isLive, newLiveSession } from '../domain/session.ts';
import type { LiveSession, LiveSessionRequest } from '../domain/session.ts';
import { changeConfiguration, requestStop, SEARCH_ATTRIBUTES } from '../workflows/messages.ts';
import type { AcceptedChange } from '../workflows/messages.ts';
import { Problem } from './problem.ts';
import { SessionMemoSchema } from './session-schema.ts';
import type { Session } from './session-schema.ts';
import { isBusy, problemOfTemporal } from './temporal-problem.ts';

/** Every call to Temporal is answered or given up within this: the client has no deadline of its own. */
const DEADLINE_MS = 3_000;
/** How long a start waits for the session that has the id to finish stopping. */
const STOPPING_WAIT_MS = 5_000;
/** How long a stop waits for the workflow to take notice, so that a start that follows it begins anew. */
const STOP_SHOWN_SECONDS = 1;
const LOOK_EVERY_MS = 50;

/** A session that Temporal has, and what it was started with. */
type Stored = { readonly session: Session; readonly request: LiveSessionRequest };

export type SessionClientOptions = {
  readonly client: Client;
  readonly taskQueue: string;
  /** Base URL of the Temporal Web UI, without a slash at its end. */
  readonly temporalUiUrl: string;
};

/** Sessions, as Temporal has them. Every method throws Problem. */
export class SessionClient {
  readonly #client: Client;
  readonly #taskQueue: string;
  readonly #temporalUiUrl: string;
  readonly #closing = new AbortController();

  constructor({ client, taskQueue, temporalUiUrl }: SessionClientOptions) {
    this.#client = client;
    this.#taskQueue = taskQueue;
    this.#temporalUiUrl = temporalUiUrl;
  }

  /** Starts a session, or returns the one that the very same request has started before. */
  async start(
    id: string,
    request: LiveSessionRequest,
  ): Promise<{ readonly session: Session; readonly isNew: boolean }> {
    const giveUpAtMs = Date.now() + STOPPING_WAIT_MS;
    for (;;) {
      const session = await this.#tryStart(id, request);
      if (session) return { session, isNew: true };
      const stored = await this.#find(id);
      if (stored.session.status !== 'stopping' && !isEnded(stored.session.status)) {
        requireSame(stored, request);
        return { session: stored.session, isNew: false };
      }
      if (Date.now() > giveUpAtMs) {
        throw new Problem('not-live', `${id} is still stopping`, { retryAfterSeconds: 1 });
      }
      await delay(LOOK_EVERY_MS);
    }
  }

  async get(id: string): Promise<Session> {
    return (await this.#find(id)).session;
  }

  /** Has a change accepted. The same `updateId` is accepted once, however often it comes. */
  async change(
    id: string,
    change: ConfigurationChange,
    updateId?: string,
  ): Promise<AcceptedChange> {
    const handle = this.#client.workflow.getHandle(id);
    const sameUpdate = updateId === undefined ? {} : { updateId };
    const giveUpAtMs = Date.now() + DEADLINE_MS;
    for (;;) {
      try {
        return await this.#call(() =>
          handle.executeUpdate(changeConfiguration, { args: [change], ...sameUpdate }),
        );
      } catch (error) {
        if (!isBusy(error) || Date.now() > giveUpAtMs) throw error;
        await delay(LOOK_EVERY_MS);
      }
    }
  }

  /** Asks for a stop, which then happens for certain. Returns the session, which shows it where a worker runs. */
  async stop(id: string): Promise<Session> {
    const session = await this.get(id);
    if (isEnded(session.status) || session.status === 'stopping') return session;
    try {
      await this.#call(() => this.#client.workflow.getHandle(id).signal(requestStop, {}));
    } catch (error) {
      if (error instanceof Problem && error.kind === 'not-live') return this.get(id);
      throw error;
    }
    return this.waitUntil(id, STOP_SHOWN_SECONDS, ({ status }) => !isLive(status));
  }

  /** Ends every wait: what is waited for happens without us. */
  close(): void {
    this.#closing.abort();
  }

  /** Looks at the session until `isDone`, for `seconds` at most, and returns it as it is then. */
  async waitUntil(
    id: string,
    seconds: number,
    isDone: (session: Session) => boolean,
  ): Promise<Session> {
    const untilMs = Date.now() + seconds * 1_000;
    for (;;) {
      const session = await this.get(id);
      if (isDone(session) || Date.now() >= untilMs || this.#closing.signal.aborted) return session;
      await delay(Math.min(LOOK_EVERY_MS, Math.max(untilMs - Date.now(), 0)));
    }
  }

  /** The new session, or null when the id is taken by one that runs. */
  async #tryStart(id: string, request: LiveSessionRequest): Promise<Session | null> {
    const now = new Date();
    const session = newLiveSession(id, request, now.toISOString());
    try {
      const handle = await this.#call(() =>
        this.#client.workflow.start('liveSession', {
          workflowId: id,
          taskQueue: this.#taskQueue,
          args: [request],
          memo: { request, session },
          staticSummary: `${request.provider} channel ${request.channel}`,
          typedSearchAttributes: [
            { key: SEARCH_ATTRIBUTES.provider, value: request.provider },
            { key: SEARCH_ATTRIBUTES.channel, value: request.channel },
            { key: SEARCH_ATTRIBUTES.status, value: session.status },
            { key: SEARCH_ATTRIBUTES.changedAt, value: now },
          ],
        }),
      );
      return this.#shown(session, handle.firstExecutionRunId);
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return null;
      throw error;
    }
  }

  async #find(id: string): Promise<Stored> {
    const description = await this.#call(() => this.#client.workflow.getHandle(id).describe());
    const memo = SessionMemoSchema.safeParse(description.memo);
    if (!memo.success) throw new Problem('session-not-found', `There is no session ${id}`);
    const { request, session } = memo.data;
    return {
      request,
      session: this.#shown(asTemporalSays(session, description), description.runId),
    };
  }

  #shown(session: LiveSession, runId: string): Session {
    const namespace = encodeURIComponent(this.#client.options.namespace);
    const path = `workflows/${encodeURIComponent(session.id)}/${runId}/history`;
    const temporal = `${this.#temporalUiUrl}/namespaces/${namespace}/${path}`;
    return { ...session, runId, links: { temporal } };
  }

  async #call<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await this.#client.withDeadline(Date.now() + DEADLINE_MS, work);
    } catch (error) {
      throw problemOfTemporal(error) ?? error;
    }
  }
}

/** An operator's terminate runs no code of the workflow: Temporal's own status wins over the memo. */
function asTemporalSays(
  session: LiveSession,
  description: WorkflowExecutionDescription,
): LiveSession {
  const { status, closeTime } = description;
  if (isEnded(session.status) || closeTime === undefined) return session;
  const at = closeTime.toISOString();
  const isOutside = status.name === 'TERMINATED' || status.name === 'TIMED_OUT';
  const failure = isOutside
    ? ({ kind: 'terminated', message: 'terminated by an operator', at } as const)
    : ({ kind: 'internal', message: `the workflow ended as ${status.name}`, at } as const);
  return {
    ...session,
    status: 'failed',
    endReason: 'failed',
    endedAt: at,
    nextUpdateAt: null,
    failure,
  };
}

/** Throws a 409 that names the differences, when the id belongs to a session that was asked for otherwise. */
function requireSame({ session, request }: Stored, asked: LiveSessionRequest): void {
  const errors = differences(request, asked);
  if (errors.length === 0) return;
  const fields = errors.map(({ path }) => path).join(', ');
  throw new Problem(
    'different-session',
    `${session.id} is ${session.status} with other ${fields}`,
    { errors },
  );
}
