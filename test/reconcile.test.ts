import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SEARCH_ATTRIBUTES } from '../src/workflows/messages.ts';
import { keepHistory } from './support/histories.ts';
import { callsOf, rulesBroken, tasksOf } from './support/ledger.ts';
import { RECONCILING, reconciled, terminate } from './support/reconciliation.ts';
import { eventually, startSession, startStack, stopSession, type Stack } from './support/stack.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({
    environment: { ...RECONCILING, AGORA_LEGACY: 'true' },
    simulator: { listNames: true, startingMs: 0 },
    videosdk: { secondStart: 'second-task' },
  });
});
afterAll(() => stack.stop());

function statusesOf(channel: string): string[] {
  return tasksOf(stack, channel).map(({ status }) => status);
}

/** Waits until the session does nothing but wait. */
async function untilIdle({ client }: Stack, sessionId: string): Promise<void> {
  await eventually(async () => {
    const { raw } = await client.workflow.getHandle(sessionId).describe();
    expect(raw.pendingActivities ?? []).toEqual([]);
  });
}

describe('a reconciliation', () => {
  test('stops the task of a terminated session, once', async () => {
    const channel = 'left-once';
    await startSession(stack, channel);
    await terminate(stack, `agora:${channel}`);
    const first = await reconciled(stack);
    const [task] = tasksOf(stack, channel);
    expect(task).toMatchObject({ status: 'STOPPED', endCause: 'left' });
    expect(first).toMatchObject({ checked: 1, failures: [], unowned: [] });
    expect(first.released).toMatchObject([
      { sessionId: `agora:${channel}`, provider: 'agora', taskId: task?.agentId },
    ]);
    expect(callsOf(stack, channel, 'leave')).toEqual(['leave']);

    const before = callsOf(stack, channel);
    expect(await reconciled(stack)).toMatchObject({ checked: 0, released: [], failures: [] });
    expect(callsOf(stack, channel)).toEqual(before);
    expect(rulesBroken(stack, channel)).toEqual([]);
    await keepHistory(stack, first.workflowId, 'reconcile');
  });

  test('shows in the Temporal UI what it has done', async () => {
    const channel = 'left-shown';
    await startSession(stack, channel);
    await terminate(stack, `agora:${channel}`);
    const { workflowId } = await reconciled(stack);
    const handle = stack.client.workflow.getHandle(workflowId);
    const { currentDetails }: { currentDetails?: string } = await handle.query(
      '__temporal_workflow_metadata',
    );
    expect(currentDetails).toContain('**Stopped what they had left: 1**');
    expect(currentDetails).toContain(`of \`agora:${channel}\``);
    const { typedSearchAttributes } = await handle.describe();
    expect(typedSearchAttributes.get(SEARCH_ATTRIBUTES.status)).toBe('released');
  });

  test('leaves the task of a newer run of the same session alone', async () => {
    const channel = 'left-newer';
    await startSession(stack, channel);
    await terminate(stack, `agora:${channel}`);
    const path = await startSession(stack, channel);
    const { released } = await reconciled(stack);
    expect(released).toHaveLength(1);
    expect(statusesOf(channel)).toEqual(['STOPPED', 'RUNNING']);
    await stopSession(stack, path);
    expect(await reconciled(stack)).toMatchObject({ checked: 0, released: [] });
  });

  test('stops nothing while a newer run is just starting, which may take it over', async () => {
    const channel = 'left-starting';
    await startSession(stack, channel);
    await terminate(stack, `agora:${channel}`);
    const fault = { kind: 'status', status: 429, retryAfterSeconds: 300 } as const;
    stack.simulator.inject({ operation: 'join', channel, fault });
    await stack.api('POST', '/v1/sessions', { provider: 'agora', channel, languages: ['en-US'] });
    const { released, failures, waiting } = await reconciled(stack);
    expect({ released, failures, waiting }).toMatchObject({
      released: [],
      failures: [],
      waiting: [{ message: expect.stringContaining('just starting') }],
    });
    expect(statusesOf(channel)).toEqual(['RUNNING']);
    await stopSession(stack, `/v1/sessions/agora:${channel}`);
    expect(await reconciled(stack)).toMatchObject({ released: [{}], failures: [] });
    expect(statusesOf(channel)).toEqual(['STOPPED']);
  });

  test('leaves sessions alone that live, and those that were stopped', async () => {
    const path = await startSession(stack, 'left-not');
    expect(await reconciled(stack)).toMatchObject({ checked: 0, released: [], unowned: [] });
    expect(statusesOf('left-not')).toEqual(['RUNNING']);
    await stopSession(stack, path);
    expect(await reconciled(stack)).toMatchObject({ checked: 0, released: [], unowned: [] });
  });

  test('stops a task of the legacy API', async () => {
    const channel = 'left-legacy';
    await startSession(stack, channel, { provider: 'agora-legacy' });
    await terminate(stack, `agora-legacy:${channel}`);
    expect((await reconciled(stack)).released).toMatchObject([{ provider: 'agora-legacy' }]);
    expect(statusesOf(channel)).toEqual(['STOPPED']);
  });

  test.for([
    { provider: 'agora', operation: 'join', next: 'list', after: 0 },
    { provider: 'agora-legacy', operation: 'start', next: 'start', after: 1 },
  ] as const)('stops what a start of $provider without an answer has left', async (given) => {
    const { provider, operation, next, after } = given;
    const channel = `left-start-${provider}`;
    const sessionId = `${provider}:${channel}`;
    stack.simulator.inject({ operation, channel, fault: { kind: 'lost-response' } });
    const throttled = { kind: 'status', status: 429, retryAfterSeconds: 300 } as const;
    stack.simulator.inject({ operation: next, channel, fault: throttled, after });
    await stack.api('POST', '/v1/sessions', { provider, channel, languages: ['en-US'] });
    await eventually(() => expect(callsOf(stack, channel, next)).toHaveLength(after + 1));
    await untilIdle(stack, sessionId);
    expect(statusesOf(channel)).toEqual(['RUNNING']);
    await terminate(stack, sessionId);
    const { released, failures } = await reconciled(stack);
    expect({ released, failures }).toMatchObject({ released: [{ sessionId }], failures: [] });
    expect(statusesOf(channel)).toEqual(['STOPPED']);
  });

  test('tells what it could not stop, and tries again the next time', async () => {
    const channel = 'left-refused';
    await startSession(stack, channel);
    await terminate(stack, `agora:${channel}`);
    const fault = { kind: 'status', status: 503 } as const;
    stack.simulator.inject({ operation: 'leave', channel, fault });
    const first = await reconciled(stack);
    expect(first.failures).toMatchObject([{ provider: 'agora', sessionId: `agora:${channel}` }]);
    expect(statusesOf(channel)).toEqual(['RUNNING']);
    expect(await reconciled(stack)).toMatchObject({
      released: [{ sessionId: `agora:${channel}` }],
      failures: [],
    });
    expect(statusesOf(channel)).toEqual(['STOPPED']);
    await keepHistory(stack, first.workflowId, 'reconcile-failure');
  });
});

