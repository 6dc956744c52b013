import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deliveriesOf, listedReceivers } from './support/receiver.ts';
import { eventually, startSession, stopSession, untilSession } from './support/stack.ts';
import { startTimeLapse, type TimeLapse } from './support/time-lapse.ts';

const FOR_EVER = 1_000_000;
const AWAY = { kind: 'status', status: 503 } as const;
const NEVER = { maxDurationSeconds: 0 };

const receivers = await listedReceivers(1);
let stack: TimeLapse;
beforeAll(async () => {
  stack = await startTimeLapse({
    // A week in 1.2 s.
    factor: 500_000,
    environment: {
      ...receivers.environment,
      DURASCRIBE_WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 1).toString('base64')}`,
    },
  });
});
afterAll(() => Promise.all([stack.stop(), receivers.close()]));

async function startVideosdk(roomId: string): Promise<string> {
  const body = { provider: 'videosdk', roomId, ...NEVER };
  const { body: session } = await stack.api('POST', '/v1/sessions', body, { prefer: 'wait=20' });
  expect(session).toMatchObject({ status: 'running' });
  return `/v1/sessions/videosdk:${roomId}`;
}

test('a transcript that cannot be collected is given up after a week', async () => {
  const keyPrefix = 'transcripts/videosdk:no-files';
  stack.s3.inject({ operation: 'PutObject', keyPrefix, fault: AWAY, times: FOR_EVER });
  const path = await startVideosdk('no-files');
  await stopSession(stack, path);
  await eventually(async () => {
    const { status, body } = await stack.api('GET', `${path}/transcript`);
    expect(status).toBe(404);
    expect(body).toMatchObject({ detail: expect.stringContaining('could not be collected') });
  });
  const { status } = await stack.client.workflow.getHandle('videosdk:no-files').describe();
  expect(status.name).toBe('COMPLETED');
});

test('a callback that nobody ever takes is given up after ten tries', async () => {
  const { url } = receivers.one();
  const path = await startSession(stack, 'unheard', { callbackUrl: url, ...NEVER });
  await eventually(async () => {
    const [running] = await deliveriesOf(stack, path);
    expect(running).toMatchObject({ state: 'failed', nextTryAt: null });
    expect(running?.tries).toHaveLength(10);
  });
  await stopSession(stack, path);
});

test('an erasure that the store never lets happen is given up, and can be asked for again', async () => {
  const path = await startSession(stack, 'kept', NEVER);
  await stopSession(stack, path);
  const fault = { operation: 'ListObjectsV2', fault: AWAY, times: FOR_EVER } as const;
  stack.s3.inject(fault);
  await stack.api('DELETE', path);
  await eventually(async () => {
    const { status } = await stack.client.workflow.getHandle('erase:agora:kept').describe();
    expect(status.name).toBe('FAILED');
  });
  stack.s3.clearFaults();
  await eventually(async () => expect((await stack.api('DELETE', path)).status).toBe(204));
});

test('a call whose end is never told of is a failed session after two days, and forgotten after a month', async () => {
  const conversationUuid = `CON-${randomUUID()}`;
  const source = {
    kind: 'vonage',
    recordingUuid: '',
    conversationUuid,
    url: '',
    bytes: 0,
  } as const;
  const request = {
    provider: 'amazon-transcribe',
    source,
    channels: 2,
    options: {},
    maxDurationSeconds: 60,
    metadata: {},
  } as const;
  const answered = { leg: 'a', isCaller: true, status: 'answered', at: '0', durationSeconds: null };
  const handle = await stack.client.workflow.signalWithStart('vonageCall', {
    workflowId: `vonage-call:${conversationUuid}`,
    taskQueue: stack.taskQueue,
    args: [{ request, graceSeconds: 900 }],
    signal: 'callEvent',
    signalArgs: [answered],
  });
  const path = `/v1/sessions/vonage-call:${conversationUuid}`;
  await untilSession(stack, path, { status: 'failed' });
  await eventually(async () => {
    expect((await handle.describe()).status.name).toBe('FAILED');
  });
});
