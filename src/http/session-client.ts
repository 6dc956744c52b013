import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import type { ConfigurationChange } from '../domain/configuration.ts';
import { isEnded } from '../domain/session.ts';
import { givesWay } from '../domain/sessions.ts';
import type { SessionRequest } from '../domain/sessions.ts';
import { changeConfiguration, makeWay, requestStop, vendorEvent } from '../workflows/messages.ts';
import type { AcceptedChange, VendorEvent } from '../workflows/messages.ts';
import { afresh, caller, callerName, DEADLINE_MS, inTime } from './in-time.ts';
import { Problem } from './problem.ts';
import { about } from './request-lines.ts';
import { SessionReader } from './session-reader.ts';
import type { Session } from './session-schema.ts';
import { workflowOf } from './session-workflow.ts';
import { requireSame, type StoredSession } from './stored-session.ts';
import { isBusy } from './temporal-problem.ts';
import { Turns } from './turns.ts';

/** How long a start waits for the session that has the id to finish stopping: it is answered within 5 s. */
const STOPPING_WAIT_MS = 3_500;
/** How long a stop waits for the workflow to take notice, so that a start that follows it begins anew. */
const STOP_SHOWN_SECONDS = 1;
const LOOK_EVERY_MS = 50;
/** Who waits longer looks less often: each pause is this part of what was waited, a second at most. */
const PAUSE_OF_WAITED = 0.05;
/** A look that takes long shows that there is much to do, of which looks are to be the least part: as long as so many looks. */
const LOOKS_OF_PAUSE = 5;
const LONGEST_PAUSE_MS = 1_000;
/** How many of a caller's requests wait for an outcome; those on top are answered as if they had not asked for it. */
const WAITS_AT_A_TIME = 200;

/** How many changes of one session this process has under way: Temporal takes as many at a time, of all processes. */
const CHANGES_AT_A_TIME = 10;
const CHANGES_WAITING = 100;

export type SessionClientOptions = {
  readonly client: Client;
  readonly taskQueue: string;
  readonly temporalUiUrl: string;
};

/** A change that was accepted, and the run that has accepted it. */
export type Accepted = { readonly change: AcceptedChange; readonly runId: string | undefined };

/** Sessions, as Temporal has them, for whoever begins, changes or ends one. Every method throws Problem. */
export class SessionClient extends SessionReader {
  readonly #taskQueue: string;
  readonly #ending = new AbortController();
  readonly #waits = new Turns(WAITS_AT_A_TIME, 0);
  readonly #turns = new Turns(CHANGES_AT_A_TIME, CHANGES_WAITING);

  constructor({ client, taskQueue, temporalUiUrl }: SessionClientOptions) {
    super(client, temporalUiUrl);
    this.#taskQueue = taskQueue;
  }

  /**
   * Starts a session, or returns the one that the very same request has started before. `startedBy` is the hash of the
   * Idempotency-Key that it is started with: it is as new to whoever brings it again.
   */
  async start(
    id: string,
    request: SessionRequest,
    startedBy?: string,
  ): Promise<{ readonly session: Session; readonly isNew: boolean }> {
    about(id);
    const giveUpAtMs = Date.now() + STOPPING_WAIT_MS;
    let asked: string | null = null;
    for (;;) {
      const session = await this.#tryStart(id, request, { startedBy });
      if (session) return { session, isNew: true };
      const stored = await this.getStored(id);
      if (startedBy !== undefined && stored.startedBy === startedBy) {
        return { session: stored.session, isNew: true };
      }
      if (!givesWay(stored.session)) {
        requireSame(stored, request);
        return { session: stored.session, isNew: false };
      }
      const { status, runId } = stored.session;
      if (stored.isOpen && isEnded(status) && asked !== runId) {
        await this.#askToMakeWay(stored);
        asked = runId;
      }
      if (Date.now() > giveUpAtMs) {
        const doing = isEnded(status) ? 'making way' : 'stopping';
        throw new Problem('not-live', `${id} is still ${doing}`, { retryAfterSeconds: 1 });
      }
      await delay(LOOK_EVERY_MS);
    }
  }

