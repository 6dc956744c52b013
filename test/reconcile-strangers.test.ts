import { afterAll, beforeAll, expect, test } from 'vitest';
import { reconcileId } from '../src/workflows/messages.ts';
import { tasksOf } from './support/ledger.ts';
import { joinByHand, RECONCILING, reconciled, terminate } from './support/reconciliation.ts';
import { eventually, startStack, type Stack } from './support/stack.ts';

/** How far Agora's clock is ahead of ours. */
let aheadMs = 0;
let stack: Stack;
beforeAll(async () => {
  stack = await startStack({
    environment: RECONCILING,
    simulator: { listNames: false, startingMs: 0, now: () => Date.now() + aheadMs },
  });
});
afterAll(() => stack.stop());

const LOST = { kind: 'lost-response' } as const;
const REFUSED = { kind: 'status', status: 503 } as const;

/** Leaves a start without an answer: its session is terminated while it waits to look for what became of it. */
async function leaveStart(channel: string, fault: typeof LOST | typeof REFUSED): Promise<string> {
  stack.simulator.inject({ operation: 'join', channel, fault });
  const throttled = { kind: 'status', status: 429, retryAfterSeconds: 300 } as const;
  stack.simulator.inject({ operation: 'list', channel, fault: throttled });
  await stack.api('POST', '/v1/sessions', { provider: 'agora', channel, languages: ['en-US'] });
  const sessionId = `agora:${channel}`;
  await eventually(async () => {
    const { raw } = await stack.client.workflow.getHandle(sessionId).describe();
    expect(raw.pendingActivities ?? []).toEqual([]);
    expect(stack.simulator.ledger(channel).calls.map(({ operation }) => operation)).toContain(
      'list',
    );
  });
  await terminate(stack, sessionId);
  return sessionId;
}

function running(channel: string): string[] {
  return tasksOf(stack, channel).flatMap(({ agentId, status }) =>
    status === 'RUNNING' ? [agentId] : [],
  );
}

test('what a start without an answer has left is stopped, though the list tells no names', async () => {
  const sessionId = await leaveStart('left-lost', LOST);
  expect(running('left-lost')).toHaveLength(1);
  expect(await reconciled(stack)).toMatchObject({ released: [{ sessionId }], failures: [] });
  expect(running('left-lost')).toEqual([]);
});

test('what somebody began when the start was over is left alone', async () => {
  await leaveStart('left-nothing', REFUSED);
  aheadMs = 60_000;
  const stranger = await joinByHand(stack, 'somebody-1', 'left-nothing');
  expect(await reconciled(stack)).toMatchObject({ released: [], failures: [] });
  expect(running('left-nothing')).toEqual([stranger]);
  aheadMs = 0;
});

test('a search that takes long is known to be alive', async () => {
  const channel = 'left-slow';
  const sessionId = await leaveStart(channel, LOST);
  stack.simulator.inject({
    operation: 'list',
    channel,
    fault: { kind: 'hang', ms: 5_000, effect: true },
  });
  const schedule = stack.client.schedule.getHandle(reconcileId(stack.taskQueue));
  const report = reconciled(stack);
  await eventually(async () => {
    const [action] = (await schedule.describe()).info.runningActions;
    const { raw } = await stack.client.workflow
      .getHandle(action?.workflow.workflowId ?? '')
      .describe();
    expect(raw.pendingActivities).toMatchObject([
      { activityType: { name: 'releaseStart' }, lastHeartbeatTime: expect.anything() },
    ]);
  });
  expect(await report).toMatchObject({ released: [{ sessionId }], failures: [] });
});

test('what somebody began beside the start is told from what that has left', async () => {
  const sessionId = await leaveStart('left-beside', LOST);
  const stranger = await joinByHand(stack, 'somebody-2', 'left-beside');
  expect(await reconciled(stack)).toMatchObject({ released: [{ sessionId }], failures: [] });
  expect(running('left-beside')).toEqual([stranger]);
});
