import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { ApplicationFailure, TimeoutFailure } from '@temporalio/common';
import type { LoadedDataConverter } from '@temporalio/common';
import {
  decodeArrayFromPayloads,
  decodeOptionalFailureToOptionalError,
} from '@temporalio/common/lib/internal-non-workflow/index.js';
import { optionalTsToDate, tsToMs } from '@temporalio/common/lib/time.js';
import type { FailureKind } from '../domain/session.ts';
import type { Step } from './session-step.ts';

/** Why a try was not the last one: a failure, or that it has to look again, which is none. */
export type Trouble = {
  readonly kind: FailureKind | 'look-again';
  readonly message: string;
  /** The same would fail again. */
  readonly isFinal: boolean;
};

/** An activity that Temporal has to have done. */
export type PendingActivity = Omit<Step, 'name' | 'summary' | 'lastError'> & {
  readonly activity: string;
  readonly trouble: Trouble | null;
};

type PendingTimer = { readonly summary: string | null; readonly firesAt: string };

/** The tries of an activity that its workflow, not Temporal, repeats: those since the last one that succeeded. */
export type FailedTries = {
  readonly activity: string;
  readonly count: number;
  readonly trouble: Trouble | null;
  /** What the workflow waits for since the last one; null = for no timer. */
  readonly pause: PendingTimer | null;
};

export type RecentHistory = {
  readonly timers: readonly PendingTimer[];
  readonly failed: readonly FailedTries[];
  /** Whether the workflow's own code was the last to fail, not the worker that ran it. */
  readonly isBroken: boolean;
};

/** How many events are read, the newest: those of a session are few, unless it changes all the time. */
const EVENTS = 200;

const KINDS = [
  'rejected',
  'not-found',
  'throttled',
  'unavailable',
  'timeout',
  'internal',
  'look-again',
] as const satisfies readonly Trouble['kind'][];

/** PENDING_ACTIVITY_STATE_… of Temporal's API: started, to be cancelled, to be paused. */
const UNDER_WAY = new Set<unknown>([2, 3, 5]);

export async function pendingActivities(
  { raw }: WorkflowExecutionDescription,
  converter: LoadedDataConverter,
): Promise<PendingActivity[]> {
  return Promise.all(
    (raw.pendingActivities ?? []).map(async (info) => {
      const isUnderWay = UNDER_WAY.has(info.state);
      const next = time(info.nextAttemptScheduleTime);
      return {
        activity: info.activityType?.name ?? '',
        state: isUnderWay ? 'under way' : info.paused === true ? 'paused' : 'waiting',
        attempt: info.attempt ?? 1,
        scheduledAt: time(info.scheduledTime),
        startedAt: isUnderWay ? time(info.lastStartedTime) : null,
        trouble: await troubleOf(info.lastFailure, converter),
        nextAttemptAt: isUnderWay || info.paused === true ? null : next,
        givesUpAt: time(info.expirationTime),
      };
    }),
  );
}

type Reading = {
  readonly timers: Map<string, PendingTimer>;
  readonly types: Map<string, string>;
  readonly failed: Map<string, Omit<FailedTries, 'pause'> & { readonly timers: Set<string> }>;
};

type History = Awaited<
  ReturnType<Client['workflowService']['getWorkflowExecutionHistoryReverse']>
>['history'];
type HistoryEvent = NonNullable<NonNullable<History>['events']>[number];

