import { randomUUID } from 'node:crypto';
import { Client, ScheduleNotFoundError } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type EmbeddedServer, startEmbeddedServer } from '../src/temporal/embedded-server.ts';
import { ensureReconcileSchedule } from '../src/temporal/reconcile-schedule.ts';
import { reconcileId } from '../src/workflows/messages.ts';
import { audio } from './support/audio.ts';
import { keepHistory } from './support/histories.ts';
import { rulesBroken, tasksOf } from './support/ledger.ts';
import { joinByHand, RECONCILING, reconciled, terminate } from './support/reconciliation.ts';
import {
  AUDIO_BUCKET,
  eventually,
  startSession,
  startStack,
  stopSession,
  type Stack,
} from './support/stack.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({
    environment: RECONCILING,
    simulator: { listNames: true, startingMs: 0 },
    transcribe: { jobMs: 600_000 },
  });
});
afterAll(() => stack.stop());

function statusOf(of: Stack, channel: string): string | undefined {
  return tasksOf(of, channel).at(-1)?.status;
}

describe('what is nobody’s', () => {
  test('is told by its name, and a stranger’s is not', async () => {
    const name = `durascribe-${randomUUID()}-1`;
    const taskId = await joinByHand(stack, name, 'nobody');
    const foreign = await joinByHand(stack, 'somebody-1', 'somebody');
    stack.videosdk.startForeign('somebody-room');
    await eventually(async () => {
      const { unowned, running } = await reconciled(stack);
      expect(unowned).toMatchObject([
        { provider: 'agora', taskId, sessionId: null, isStopped: false },
      ]);
      expect(running).toMatchObject({ agora: 2, videosdk: 1 });
    });
    expect(['nobody', 'somebody'].map((channel) => statusOf(stack, channel))).toEqual([
      'RUNNING',
      'RUNNING',
    ]);
    stack.simulator.endTask(taskId, 'left');
    stack.simulator.endTask(foreign, 'left');
  });

  test('is the job of a terminated recording, which can’t be stopped', async () => {
    await stack.s3.put(AUDIO_BUCKET, 'given/left.mp3', audio(1), 'audio/mpeg');
    const media = `s3://${AUDIO_BUCKET}/given/left.mp3`;
    const { body } = await stack.api(
      'POST',
      '/v1/sessions',
      { provider: 'amazon-transcribe', languageCode: 'en-GB', media },
      { prefer: 'wait=20' },
    );
    expect(body).toMatchObject({ status: 'transcribing' });
    const sessionId = String(body['id']);
    await terminate(stack, sessionId);
    await eventually(async () => {
      const { unowned, workflowId } = await reconciled(stack);
      expect(unowned).toMatchObject([
        { provider: 'amazon-transcribe', sessionId, isStopped: false },
      ]);
      await keepHistory(stack, workflowId, 'reconcile-unowned');
    });
  });
});

describe('with the order to stop what is nobody’s', () => {
  // Nothing is stopped while a session is just starting: those of other tests would be seen in a namespace of theirs.
  let server: EmbeddedServer;
  let strict: Stack;
  beforeAll(async () => {
    server = await startEmbeddedServer();
    strict = await startStack({
      temporalAddress: server.address,
      environment: RECONCILING,
      simulator: { listNames: true, startingMs: 0 },
    });
    // A configuration refuses so short a grace.
    await ensureReconcileSchedule(strict.client, {
      taskQueue: strict.taskQueue,
      everySeconds: 86_400,
      options: { providers: ['agora'], graceSeconds: 1, stopsUnowned: true },
    });
  });
  afterAll(async () => {
    await strict.stop();
    await server.stop();
  });

  test('only that is stopped', async () => {
    await joinByHand(strict, `durascribe-${randomUUID()}-1`, 'nobody');
    await joinByHand(strict, 'somebody-1', 'somebody');
    const path = await startSession(strict, 'live');
    await eventually(async () => {
      const { unowned } = await reconciled(strict);
      expect(unowned).toMatchObject([{ provider: 'agora', isStopped: false }]);
    });
    let stopping = '';
    await eventually(async () => {
      const { unowned, workflowId } = await reconciled(strict);
      expect(unowned).toMatchObject([{ provider: 'agora', isStopped: true }]);
      stopping = workflowId;
    });
    await keepHistory(strict, stopping, 'reconcile-stopping');
    const statuses = ['nobody', 'somebody', 'live'].map((channel) => statusOf(strict, channel));
    expect(statuses).toEqual(['STOPPED', 'RUNNING', 'RUNNING']);
    expect(rulesBroken(strict, 'nobody')).toEqual([]);
    await stopSession(strict, path);
  });
});

describe('while a session is still starting', () => {
  test('nothing is stopped that may be its', async () => {
    const listing = await startStack({
      environment: RECONCILING,
      simulator: { listNames: true, startingMs: 0 },
    });
    try {
      const { taskQueue, client } = listing;
      const options = { providers: ['agora'], graceSeconds: 1, stopsUnowned: true } as const;
      await ensureReconcileSchedule(client, { taskQueue, everySeconds: 86_400, options });
      const fault = { kind: 'lost-response' } as const;
      listing.simulator.inject({ operation: 'join', channel: 'slow', fault });
      const throttled = { kind: 'status', status: 429, retryAfterSeconds: 300 } as const;
      listing.simulator.inject({ operation: 'list', channel: 'slow', fault: throttled });
      const body = { provider: 'agora', channel: 'slow', languages: ['en-US'] };
      await listing.api('POST', '/v1/sessions', body);
      const told = { unowned: [{ provider: 'agora', isStopped: false }] };
      await eventually(async () => expect(await reconciled(listing)).toMatchObject(told));
      const waiting = [{ message: expect.stringContaining('just starting') }];
      expect(await reconciled(listing)).toMatchObject({ ...told, waiting });
      expect(statusOf(listing, 'slow')).toBe('RUNNING');
    } finally {
      await listing.stop();
    }
  });
});

const schedule = () => stack.client.schedule.getHandle(reconcileId(stack.taskQueue));
const wanted = (everySeconds: number) => ({
  taskQueue: stack.taskQueue,
  everySeconds,
  options: { providers: [], graceSeconds: 1, stopsUnowned: false },
});

describe('the schedule', () => {
  test('is brought up to date by whoever comes later, keeps what others have, and stays paused', async () => {
    await schedule().pause('by hand');
    await Promise.all([1, 2, 3].map(() => ensureReconcileSchedule(stack.client, wanted(600))));
    expect(await schedule().describe()).toMatchObject({
      spec: { intervals: [{ every: 600_000 }] },
      policies: { overlap: 'SKIP' },
      action: {
        args: [
          { ...wanted(600).options, providers: expect.arrayContaining(['agora', 'videosdk']) },
        ],
        taskQueue: stack.taskQueue,
      },
      state: { paused: true, note: 'by hand' },
    });
  });

  test('is removed by a worker that is to have none', async () => {
    await ensureReconcileSchedule(stack.client, wanted(0));
    await ensureReconcileSchedule(stack.client, wanted(0));
    await expect(schedule().describe()).rejects.toThrow(ScheduleNotFoundError);
  });

  test('that cannot be made is told with the command that makes it', async () => {
    const { connection } = stack.client;
    const elsewhere = new Client({ connection, namespace: 'nowhere' });
    await expect(ensureReconcileSchedule(elsewhere, wanted(600))).rejects.toThrow(
      `Run: temporal schedule create --namespace nowhere --schedule-id reconcile:${stack.taskQueue}`,
    );
  });
});
