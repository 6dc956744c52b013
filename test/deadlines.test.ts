import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { jobsOf } from '../src/providers/amazon-transcribe/job-request.ts';
import { callsOf, tasksOf } from './support/ledger.ts';
import { givenRecording } from './support/sound.ts';
import { untilSession } from './support/stack.ts';
import { startTimeLapse, type TimeLapse } from './support/time-lapse.ts';

const HOUR = 3_600;
const DAY = 24 * HOUR;
const FOR_EVER = 1_000_000;
const AWAY = { kind: 'status', status: 503 } as const;
/** A host that may be asked for media, and that nobody is at. */
const NOBODY = 'http://127.0.0.1:1';

let stack: TimeLapse;
beforeAll(async () => {
  stack = await startTimeLapse({
    // A day in 8.6 s, and what a start may take in 60 ms.
    factor: 10_000,
    environment: { AGORA_LEGACY: 'true', DURASCRIBE_MEDIA_HOSTS: NOBODY },
    worker: { AGORA_LEGACY: 'false', VIDEOSDK_API_KEY: '', VIDEOSDK_SECRET: '' },
  });
});
afterAll(() => stack.stop());

/** Starts a session, whose path it returns. */
async function start(body: Record<string, unknown>): Promise<string> {
  const { status, body: session } = await stack.api('POST', '/v1/sessions', body);
  expect({ status, session }).toMatchObject({ status: 201 });
  return `/v1/sessions/${encodeURIComponent(String(session['id']))}`;
}

const agora = (channel: string, maxDurationSeconds: number) =>
  start({ provider: 'agora', channel, languages: ['en-US'], maxDurationSeconds });

const recording = (id: string, media: string) =>
  start({ id, provider: 'amazon-transcribe', languageCode: 'en-GB', media });

/** How long the session has lasted, in s of its own time. */
function lasted({ createdAt, endedAt }: Record<string, unknown>): number {
  return (Date.parse(String(endedAt)) - Date.parse(String(createdAt))) / 1_000;
}

test('a reconciliation does not wait for a provider that nobody works for', async () => {
  const options = { providers: ['agora-legacy'], graceSeconds: 900, stopsUnowned: false };
  const report = await stack.client.workflow.execute('reconcile', {
    workflowId: `reconcile:${stack.taskQueue}`,
    taskQueue: stack.taskQueue,
    args: [options],
  });
  const failure = { provider: 'agora-legacy', message: 'no worker of the provider took it' };
  expect(report).toMatchObject({ failures: [failure] });
});

describe.concurrent('a live session', () => {
  test('whose start the vendor never answers fails after ten minutes, also without a longest duration', async () => {
    const fault = { operation: 'join', channel: 'no start', fault: AWAY, times: FOR_EVER } as const;
    stack.simulator.inject(fault);
    const session = await untilSession(stack, await agora('no start', 0), { status: 'failed' });
    expect(session).toMatchObject({ failure: { kind: 'unavailable' }, task: null });
    expect(tasksOf(stack, 'no start')).toEqual([]);
  });

  test.for(['agora-legacy', 'videosdk'])(
    'that no worker of its provider takes fails, and says so (%s)',
    async (provider) => {
      const room =
        provider === 'videosdk'
          ? { roomId: 'nobody' }
          : { channel: 'nobody', languages: ['en-US'] };
      const path = await start({ provider, ...room, maxDurationSeconds: 0 });
      await untilSession(stack, path, {
        status: 'failed',
        failure: { kind: 'timeout', message: 'no worker of the provider took it' },
      });
    },
  );

  test('that cannot be looked at ends after its longest duration', async () => {
    for (const operation of ['query', 'list'] as const) {
      stack.simulator.inject({ operation, channel: 'unseen', fault: AWAY, times: FOR_EVER });
    }
    const path = await agora('unseen', 8 * HOUR);
    await untilSession(stack, path, { status: 'running' });
    await untilSession(stack, path, { status: 'stopped', endReason: 'max-duration' });
    expect(tasksOf(stack, 'unseen')).toMatchObject([{ status: 'STOPPED' }]);
  });

  test('whose stop the vendor never confirms is stopping for a day, and then failed', async () => {
    const channel = 'unstoppable';
    stack.simulator.inject({ operation: 'leave', channel, fault: AWAY, times: FOR_EVER });
    const path = await agora(channel, 8 * HOUR);
    await untilSession(stack, path, { status: 'stopping' });
    const session = await untilSession(stack, path, { status: 'failed', endReason: 'failed' });
    expect(session['failure']).toMatchObject({
      kind: 'timeout',
      message: expect.stringContaining('tried in vain: '),
    });
    expect(lasted(session)).toBeGreaterThan(DAY);
    expect(tasksOf(stack, channel)).toMatchObject([{ endedAt: null }]);
  });
});