/** What the newest events of a run tell of waits and of tries that failed, which its description does not. */
export async function recentHistory(
  client: Client,
  execution: { readonly workflowId: string; readonly runId: string },
): Promise<RecentHistory> {
  const { namespace, loadedDataConverter } = client.options;
  const { history } = await client.workflowService.getWorkflowExecutionHistoryReverse({
    namespace,
    execution,
    maximumPageSize: EVENTS,
  });
  const reading: Reading = { timers: new Map(), types: new Map(), failed: new Map() };
  for (const event of (history?.events ?? []).toReversed()) {
    readTimer(reading, event, await summaryOf(event, loadedDataConverter));
    readTry(reading, event, await troubleOf(failureOf(event), loadedDataConverter));
  }
  const timers = [...reading.timers].toSorted(([, one], [, other]) =>
    one.firesAt < other.firesAt ? -1 : 1,
  );
  const ends = (history?.events ?? []).find(endsWorkflowTask);
  return {
    isBroken: Boolean(ends?.workflowTaskFailedEventAttributes),
    timers: timers.map(([, timer]) => timer),
    failed: [...reading.failed.values()].map(({ timers: earlier, ...tries }) => ({
      ...tries,
      pause: timers.find(([id]) => !earlier.has(id))?.[1] ?? null,
    })),
  };
}

function endsWorkflowTask(event: HistoryEvent): boolean {
  return Boolean(
    event.workflowTaskCompletedEventAttributes ??
    event.workflowTaskFailedEventAttributes ??
    event.workflowTaskTimedOutEventAttributes,
  );
}

function readTimer({ timers }: Reading, event: HistoryEvent, summary: string | null): void {
  const { timerStartedEventAttributes: started } = event;
  if (started) {
    const firesAtMs = tsToMs(event.eventTime) + tsToMs(started.startToFireTimeout);
    timers.set(String(event.eventId), { summary, firesAt: new Date(firesAtMs).toISOString() });
  }
  const over = event.timerFiredEventAttributes ?? event.timerCanceledEventAttributes;
  if (over) timers.delete(String(over.startedEventId));
}

function readTry({ timers, types, failed }: Reading, event: HistoryEvent, trouble: Trouble | null) {
  const type = event.activityTaskScheduledEventAttributes?.activityType?.name;
  if (typeof type === 'string') types.set(String(event.eventId), type);
  const unsuccessful =
    event.activityTaskFailedEventAttributes ?? event.activityTaskTimedOutEventAttributes;
  const over = unsuccessful ?? event.activityTaskCompletedEventAttributes;
  const activity = types.get(String(over?.scheduledEventId));
  if (activity === undefined) return;
  const count = (failed.get(activity)?.count ?? 0) + 1;
  if (unsuccessful)
    failed.set(activity, { activity, count, trouble, timers: new Set(timers.keys()) });
  else failed.delete(activity);
}

function failureOf(event: HistoryEvent) {
  const { activityTaskFailedEventAttributes: failed, activityTaskTimedOutEventAttributes: late } =
    event;
  return (failed ?? late)?.failure;
}

async function summaryOf(
  { userMetadata }: HistoryEvent,
  converter: LoadedDataConverter,
): Promise<string | null> {
  if (!userMetadata?.summary) return null;
  const [summary] = await decodeArrayFromPayloads(converter, [userMetadata.summary]);
  return typeof summary === 'string' ? summary : null;
}

/** What our activities throw has the vendor's words. Anything else is not for everybody to read. */
async function troubleOf(
  failure: Parameters<typeof decodeOptionalFailureToOptionalError>[1],
  converter: LoadedDataConverter,
): Promise<Trouble | null> {
  const error = await decodeOptionalFailureToOptionalError(converter, failure);
  if (error === undefined) return null;
  if (error instanceof TimeoutFailure) {
    const isUntaken = error.timeoutType === 'SCHEDULE_TO_START';
    const message = isUntaken
      ? 'no worker of the provider took it'
      : 'no answer: the worker or the vendor was gone';
    return { kind: 'timeout', message, isFinal: false };
  }
  const type = error instanceof ApplicationFailure ? error.type : null;
  const kind = KINDS.find((known) => known === type);
  const isFinal = error instanceof ApplicationFailure && error.nonRetryable === true;
  return kind === undefined
    ? { kind: 'internal', message: 'internal error: see the log of the worker', isFinal }
    : { kind, message: error.message, isFinal };
}

function time(timestamp: Parameters<typeof optionalTsToDate>[0]): string | null {
  return optionalTsToDate(timestamp)?.toISOString() ?? null;
}
