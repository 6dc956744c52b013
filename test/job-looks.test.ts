import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { jobId } from '../src/providers/amazon-transcribe/job-request.ts';
import { keepHistory } from './support/histories.ts';
import { givenRecording } from './support/sound.ts';
import { eventually, startStack, untilSession, type Stack } from './support/stack.ts';

/** TASK_QUEUE_TYPE_ACTIVITY */
const ACTIVITIES = 2;
/** More than the vendor takes in a second, and than a worker has under way. */
const MANY = 60;
const FIRST_LOOK_MS = 10_000;
/** Less than a call is waited for. */
const HANG_MS = 9_000;
/** Amazon Transcribe's quota. */
const STARTS_PER_SECOND = 25;
const COMPLETED = { status: 'completed', transcript: { words: expect.any(Number) } };

let stack: Stack;
let media: string;
beforeAll(async () => {
  stack = await startStack();
  media = await givenRecording(stack, 'looked-at.mp3');
});
afterAll(() => stack.stop());

const jobOf = (sessionId: string) =>
  jobId({ sessionId, attempt: 1, media: { uri: '', channel: null }, channels: null, options: {} });

async function start(id: string): Promise<string> {
  const body = { provider: 'amazon-transcribe', id, media, languageCode: 'en-GB' };
  expect((await stack.api('POST', '/v1/sessions', body)).status).toBe(201);
  return `/v1/sessions/${id}`;
}

/** What is explained of a session whose job is looked at later, for the time of that number. */
const laterLook = (attempt: number) => ({
  details: expect.stringContaining('Now: waiting for the job to complete'),
  next: expect.stringMatching(
    /^At .*Z: looking at the job, or sooner when Amazon Transcribe tells of something\./,
  ),
  step: { name: 'watchJob', state: 'waiting', attempt, nextAttemptAt: expect.any(String) },
});

/** The activities of a session that were scheduled on each queue. */
async function activitiesByQueue(id: string): Promise<Record<string, readonly string[]>> {
  const { events } = await stack.client.workflow.getHandle(id).fetchHistory();
  const queues: Record<string, string[]> = {};
  for (const { activityTaskScheduledEventAttributes: scheduled } of events ?? []) {
    if (!scheduled) continue;
    const queue = scheduled.taskQueue?.name?.replace(`${stack.taskQueue}.`, '') ?? '';
    (queues[queue] ??= []).push(scheduled.activityType?.name ?? '');
  }
  return queues;
}

/** When the vendor was first asked for the jobs of these sessions, in ms since the epoch. */
const firstCallsMs = (ids: readonly string[]) =>
  ids.flatMap((id) => {
    const [first] = stack.transcribe.ledger(jobOf(id)).calls;
    return first ? [Date.parse(first.at)] : [];
  });

describe.concurrent('a job', () => {
  test('that EventBridge tells of takes one turn of the looks, and its transcript none', async () => {
    const id = `told-${randomUUID()}`;
    await untilSession(stack, await start(id), COMPLETED);
    expect(await activitiesByQueue(id)).toEqual({
      'amazon-transcribe.starts': ['startJob'],
      'amazon-transcribe': ['watchJob'],
      'amazon-transcribe.transcripts': ['storeTranscript'],
    });
    const { calls } = stack.transcribe.ledger(jobOf(id));
    expect(calls.map(({ operation }) => operation)).toEqual(['start', 'get']);
    await keepHistory(stack, id, 'recording-told');
  });

  test('that nobody tells of is looked at after a while, then ever more seldom', async () => {
    const id = `untold-${randomUUID()}`;
    const jobName = jobOf(id);
    stack.transcribe.inject({ operation: 'event', jobName, fault: { kind: 'lost' } });
    stack.transcribe.inject({ operation: 'get', jobName, fault: { kind: 'stale' }, times: 1 });
    const path = await start(id);
    const explained = async (expected: Record<string, unknown>) => {
      const { body } = await stack.api('GET', `${path}/explain`);
      expect(body).toMatchObject(expected);
    };
    const timers = expect.arrayContaining([
      expect.objectContaining({ summary: `wait for job ${jobName}` }),
    ]);
    await eventually(() => explained({ ...laterLook(1), pendingTimers: timers }));
    expect(stack.transcribe.ledger(jobName).calls).toHaveLength(1);
    await eventually(() => explained(laterLook(2)));
    const { raw } = await stack.client.workflow.getHandle(id).describe();
    const [look] = raw.pendingActivities ?? [];
    expect(Number(look?.currentRetryInterval?.seconds) * 1_000).toBeGreaterThan(FIRST_LOOK_MS);
    await untilSession(stack, path, COMPLETED);
    await keepHistory(stack, id, 'recording-untold');
  });

  test.for(['early-', 'early:', 'early:in:parts:'])(
    'of a session %s… that is told of before its start is answered is looked at with the answer',
    async (prefix) => {
      const id = `${prefix}${randomUUID()}`;
      const fault = { kind: 'hang', ms: 5_000, effect: true } as const;
      stack.transcribe.inject({ operation: 'start', jobName: jobOf(id), fault });
      await untilSession(stack, await start(id), COMPLETED);
      const { events } = await stack.client.workflow.getHandle(id).fetchHistory();
      const fired = events?.filter(({ timerFiredEventAttributes: timer }) => timer);
      expect(fired).toEqual([]);
    },
  );

  test("is started while a second's worth of others hang at the vendor", async () => {
    const hanging = Array.from({ length: STARTS_PER_SECOND }, () => `hanging-${randomUUID()}`);
    const fault = { kind: 'hang', ms: HANG_MS, effect: true } as const;
    for (const id of hanging) {
      stack.transcribe.inject({ operation: 'start', jobName: jobOf(id), fault });
    }
    const paths = await Promise.all(hanging.map(start));
    await eventually(() => expect(firstCallsMs(hanging)).toHaveLength(STARTS_PER_SECOND));
    const beside = `beside-${randomUUID()}`;
    paths.push(await start(beside));
    for (const path of paths) await untilSession(stack, path, COMPLETED);
    expect(Math.min(...firstCallsMs([beside]))).toBeLessThan(
      Math.min(...firstCallsMs(hanging)) + HANG_MS,
    );
  });
});

test('many jobs at once come no faster than their vendor takes them', async () => {
  // The queue lets all of them through: the worker alone is to see to it.
  for (const queue of ['amazon-transcribe.starts', 'amazon-transcribe']) {
    await stack.client.workflowService.updateTaskQueueConfig({
      namespace: 'default',
      taskQueue: `${stack.taskQueue}.${queue}`,
      taskQueueType: ACTIVITIES,
      updateQueueRateLimit: { rateLimit: { requestsPerSecond: 10_000 } },
    });
  }
  const paths = await Promise.all(
    Array.from({ length: MANY }, async () => start(`many-${randomUUID()}`)),
  );
  for (const path of paths) await untilSession(stack, path, COMPLETED);
  expect(stack.transcribe.ledger().throttled).toMatchObject({ start: 0, get: 0 });
});
