import type { EndedRun } from './leftovers.ts';
import type { ProviderName } from './sessions.ts';

/** What was found running though its session had ended, and was stopped. */
export type Released = {
  readonly sessionId: string;
  readonly runId: string;
  readonly provider: ProviderName;
  readonly taskId: string;
};

/** What runs at a vendor, was started by us and belongs to no open session. */
export type Unowned = {
  readonly provider: ProviderName;
  readonly taskId: string;
  /** Null where the vendor does not tell. */
  readonly channel: string | null;
  /** RFC 3339. */
  readonly startedAt: string;
  /** The session that has had the task; null = none that is still known: only its name is ours. */
  readonly sessionId: string | null;
  readonly isStopped: boolean;
};

/** What could not be done, and is tried again the next time. */
export type ReconcileFailure = {
  readonly provider: ProviderName;
  /** Null when it is about no session. */
  readonly sessionId: string | null;
  readonly message: string;
};

/** How far the sessions that have ended are looked through: where the next run begins. */
export type Progress = {
  /** Everything that ended before has been looked at (RFC 3339). */
  readonly until: string;
  /** What has to be looked at again. */
  readonly open: readonly EndedRun[];
  /** What was looked at and ended so late that it will be found again. */
  readonly settled: readonly EndedRun[];
};

/** The report of one reconciliation: the workflow's result. */
export type ReconcileReport = {
  readonly startedAt: string;
  readonly tookMs: number;
  /** How many sessions that had ended were looked at. */
  readonly checked: number;
  readonly released: readonly Released[];
  /** How many tasks or jobs each vendor runs in all; null where it has no list, or could not be asked. */
  readonly running: Partial<Record<ProviderName, number | null>>;
  readonly unowned: readonly Unowned[];
  readonly failures: readonly ReconcileFailure[];
  readonly progress: Progress;
};

/** No task of Agora's lives longer (v7 release notes, 7.2.3): what ended before the first reconciliation's look back is gone. */
const FIRST_LOOK_BACK_MS = 72 * 60 * 60_000;
/** Visibility may show the end of a session this late. */
const VISIBILITY_LAG_MS = 10 * 60_000;
/** How many sessions are tried again and again: more than that is no fault of theirs. */
const MOST_OPEN = 2_000;

/** Where a run that began at `startedAt` begins, after one that has left `lastResult` (none: undefined). */
export function progressAfter(lastResult: unknown, startedAt: Date): Progress {
  const left = property(lastResult, 'progress');
  const until = property(left, 'until');
  const first = new Date(startedAt.getTime() - FIRST_LOOK_BACK_MS).toISOString();
  return {
    until: typeof until === 'string' ? until : first,
    open: runsIn(property(left, 'open')),
    settled: runsIn(property(left, 'settled')),
  };
}

/** The time since which ended sessions are looked for (RFC 3339). */
export function lookSince({ until }: Progress): string {
  return new Date(Date.parse(until) - VISIBILITY_LAG_MS).toISOString();
}

/** What `before` has become once everything that ended before `until` was looked at. */
export function progressed(
  before: Progress,
  until: string,
  looked: { readonly open: readonly EndedRun[]; readonly settled: readonly EndedRun[] },
): Progress {
  const since = lookSince({ ...before, until });
  const isFoundAgain = ({ closedAt }: EndedRun) => Date.parse(closedAt) >= Date.parse(since);
  return {
    until,
    open: looked.open.slice(-MOST_OPEN),
    settled: [...before.settled, ...looked.settled].filter(isFoundAgain),
  };
}

/** What an operator is to find the run by; null when there is nothing to see. */
export function outcomeOf({ released, unowned, failures }: ReconcileReport): string | null {
  if (failures.length > 0) return 'failures';
  if (unowned.length > 0) return 'unowned';
  return released.length > 0 ? 'released' : null;
}

function runsIn(list: unknown): EndedRun[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((run: unknown) => {
    const sessionId = property(run, 'sessionId');
    const runId = property(run, 'runId');
    const closedAt = property(run, 'closedAt');
    const isRun =
      typeof sessionId === 'string' && typeof runId === 'string' && typeof closedAt === 'string';
    return isRun ? [{ sessionId, runId, closedAt }] : [];
  });
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