describe.concurrent('a recording', () => {
  const tooLate = {
    status: 'failed',
    failure: { kind: 'timeout', message: 'it took longer than 86400 s' },
  };

  test('that cannot be fetched fails after its longest duration', async () => {
    await untilSession(stack, await recording('not-fetched', `${NOBODY}/a.mp3`), tooLate);
  });

  test('whose job is never taken fails after its longest duration', async () => {
    const jobName = `${jobsOf('not-taken')}1`;
    const fault = { kind: 'status', status: 429, type: 'LimitExceededException' } as const;
    stack.transcribe.inject({ operation: 'start', jobName, fault, times: FOR_EVER });
    await untilSession(
      stack,
      await recording('not-taken', await givenRecording(stack, 'not-taken.mp3')),
      tooLate,
    );
  });

  test('whose job runs for ever fails after its longest duration', async () => {
    const jobName = `${jobsOf('in-progress')}1`;
    stack.transcribe.inject({
      operation: 'get',
      jobName,
      fault: { kind: 'stale' },
      times: FOR_EVER,
    });
    const path = await recording('in-progress', await givenRecording(stack, 'in-progress.mp3'));
    await untilSession(stack, path, tooLate);
  });

  test('whose transcript cannot be stored fails after its longest duration', async () => {
    const keyPrefix = 'transcripts/not-stored';
    stack.s3.inject({ operation: 'PutObject', keyPrefix, fault: AWAY, times: FOR_EVER });
    const path = await recording('not-stored', await givenRecording(stack, 'not-stored.mp3'));
    await untilSession(stack, path, tooLate);
  });
});

test('an update and a stop that no worker takes end, too', async () => {
  const path = await agora('no worker', 20 * HOUR);
  await untilSession(stack, path, { status: 'running' });
  await stack.worker.end();
  expect((await stack.api('PATCH', path, { languages: ['fr-FR'] })).status).toBe(202);
  await untilSession(stack, path, { status: 'stopping' });
  await untilSession(stack, path, { status: 'failed', failure: { kind: 'timeout' } });
  expect(callsOf(stack, 'no worker', 'update', 'leave')).toEqual([]);
});

/** They are tried for as long as their session lasts, whose longest duration cancels them. */
const UNTIL_THE_END_OF_THE_SESSION = new Set([
  'watchTask',
  'lookAtTask',
  'archiveRecording',
  'startJob',
  'watchJob',
  'storeTranscript',
]);

test('every activity has a deadline of its own, or its session’s', async () => {
  const { workflow } = stack.client;
  const names = new Set<string>();
  const without = new Set<string>();
  for await (const { workflowId, runId } of workflow.list({
    query: `TaskQueue = '${stack.taskQueue}'`,
  })) {
    const { events } = await workflow.getHandle(workflowId, runId).fetchHistory();
    for (const { activityTaskScheduledEventAttributes: scheduled } of events ?? []) {
      if (!scheduled) continue;
      const name = scheduled.activityType?.name ?? '';
      names.add(name);
      const { scheduleToStartTimeout, scheduleToCloseTimeout } = scheduled;
      expect([name, isLonger(scheduled.startToCloseTimeout)]).toEqual([name, true]);
      if (!isLonger(scheduleToStartTimeout) && !isLonger(scheduleToCloseTimeout)) without.add(name);
    }
  }
  expect(names.size).toBeGreaterThan(8);
  expect([...without].filter((name) => !UNTIL_THE_END_OF_THE_SESSION.has(name))).toEqual([]);
});

/** Whether there is a time-out: Temporal takes none at all for 0 s. */
function isLonger(timeout: { seconds?: unknown; nanos?: number | null } | null = {}): boolean {
  return Number(timeout?.seconds ?? 0) > 0 || (timeout?.nanos ?? 0) > 0;
}
