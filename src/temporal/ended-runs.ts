import { WorkflowNotFoundError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import type { LoadedDataConverter } from '@temporalio/common';
import { decodeFromPayloadsAtIndex } from '@temporalio/common/lib/internal-non-workflow/index.js';
import { requiredTsToDate, requiredTsToMs } from '@temporalio/common/lib/time.js';
import type { FailureFacts } from '../activities/failures.ts';
import { leftoversOf, type EndedRun, type Leftovers, type Step } from '../domain/leftovers.ts';
import type { LiveSessionRequest } from '../domain/session.ts';
import type { Task, TaskStart } from '../domain/task.ts';
import { equals } from '../workflows/messages.ts';
import type { SessionState } from '../workflows/session-state.ts';

type History = Awaited<ReturnType<ReturnType<Client['workflow']['getHandle']>['fetchHistory']>>;
type Event = NonNullable<History['events']>[number];

/** The kinds of failure with which a vendor has answered: nothing was started. Nor is it by what was never sent. */
const ANSWERS = new Set(['rejected', 'not-found', 'throttled']);

/** The live sessions of `taskQueue` that ended since (RFC 3339) other than by themselves, or failed; the first one first. */
export async function endedRuns(
  { workflow }: Client,
  taskQueue: string,
  since: string,
): Promise<EndedRun[]> {
  const query = [
    "WorkflowType = 'liveSession'",
    equals({ name: 'TaskQueue' }, taskQueue),
    "ExecutionStatus IN ('Terminated', 'TimedOut', 'Failed')",
    `CloseTime >= '${since}'`,
  ].join(' AND ');
  const runs: EndedRun[] = [];
  for await (const { workflowId, runId, closeTime, startTime } of workflow.list({ query })) {
    const closedAt = (closeTime ?? startTime).toISOString();
    runs.push({ sessionId: workflowId, runId, closedAt });
  }
  return runs.toSorted((one, other) => Date.parse(one.closedAt) - Date.parse(other.closedAt));
}

/** What the run may have left at its vendor; null when Temporal no longer has it. */
export async function readLeftovers(client: Client, run: EndedRun): Promise<Leftovers | null> {
  const history = await historyOf(client, run);
  return history && leftoversIn(history, run, client.options.loadedDataConverter);
}

/** The same by its history: its memo knows neither a start under way nor what was being stopped. */
export async function leftoversIn(
  { events }: History,
  run: EndedRun,
  converter: LoadedDataConverter,
): Promise<Leftovers | null> {
  const [first] = events ?? [];
  const input = first?.workflowExecutionStartedEventAttributes?.input?.payloads;
  if (!input) return null;
  const read: Read = (payloads, index = 0) => decodeFromPayloadsAtIndex(converter, index, payloads);
  const { provider, channel } = await read<LiveSessionRequest>(input);
  const handedOver = await read<{ readonly state: SessionState } | undefined>(input, 1);
  const left = leftoversOf(leftBefore(handedOver?.state), await stepsOf(events ?? [], read, run));
  return { ...run, provider, channel, ...left };
}

/** What the run before has handed over. */
function leftBefore(state: SessionState | undefined): Pick<Leftovers, 'tasks' | 'starts'> {
  if (state === undefined) return { tasks: [], starts: [] };
  const { task, retiring, lost } = state.tasks;
  return { tasks: task === null ? retiring : [...retiring, task], starts: lost };
}

/** Reads the payloads of one event, of which we know what they are: the session's workflow has written them. */
type Read = <T>(payloads: Payloads, index?: number) => Promise<T>;
type Payloads = Parameters<typeof decodeFromPayloadsAtIndex>[2];

async function stepsOf(events: readonly Event[], read: Read, run: EndedRun): Promise<Step[]> {
  const ends = new Map<string, Event>();
  for (const event of events) {
    const id = closes(event);
    if (id !== null) ends.set(id, event);
  }
  const steps: Step[] = [];
  for (const event of events) {
    if (!event.activityTaskScheduledEventAttributes) continue;
    const step = await stepOf(event, ends.get(String(event.eventId)), read, run);
    if (step !== null) steps.push(step);
  }
  return steps;
}

async function stepOf(
  event: Event,
  end: Event | undefined,
  read: Read,
  run: EndedRun,
): Promise<Step | null> {
  const { activityType, input } = event.activityTaskScheduledEventAttributes ?? {};
  const name = activityType?.name;
  if (name === 'startTask') return startStep(event, end, read, run);
  if (!end?.activityTaskCompletedEventAttributes) return null;
  if (name === 'stopTask') {
    return { kind: 'stopped', taskId: (await read<Task>(input?.payloads)).id };
  }
  if (name !== 'releaseTask') return null;
  return { kind: 'released', generation: (await read<TaskStart>(input?.payloads)).generation };
}

async function startStep(
  event: Event,
  end: Event | undefined,
  read: Read,
  { closedAt }: EndedRun,
): Promise<Step> {
  const asked = event.activityTaskScheduledEventAttributes;
  const done = end?.activityTaskCompletedEventAttributes;
  const withinMs = requiredTsToMs(asked?.startToCloseTimeout, 'startToCloseTimeout');
  // A try without an end may have begun, from its queue, until the very end of the run.
  const until = end
    ? requiredTsToDate(end.eventTime, 'eventTime')
    : new Date(Date.parse(closedAt) + withinMs);
  return {
    kind: 'start',
    start: await read<TaskStart>(asked?.input?.payloads),
    triedAt: requiredTsToDate(event.eventTime, 'eventTime').toISOString(),
    until: until.toISOString(),
    outcome: done ? { task: await read<Task>(done.result?.payloads) } : await failed(end, read),
  };
}

async function historyOf(client: Client, run: EndedRun): Promise<History | null> {
  try {
    return await client.workflow.getHandle(run.sessionId, run.runId).fetchHistory();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}

/** The id of the event with which the activity began that this one ends; null when it ends none. */
function closes(event: Event): string | null {
  const { scheduledEventId } =
    event.activityTaskCompletedEventAttributes ??
    event.activityTaskFailedEventAttributes ??
    event.activityTaskTimedOutEventAttributes ??
    event.activityTaskCanceledEventAttributes ??
    {};
  return scheduledEventId ? String(scheduledEventId) : null;
}

async function failed(
  end: Event | undefined,
  read: Read,
): Promise<'refused' | 'unanswered' | 'under-way'> {
  if (end === undefined) return 'under-way';
  const { type, details } =
    end.activityTaskFailedEventAttributes?.failure?.applicationFailureInfo ?? {};
  const facts = await read<FailureFacts | undefined>(details?.payloads);
  return ANSWERS.has(type ?? '') || facts?.isUnsent === true ? 'refused' : 'unanswered';
}