  /** Starts a session under an id that is taken once and for all, also by one that has failed; whether it was not yet. */
  async startOnce(id: string, request: SessionRequest): Promise<boolean> {
    about(id);
    const once = { workflowIdReusePolicy: 'REJECT_DUPLICATE' } as const;
    return (await this.#tryStart(id, request, once)) !== null;
  }

  /** Tells the session that its vendor may have news. */
  async hint(id: string, event: VendorEvent): Promise<void> {
    about(id);
    await this.call(() => this.client.workflow.getHandle(id).signal(vendorEvent, event));
  }

  /** Has a change accepted. The same `updateId` is accepted once, however often it comes, also after the end. */
  async change(id: string, change: ConfigurationChange, updateId?: string): Promise<Accepted> {
    const turn = await this.#turns.take(id, () =>
      updateId === undefined
        ? this.#change(id, change, randomUUID())
        : this.#changeOnce(id, change, updateId),
    );
    if (turn) return turn.result;
    const detail = `${id} has ${CHANGES_WAITING} changes waiting: send this one again in a moment`;
    throw new Problem('too-many-requests', detail, { retryAfterSeconds: 1 });
  }

  /** The session with the change in it: as it was when that was accepted or, after a repeat, as it is. */
  async changed(id: string, { change: { session }, runId }: Accepted): Promise<Session> {
    if (session && runId !== undefined) return this.shown(session, runId);
    return (await this.getRun(id, runId)).session;
  }

