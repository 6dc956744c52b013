import type { ReconciliationState } from '../domain/reconciliation.ts';
import type { LiveSession } from '../domain/session.ts';
import type { ServedTask, Task, TaskStart } from '../domain/task.ts';
import type { CallbackState } from './callbacks.ts';
import type { TaskPair } from './messages.ts';

/** What a session's workflow knows that is no part of its tasks or its configuration. */
export type Facts = Pick<
  LiveSession,
  'createdAt' | 'status' | 'generation' | 'endedAt' | 'endReason' | 'lastRefusal' | 'failure'
>;

/** The tasks of a session, and the start under way. */
export type Tasks = {
  /** The one that serves. */
  task: Task | null;
  /** Since when it serves, in ms since the epoch, by our clock. */
  servesSinceMs: number;
  /** Those that are being stopped, until the vendor has confirmed it. */
  retiring: readonly Task[];
  /** Starts without an answer that were given up, until what they may have left is stopped. */
  lost: readonly TaskStart[];
  /** Those that served before, the newest last, by which callers may still know the session. */
  former: readonly TaskPair[];
  /** All that have served, oldest first, for the transcript. */
  served: readonly ServedTask[];
  /** When the vendor may be asked for a task that takes over, after it refused one, in ms since the epoch. */
  rotationsNotBeforeMs: number;
  /** What was acquired for the start under way. */
  key: string | null;
  /** When a start was first tried that has had no clear answer so far (RFC 3339). */
  unansweredSince: string | null;
  /** Until when those tries may have made a task (RFC 3339); undefined in a state of before there was this. */
  triedUntil: string | null | undefined;
  /** Since when the vendor has not known the task (RFC 3339), as far as a call or a look at once has shown it. */
  unknownSince: string | null;
  /** How many tasks in a row have failed. */
  restarts: number;
};

/** All that a session's next run has to know: plain JSON. */
export type SessionState = {
  readonly facts: Facts;
  readonly tasks: Tasks;
  readonly reconciliation: ReconciliationState;
  readonly notBeforeMs: number;
  readonly startedAtMs: number;
  readonly waitingFor: string | null;
  /** Undefined = there are none. */
  readonly callbacks: CallbackState | undefined;
};

/** The state of a session that begins now. */
export function beginning(startTime: Date): Omit<SessionState, 'facts' | 'reconciliation'> & {
  readonly facts: undefined;
  readonly reconciliation: undefined;
} {
  return {
    facts: undefined,
    tasks: {
      task: null,
      servesSinceMs: 0,
      retiring: [],
      lost: [],
      former: [],
      served: [],
      rotationsNotBeforeMs: 0,
      key: null,
      unansweredSince: null,
      triedUntil: null,
      unknownSince: null,
      restarts: 0,
    },
    reconciliation: undefined,
    notBeforeMs: 0,
    startedAtMs: startTime.getTime(),
    waitingFor: 'starting the task',
    callbacks: undefined,
  };
}

export function factsOf(session: LiveSession): Facts {
  const {
    createdAt: created,
    status,
    generation,
    endedAt,
    endReason,
    lastRefusal,
    failure,
  } = session;
  return { createdAt: created, status, generation, endedAt, endReason, lastRefusal, failure };
}