const startRoom = (room: string) =>
  stack.api('POST', '/v1/sessions', { provider: 'videosdk', roomId: room }, { prefer: 'wait=20' });

function running(room: string) {
  return stack.videosdk.ledger(room).tasks.filter(({ endedAt }) => endedAt === null);
}

describe('a reconciliation of VideoSDK', () => {
  test('stops the transcription of a terminated session', async () => {
    const room = 'left-vs-room';
    await startRoom(room);
    await terminate(stack, `videosdk:${room}`);
    expect((await reconciled(stack)).released).toMatchObject([{ provider: 'videosdk' }]);
    expect(running(room)).toEqual([]);
  });

  test('does not end a room in which a newer run transcribes', async () => {
    const room = 'left-vs-newer';
    await startRoom(room);
    await terminate(stack, `videosdk:${room}`);
    await startRoom(room);
    expect(running(room)).toHaveLength(2);
    expect(await reconciled(stack)).toMatchObject({
      released: [],
      failures: [],
      waiting: [{ sessionId: `videosdk:${room}`, message: expect.stringContaining('newer') }],
    });
    expect(running(room)).toHaveLength(2);
    await stopSession(stack, `/v1/sessions/videosdk:${room}`);
    expect(await reconciled(stack)).toMatchObject({ failures: [], progress: { open: [] } });
    expect(running(room)).toEqual([]);
  });
});

describe('a run that can’t be read', () => {
  test('is told, and keeps nothing else from being done', async () => {
    const { client, taskQueue } = stack;
    const workflowId = `unreadable-${taskQueue}`;
    // The queue is the deployment's, but its input is none.
    await client.workflow.start('liveSession', { workflowId, taskQueue, args: [null] });
    await terminate(stack, workflowId);
    const channel = 'left-beside-unreadable';
    await startSession(stack, channel);
    await terminate(stack, `agora:${channel}`);
    const { released, failures, progress } = await reconciled(stack);
    expect(released).toMatchObject([{ sessionId: `agora:${channel}` }]);
    expect(failures).toMatchObject([{ provider: null, sessionId: workflowId }]);
    expect(progress.open).toMatchObject([{ sessionId: workflowId, tries: 1 }]);
    expect((await reconciled(stack)).progress.open).toMatchObject([{ tries: 2 }]);
  });
});