  async #change(id: string, change: ConfigurationChange, updateId: string): Promise<Accepted> {
    const handle = this.client.workflow.getHandle(id);
    const giveUpAtMs = Date.now() + DEADLINE_MS;
    for (;;) {
      try {
        const send = async () => {
          const update = await handle.startUpdate(changeConfiguration, {
            args: [change],
            updateId,
            waitForStage: 'ACCEPTED',
          });
          return { change: await update.result(), runId: update.workflowRunId };
        };
        return await inTime(this.client, send, 'worker');
      } catch (error) {
        // What was erased is gone, whatever else it is not.
        if (error instanceof Problem && error.kind === 'not-live') await this.getStored(id);
        if (!isBusy(error) || Date.now() > giveUpAtMs) throw error;
        await delay(LOOK_EVERY_MS);
      }
    }
  }

  async #changeOnce(id: string, change: ConfigurationChange, updateId: string): Promise<Accepted> {
    try {
      return asRepeated(await this.#change(id, change, updateId));
    } catch (error) {
      if (!(error instanceof Problem) || error.kind !== 'not-live') throw error;
      const earlier = await this.#acceptedBefore(id, updateId);
      if (earlier) return earlier;
      throw error;
    }
  }

  /** A session that is over takes no change, but each of its runs knows those that it has accepted. */
  async #acceptedBefore(id: string, updateId: string): Promise<Accepted | null> {
    const { firstRunId } = await this.getStored(id);
    const handle = this.client.workflow.getHandle(id);
    for (let run: string | null = firstRunId; run; run = await this.nextRun(id, run)) {
      const update = handle.getUpdateHandle<AcceptedChange>(updateId, { workflowRunId: run });
      try {
        return asRepeated({ change: await this.call(() => update.result()), runId: run });
      } catch (error) {
        if (!(error instanceof Problem) || (error.status !== 404 && error.status !== 409))
          throw error;
      }
    }
    return null;
  }

  /**
   * Asks for a stop, which then happens for certain. Returns the session, which shows it where a worker runs, and whether
   * it was over before.
   */
  async stop(id: string): Promise<{ readonly session: Session; readonly wasOver: boolean }> {
    about(id);
    for (;;) {
      const session = await this.get(id);
      const wasOver = isEnded(session.status);
      if (wasOver || session.status === 'stopping') return { session, wasOver };
      // This very run: one that somebody begins meanwhile is not to be stopped.
      const handle = this.client.workflow.getHandle(id, session.runId);
      try {
        await this.call(() => handle.signal(requestStop, {}));
        const shown = await this.#lookUntil(
          session,
          STOP_SHOWN_SECONDS * 1_000,
          ({ status }) => status === 'stopping' || isEnded(status),
        );
        return { session: shown, wasOver };
      } catch (error) {
        if (!(error instanceof Problem) || error.kind !== 'not-live') throw error;
      }
    }
  }

  /** Has those who wait answered now, and those to come at once: what is waited for happens without us. */
  endWaits(): void {
    this.#ending.abort();
  }

  /** Waits until `isDone`, for `seconds` at most, and returns the session as it is then. */
  async waitUntil(
    session: Session,
    seconds: number,
    isDone: (session: Session) => boolean,
  ): Promise<Session> {
    if (seconds === 0) return session;
    const wait = await this.#waits.take(caller(), () =>
      this.#lookUntil(session, seconds * 1_000, isDone, this.#ending.signal),
    );
    return wait ? wait.result : session;
  }

  /** Looks at the session until `isDone`, for `mostMs` or until `end`, which only who chose to wait has. */
  async #lookUntil(
    session: Session,
    mostMs: number,
    isDone: (session: Session) => boolean,
    end?: AbortSignal,
  ): Promise<Session> {
    const beganAtMs = Date.now();
    const look = <T>(work: () => Promise<T>) => (end ? afresh(work) : work());
    let seen = session;
    let lookMs = 0;
    for (;;) {
      const waitedMs = Date.now() - beganAtMs;
      if (isDone(seen) || waitedMs >= mostMs || end?.aborted) return seen;
      await pause(Math.min(pauseAfter(waitedMs, lookMs), mostMs - waitedMs), end);
      const lookedAtMs = Date.now();
      // This run, and those that carry it on; not one that was started after its end.
      ({ session: seen } = await look(() => this.getRun(seen.id, seen.runId)));
      lookMs = Date.now() - lookedAtMs;
    }
  }

  /** The session is over, and its workflow open: what that still collects goes on in another one. */
  async #askToMakeWay({ session }: StoredSession): Promise<void> {
    const handle = this.client.workflow.getHandle(session.id, session.runId);
    try {
      await this.call(() => handle.signal(makeWay));
    } catch (error) {
      if (!(error instanceof Problem) || error.kind !== 'not-live') throw error;
    }
  }

  /** The new session, or null when the id is taken. */
  async #tryStart(
    id: string,
    request: SessionRequest,
    how: {
      readonly workflowIdReusePolicy?: 'REJECT_DUPLICATE';
      readonly startedBy?: string | undefined;
    },
  ): Promise<Session | null> {
    const { startedBy, ...policy } = how;
    const { session, type, options } = workflowOf(id, request, new Date(), startedBy);
    try {
      const handle = await this.call(() =>
        this.client.workflow.start(type, {
          ...options,
          ...policy,
          taskQueue: this.#taskQueue,
          ...turnsOf(callerName()),
        }),
      );
      return this.shown(session, handle.firstExecutionRunId);
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return null;
      throw error;
    }
  }
}

/** A change that may be a repeat, whose answer has the session of back then. */
function asRepeated({ change: { revision, notBefore }, runId }: Accepted): Accepted {
  return { change: { revision, notBefore }, runId };
}

/** Where a vendor's limit makes work wait, callers take turns: whoever brings much keeps nobody else waiting. */
function turnsOf(fairnessKey: string) {
  return fairnessKey === '' ? {} : { priority: { fairnessKey } };
}

function pauseAfter(waitedMs: number, lookMs: number): number {
  const pauseMs = Math.max(waitedMs * PAUSE_OF_WAITED, lookMs * LOOKS_OF_PAUSE, LOOK_EVERY_MS);
  return Math.min(pauseMs, LONGEST_PAUSE_MS);
}

/** A pause that `end` cuts short. */
async function pause(ms: number, end?: AbortSignal): Promise<void> {
  await delay(ms, null, { signal: end }).catch(() => undefined);
}
