import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Fault } from '../simulators/agora/faults.ts';
import { STEP_WORDS } from '../src/http/step-words.ts';
import type { liveActivities } from '../src/workflows/live-activities.ts';
import type { recordingActivities } from '../src/workflows/recording-activities.ts';
import { synthesised } from '../simulators/vonage/recordings/audio.ts';
import {
  AUDIO_BUCKET,
  eventually,
  prepareStack,
  startSession,
  startStack,
  stopSession,
  untilSession,
  type Stack,
} from './support/stack.ts';

/** Compiles only where every activity of a session has words. */
STEP_WORDS satisfies Record<
  keyof ReturnType<typeof liveActivities> | keyof ReturnType<typeof recordingActivities>,
  unknown
>;

const TIME = /\d{4}-\d\d-\d\dT[\d:.]+Z/;

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.stop());

function inject(channel: string, operation: Fault['operation'], fault: Fault['fault'], times = 1) {
  stack.simulator.inject({ channel, operation, fault, times });
}

type Explained = Record<string, unknown> & { readonly next: string; readonly details: string };

async function explain({ api }: Stack, path: string): Promise<Explained> {
  const { status, body } = await api('GET', `${path}/explain`);
  expect({ status, body }).toMatchObject({ status: 200 });
  return { ...body, next: String(body['next']), details: String(body['details']) };
}

/** Waits until the explanation looks like `expected`, and returns it. */
async function untilExplained(
  from: Stack,
  path: string,
  expected: Record<string, unknown>,
): Promise<Explained> {
  let explained: Explained | undefined;
  await eventually(async () => {
    explained = await explain(from, path);
    expect(explained).toMatchObject(expected);
  });
  return explained ?? explain(from, path);
}

describe.concurrent('an explanation', () => {
  test('of a session that runs says that it is watched, and when it is looked at again', async () => {
    const path = await startSession(stack, 'runs');
    const seen = expect.stringContaining('at the last look: it runs');
    const explained = await untilExplained(stack, path, {
      step: { state: 'waiting', summary: seen },
    });
    expect(explained).toMatchObject({
      id: 'agora:runs',
      status: 'running',
      details: expect.stringContaining('Now: watching the task'),
      step: { name: 'watchTask', lastError: null, nextAttemptAt: expect.stringMatching(TIME) },
      pendingTimers: expect.arrayContaining([
        { summary: expect.stringContaining('the session ends at'), firesAt: expect.anything() },
      ]),
      next: expect.stringMatching(/^At .*Z: looking at the task again, or sooner when Agora tells/),
      temporal: expect.stringContaining('/workflows/agora%3Aruns/'),
    });
    expect(explained.next).toContain('at the latest');
    await stopSession(stack, path);
  });

  test('of an update that waits for its time says when it is sent', async () => {
    const path = await startSession(stack, 'spaced');
    const { body: session } = await stack.api('PATCH', path, { languages: ['fr-FR'] });
    const { nextUpdateAt } = session;
    const explained = await explain(stack, path);
    expect(explained).toMatchObject({
      step: { name: 'updateTask', attempt: 1, lastError: null, nextAttemptAt: nextUpdateAt },
      pendingTimers: expect.arrayContaining([
        expect.objectContaining({
          summary: expect.stringContaining('the vendor takes the next update'),
        }),
      ]),
      details: expect.stringContaining(`which the vendor takes at ${String(nextUpdateAt)}`),
    });
    expect(explained.next).toContain(`At ${String(nextUpdateAt)}: sending an update to Agora`);
    await stopSession(stack, path);
  });

  test('of an update that failed has the vendor’s words and the next try', async () => {
    const path = await startSession(stack, 'update fails');
    inject('update fails', 'update', { kind: 'status', status: 500 });
    await stack.api('PATCH', path, { languages: ['fr-FR'] });
    const explained = await untilExplained(stack, path, {
      step: { name: 'updateTask', attempt: 2, lastError: { kind: 'unavailable' } },
    });
    expect(explained.next).toMatch(
      /^At .*Z: sending an update to Agora, try 2\. The last try failed/,
    );
    await stopSession(stack, path);
  });

  test('of a start that is throttled has the try, the vendor’s words, and when the next one is', async () => {
    inject('crowd', 'join', { kind: 'status', status: 429, retryAfterSeconds: 300 }, 2);
    const body = { provider: 'agora', channel: 'crowd', languages: ['en-US'] };
    await stack.api('POST', '/v1/sessions', body);
    const path = '/v1/sessions/agora:crowd';
    const explained = await untilExplained(stack, path, {
      step: { name: 'startTask', lastError: { kind: 'throttled' } },
    });
    expect(explained).toMatchObject({
      status: 'starting',
      details: expect.stringContaining('Now: waiting 300 s to start again, because of: '),
      step: {
        summary: 'starting the task at Agora',
        state: 'waiting',
        attempt: 2,
        lastError: { message: expect.stringContaining('rate limit') },
        nextAttemptAt: expect.stringMatching(TIME),
      },
    });
    expect(explained.next).toMatch(
      /^At .*Z: starting the task at Agora, try 2\. The last try failed/,
    );
    await stopSession(stack, path);
  });

  test('of a recording that waits its turn has the vendor’s words', async () => {
    const file = synthesised({
      format: 'mp3',
      channels: 1,
      durationSeconds: 2,
      sizeBytes: undefined,
      wavHeader: 'plain',
    });
    const key = 'given/limited.mp3';
    await stack.s3.put(
      AUDIO_BUCKET,
      key,
      Buffer.concat([...file.pieces(0, file.size)]),
      'audio/mpeg',
    );
    const fault = { kind: 'status', status: 429, type: 'LimitExceededException' } as const;
    stack.transcribe.inject({ operation: 'start', fault, times: 99 });
    const request = {
      provider: 'amazon-transcribe',
      languageCode: 'en-GB',
      media: `s3://${AUDIO_BUCKET}/${key}`,
    };
    const { body: session } = await stack.api('POST', '/v1/sessions', request);
    const path = `/v1/sessions/${String(session['id'])}`;
    const explained = await untilExplained(stack, path, {
      step: { name: 'startJob', state: 'waiting', lastError: { kind: 'throttled' } },
    });
    expect(explained).toMatchObject({
      status: 'starting',
      details: expect.stringContaining('Now: starting a job'),
      step: { summary: 'starting a job at Amazon Transcribe' },
    });
    expect(explained.next).toMatch(/^At .*Z: starting a job at Amazon Transcribe, try \d+\./);
    stack.transcribe.clearFaults();
    await untilSession(stack, path, { status: 'completed' });
    const completed = await explain(stack, path);
    expect(completed).toMatchObject({ step: null, pendingTimers: [] });
    expect(completed.next).toMatch(/^It is completed, at .*Z\. Its transcript is ready/);
  });

  test('of a session that has ended says how', async () => {
    const path = await startSession(stack, 'ended');
    await stopSession(stack, path);
    const explained = await explain(stack, path);
    expect(explained).toMatchObject({
      status: 'stopped',
      details: expect.stringContaining('Ended: requested'),
      step: null,
      pendingTimers: [],
      next: expect.stringMatching(/^It was stopped on request, at .*Z\. It has no transcript: /),
    });
  });

  test('of a session that failed has the vendor’s words', async () => {
    inject('refused', 'join', { kind: 'status', status: 403, message: 'Not this one.' });
    const body = { provider: 'agora', channel: 'refused', languages: ['en-US'] };
    await stack.api('POST', '/v1/sessions', body, { prefer: 'wait=20' });
    const path = '/v1/sessions/agora:refused';
    const session = await untilSession(stack, path, {
      status: 'failed',
      failure: { kind: 'rejected' },
    });
    const { next, details, ...rest } = await explain(stack, path);
    expect(rest).toMatchObject({ status: 'failed', step: null });
    const { message } = Object(session['failure']);
    expect(next).toContain('It failed (rejected): Not this one, at ');
    expect(details).toContain(message);
  });

  test('of a session that an operator has terminated says so', async () => {
    const path = await startSession(stack, 'terminated');
    await stack.client.workflow.getHandle('agora:terminated').terminate();
    const explained = await explain(stack, path);
    expect(explained.details).toContain('**failed**');
    expect(explained.next).toMatch(/^It failed \(terminated\): terminated by an operator, at /);
  });

  test('is a 404 where there is no session', async () => {
    const { status, body } = await stack.api('GET', '/v1/sessions/agora:nobody/explain');
    expect({ status, body }).toMatchObject({ status: 404, body: { status: 404 } });
  });
});

