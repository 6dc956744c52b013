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
  /** Null when it is about no vendor. */
  readonly provider: ProviderName | null;
  /** Null when it is about no session. */
  readonly sessionId: string | null;
  readonly message: string;
};

/** A run that has to be looked at again. */
export type OpenRun = EndedRun & {
  readonly tries: number;
  /** RFC 3339. */
  readonly triedAt: string;
};

/** How far the sessions that have ended are looked through: where the next run begins. */
export type Progress = {
  /** Everything that ended before has been looked at (RFC 3339). */
  readonly until: string;
  /** The time since which ended sessions are looked for (RFC 3339). */
  readonly since: string;
  /** What has to be looked at again, the longest untried first. */
  readonly open: readonly OpenRun[];
  /** What was looked at and ended so late that it will be found again. */
  readonly settled: readonly Pick<EndedRun, 'runId' | 'closedAt'>[];
  /** The tasks that were nobody's. */
  readonly unowned: readonly string[];
};

/** The report of one reconciliation: the workflow's result. Its lists hold the first of each, its counts all. */
export type ReconcileReport = {
  readonly startedAt: string;
  readonly tookMs: number;
  /** How many sessions that had ended were looked at. */
  readonly checked: number;
  readonly counts: Record<'released' | 'unowned' | 'failures' | 'waiting', number>;
  readonly released: readonly Released[];
  /** How many tasks or jobs each vendor runs in all; null where it has no list, or could not be asked. */
  readonly running: Partial<Record<ProviderName, number | null>>;
  readonly unowned: readonly Unowned[];
  readonly failures: readonly ReconcileFailure[];
  /** What is left to wait for, and no fault. */
  readonly waiting: readonly ReconcileFailure[];
  readonly progress: Progress;
};

/** How long a run is tried after its end. No task of Agora's lives longer (v7 release notes, 7.2.3). */
export const GIVEN_UP_AFTER_MS = 72 * 60 * 60_000;
/** Visibility may show the end of a session this late. */
const VISIBILITY_LAG_MS = 10 * 60_000;
/** A result that is too large for Temporal (2 MiB) would end the reconciliation each time. */
const MOST_OPEN = 1_000;
const MOST_SETTLED = 2_000;
const MOST_LISTED = 100;
const LONGEST_MESSAGE = 500;
/** How many open sessions one reconciliation tries again, and how often at once; later once an hour. */
const MOST_RETRIED = 100;
const SOON_TRIES = 12;
const SELDOM_MS = 60 * 60_000;

/** Where a run that began at `startedAt` begins, after one that has left `lastResult` (none: undefined). */
export function progressAfter(lastResult: unknown, startedAt: Date): Progress {
  const left = property(lastResult, 'progress');
  const first = new Date(startedAt.getTime() - GIVEN_UP_AFTER_MS).toISOString();
  const until = textOf(left, 'until') ?? first;
  return {
    until,
    since: textOf(left, 'since') ?? lagging(until),
    open: listOf(left, 'open').flatMap(openRun),
    settled: listOf(left, 'settled').flatMap((run) => {
      const [runId, closedAt] = [textOf(run, 'runId'), textOf(run, 'closedAt')];
      return runId === null || closedAt === null ? [] : [{ runId, closedAt }];
    }),
    unowned: listOf(left, 'unowned').filter((id) => typeof id === 'string'),
  };
}

/** How many sessions may be looked for besides: what can't be kept open is left to be found later. */
export function roomFor(most: number, { open }: Progress): number {
  return Math.max(0, Math.min(most, MOST_OPEN - open.length));
}

/** Those of the open runs that are to be tried now, and the others. */
export function dueRuns(
  { open }: Progress,
  nowMs: number,
): { readonly due: readonly OpenRun[]; readonly later: readonly OpenRun[] } {
  const isDue = ({ tries, triedAt }: OpenRun) =>
    tries < SOON_TRIES || nowMs - Date.parse(triedAt) >= SELDOM_MS;
  const due = open.filter(isDue).slice(0, MOST_RETRIED);
  return { due, later: open.filter((run) => !due.includes(run)) };
}

/** What `before` has become once everything that ended before `until` was looked at. */
export function progressed(
  before: Progress,
  until: string,
  looked: Pick<Progress, 'open' | 'settled' | 'unowned'>,
): Progress {
  const since = latest(before.since, lagging(until));
  const isFoundAgain = ({ closedAt }: { readonly closedAt: string }) =>
    Date.parse(closedAt) >= Date.parse(since);
  const settled = [...before.settled, ...looked.settled]
    .filter(isFoundAgain)
    .map(({ runId, closedAt }) => ({ runId, closedAt }))
    .toSorted((one, other) => Date.parse(one.closedAt) - Date.parse(other.closedAt));
  // So many ended at once that not all can be told from new ones: look no further back than these.
  const forgotten = settled.at(-MOST_SETTLED - 1);
  return {
    until,
    since: forgotten ? latest(since, forgotten.closedAt) : since,
    open: looked.open,
    settled: settled.slice(-MOST_SETTLED),
    unowned: looked.unowned,
  };
}

/** The first of a list, as a report has room for. */
export function listed<T>(members: readonly T[]): readonly T[] {
  return members.slice(0, MOST_LISTED);
}

/** A vendor's words, as a report has room for. */
export function cut(message: string): string {
  return message.slice(0, LONGEST_MESSAGE);
}

/** What an operator is to find the run by; null when there is nothing to see. */
export function outcomeOf({ counts }: ReconcileReport): string | null {
  if (counts.failures > 0) return 'failures';
  if (counts.unowned > 0) return 'unowned';
  return counts.released > 0 ? 'released' : null;
}

function lagging(until: string): string {
  return new Date(Date.parse(until) - VISIBILITY_LAG_MS).toISOString();
}

function latest(one: string, other: string): string {
  return Date.parse(one) > Date.parse(other) ? one : other;
}

function openRun(run: unknown): OpenRun[] {
  const sessionId = textOf(run, 'sessionId');
  const runId = textOf(run, 'runId');
  const closedAt = textOf(run, 'closedAt');
  const tries = property(run, 'tries');
  if (sessionId === null || runId === null || closedAt === null) return [];
  const triedAt = textOf(run, 'triedAt') ?? closedAt;
  return [{ sessionId, runId, closedAt, triedAt, tries: typeof tries === 'number' ? tries : 1 }];
}

function listOf(value: unknown, name: string): unknown[] {
  const list = property(value, name);
  return Array.isArray(list) ? list : [];
}

function textOf(value: unknown, name: string): string | null {
  const text = property(value, name);
  return typeof text === 'string' ? text : null;
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
