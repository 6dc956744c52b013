import { loadDataConverter } from '@temporalio/common/lib/internal-non-workflow/index.js';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { msNumberToTs } from '@temporalio/common/lib/time.js';
import { expect, test } from 'vitest';
import type { Leftovers } from '../src/domain/leftovers.ts';
import { leftoversIn } from '../src/temporal/ended-runs.ts';
import { goldenHistories } from './support/histories.ts';

type History = Parameters<typeof leftoversIn>[0];
type Event = NonNullable<History['events']>[number];

const RUN = { sessionId: 'agora:room', runId: 'run', closedAt: '2026-01-01T00:00:00.000Z' };

/** The golden histories of live sessions, by name, with numbers as the server sends them. */
const histories = new Map(
  goldenHistories().flatMap(({ name, history }) => {
    const { events } = historyFromJSON(history);
    const started = events?.[0]?.workflowExecutionStartedEventAttributes;
    if (started?.workflowType?.name !== 'liveSession') return [];
    for (const event of events ?? []) {
      const scheduled = event.activityTaskScheduledEventAttributes;
      event.eventTime = asSent(event.eventTime);
      if (scheduled) scheduled.startToCloseTimeout = asSent(scheduled.startToCloseTimeout);
    }
    return [[name, events ?? []] as const];
  }),
);

function asSent(time: Event['eventTime']) {
  return msNumberToTs(Number(time?.seconds ?? 0) * 1_000 + (time?.nanos ?? 0) / 1e6);
}

/** What is left where the run ends just before the event of which `isLater` is true for the first time. */
async function leftIn(name: string, isLater: (event: Event) => boolean = () => false) {
  const events = histories.get(name) ?? [];
  const end = events.findIndex(isLater);
  const converter = loadDataConverter();
  const history = { events: end < 0 ? events : events.slice(0, end) };
  const left = await leftoversIn(history, RUN, converter);
  if (left === null) throw new Error(`there is no history ${name}`);
  return left;
}

function isActivity(event: Event): boolean {
  return Boolean(event.activityTaskScheduledEventAttributes);
}

function isEndOfActivity(event: Event): boolean {
  return Boolean(event.activityTaskCompletedEventAttributes);
}

function isStop({ activityTaskScheduledEventAttributes: scheduled }: Event): boolean {
  return scheduled?.activityType?.name === 'stopTask';
}

function secondStart(): (event: Event) => boolean {
  let starts = 0;
  return ({ activityTaskScheduledEventAttributes: scheduled }) => {
    if (scheduled?.activityType?.name === 'startTask') starts += 1;
    return starts === 2;
  };
}

function shown({ tasks, starts, settlesAt }: Leftovers) {
  return { tasks: tasks.length, starts: starts.length, settlesAt };
}

test('a session that has ended by itself has left nothing but what has ended at its vendor', async () => {
  const left: string[] = [];
  for (const name of histories.keys()) {
    const { tasks, starts, settlesAt } = shown(await leftIn(name));
    expect({ name, settlesAt }).toEqual({ name, settlesAt: null });
    if (tasks + starts > 0) left.push(name);
  }
  // In `handover` the next run goes on, `terminated` is the exception, and a lost start's name was spent.
  expect(left).toEqual([
    'end-idle',
    'handover',
    'hint',
    'legacy-late-start',
    'restart',
    'rotation-refused',
    'terminated',
    'videosdk-restart',
  ]);
});

test('a session that is ended while one task takes over from another has left both', async () => {
  for (const name of ['rotation-agora', 'rotation-agora-legacy']) {
    expect(shown(await leftIn(name, isStop))).toEqual({ tasks: 2, starts: 0, settlesAt: null });
  }
});

test('a session of several runs has left what the run before handed over', async () => {
  const { tasks, channel, provider } = await leftIn('last-of-several-runs', isActivity);
  expect(tasks).toMatchObject([{ id: expect.any(String), startedAt: expect.any(String) }]);
  expect(provider).toBe('agora');
  expect(channel).not.toBe('');
});

test('a start without an answer is left, since when it was tried', async () => {
  const { starts, ...rest } = await leftIn('start-lost-after-it-took-effect', secondStart());
  expect(rest).toMatchObject({ tasks: [], settlesAt: null });
  expect(starts).toMatchObject([{ generation: 1, unansweredSince: expect.any(String) }]);
});

test('a start that the vendor has refused is not', async () => {
  const { starts } = await leftIn('start-throttled', secondStart());
  expect(starts).toEqual([]);
});

test('a start under way may take effect until its time is over', async () => {
  const { starts, settlesAt } = await leftIn('videosdk', isEndOfActivity);
  expect(starts).toHaveLength(1);
  expect(Date.parse(settlesAt ?? '') - Date.parse(RUN.closedAt)).toBe(15_000);
  expect(starts[0]?.triedUntil).toBe(settlesAt);
});