test('an explanation of a session whose code fails says so, not that no worker runs', async () => {
  const path = await startSession(stack, 'broken');
  const handle = stack.client.workflow.getHandle('agora:broken');
  const { memo } = await handle.describe();
  await stopSession(stack, path);
  // The same session again, from a request that no code of ours would write.
  await stack.client.workflow.start('liveSession', {
    workflowId: 'agora:broken',
    taskQueue: stack.taskQueue,
    args: [null],
    ...(memo && { memo }),
  });
  const explained = await untilExplained(stack, path, {
    next: expect.stringMatching(/^Its workflow's code fails, try \d+: see the worker's log/),
  });
  expect(explained.details).toMatch(/^\*\*Its workflow's code fails\.\*\*.*\n\n\*\*running\*\*/);
  await handle.terminate();
});

describe('without a worker', () => {
  test('an explanation of a session that has not begun says nothing of a next step', async () => {
    const lonely = await prepareStack();
    onTestFinished(() => lonely.stop());
    await lonely.startApi();
    const body = { provider: 'agora', channel: 'not begun', languages: ['en-US'] };
    expect((await lonely.api('POST', '/v1/sessions', body)).status).toBe(201);
    const { next } = await explain(lonely, '/v1/sessions/agora:not begun');
    expect(next).toContain(
      `Nothing until a worker runs: none has answered on the queue ${lonely.taskQueue}. The session ends at`,
    );
  });

  test('an explanation says that none runs, and what waits for it', async () => {
    const lonely = await prepareStack();
    try {
      await lonely.startApi();
      const worker = await lonely.startWorker();
      const path = await startSession(lonely, 'left alone');
      await worker.end();
      const explained = await explain(lonely, path);
      expect(explained).toMatchObject({ status: 'running', step: { name: 'watchTask' } });
      expect(explained.details).toMatch(
        /^\*\*No worker answers\.\*\*.*\n\n\*\*running\*\* · agora/,
      );
      expect(explained.next).toContain(
        `none has answered on the queue ${lonely.taskQueue}. Then: `,
      );
    } finally {
      await lonely.stop();
    }
  });
});
