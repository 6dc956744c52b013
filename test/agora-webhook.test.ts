import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keepHistory } from './support/histories.ts';
import { callsOf, tasksOf } from './support/ledger.ts';
import {
  startSession,
  startStack,
  stopSession,
  untilSession,
  type Stack,
} from './support/stack.ts';

const SECRET = 'secret';

let stack: Stack;
beforeAll(async () => {
  const environment = { AGORA_NOTIFICATION_SECRET: SECRET, DURASCRIBE_WATCH_SECONDS: '3600' };
  stack = await startStack({ environment });
  stack.simulator.setNotifications({ url: `${stack.url}/webhooks/agora`, secret: SECRET });
});
afterAll(() => stack.stop());

function signature(body: string, secret = SECRET): Record<string, string> {
  const hex = createHmac('sha256', secret).update(body).digest('hex');
  return { 'content-type': 'application/json', 'agora-signature-v2': hex };
}

async function signalsOf(id: string): Promise<number> {
  const { events } = await stack.client.workflow.getHandle(id).fetchHistory();
  return (events ?? []).filter((event) => event.workflowExecutionSignaledEventAttributes).length;
}

describe.concurrent('a notification of Agora', () => {
  test('of an end lets the session see it at once', async () => {
    const path = await startSession(stack, 'told');
    stack.simulator.endTask(tasksOf(stack, 'told')[0]?.agentId ?? '', 'idle');
    await untilSession(stack, path, { status: 'stopped', endReason: 'idle' });
  });

  test('finds a session that has an id of its own', async () => {
    const body = { provider: 'agora', channel: 'named', id: 'my-session', languages: ['en-US'] };
    await stack.api('POST', '/v1/sessions', body, { prefer: 'wait=20' });
    stack.simulator.endTask(tasksOf(stack, 'named')[0]?.agentId ?? '', 'left');
    await untilSession(stack, '/v1/sessions/my-session', {
      status: 'stopped',
      endReason: 'vendor',
    });
  });

  test('of a task that failed leads to another one', async () => {
    const path = await startSession(stack, 'failed');
    stack.simulator.endTask(tasksOf(stack, 'failed')[0]?.agentId ?? '', 'failed');
    await untilSession(stack, path, { status: 'running', generation: 2 });
    await stopSession(stack, path);
  });

  test('of an expiring token replaces the task of a session that goes on', async () => {
    const path = await startSession(stack, 'expiring', { maxDurationSeconds: 0 });
    stack.simulator.notify(tasksOf(stack, 'expiring')[0]?.agentId ?? '', 104);
    await untilSession(stack, path, { status: 'running', generation: 2 });
    await stopSession(stack, path);
    await keepHistory(stack, 'agora:expiring', 'rotation-by-notice');
  });

  test('of an expiring token does nothing to a session that ends before', async () => {
    const path = await startSession(stack, 'short');
    const taskId = tasksOf(stack, 'short')[0]?.agentId ?? '';
    stack.simulator.notify(taskId, 104);
    await expect.poll(() => signalsOf('agora:short')).toBe(1);
    expect((await stack.api('GET', path)).body).toMatchObject({
      generation: 1,
      task: { id: taskId },
    });
    await stopSession(stack, path);
  });

  test('that comes twice is answered twice and taken once', async () => {
    const path = await startSession(stack, 'redelivered');
    const agentId = tasksOf(stack, 'redelivered')[0]?.agentId;
    const payload = { agent_id: agentId, channel: 'redelivered' };
    const body = JSON.stringify({ noticeId: 'n-1', eventType: 102, productId: 20, payload });
    const answers = [];
    for (let time = 0; time < 3; time += 1) {
      answers.push(await stack.api('POST', '/webhooks/agora', body, signature(body)));
    }
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await signalsOf('agora:redelivered')).toBe(1);
    await stopSession(stack, path);
  });

  test('of an old task, or of nobody, is taken and does nothing', async () => {
    const path = await startSession(stack, 'calm');
    for (const [noticeId, channel] of [
      ['n-2', 'calm'],
      ['n-3', 'nobody'],
    ]) {
      const payload = { agent_id: 'another', channel };
      const body = JSON.stringify({ noticeId, eventType: 102, payload });
      expect((await stack.api('POST', '/webhooks/agora', body, signature(body))).status).toBe(200);
    }
    expect(callsOf(stack, 'calm', 'query')).toHaveLength(1);
    await stopSession(stack, path);
    await keepHistory(stack, 'agora:calm', 'hints-of-others');
  });

  test('comes through as one signal a second, however many there are', async () => {
    const path = await startSession(stack, 'flooded');
    const agentId = tasksOf(stack, 'flooded')[0]?.agentId;
    const sinceMs = Date.now();
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, index) => {
        const payload = { agent_id: agentId, channel: 'flooded' };
        const body = JSON.stringify({ noticeId: `flood-${index}`, eventType: 102, payload });
        return stack.api('POST', '/webhooks/agora', body, signature(body));
      }),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    const seconds = (Date.now() - sinceMs) / 1_000;
    expect(await signalsOf('agora:flooded')).toBeLessThanOrEqual(Math.ceil(seconds) + 1);
    await stopSession(stack, path);
  });
});

describe('the signature of a notification', () => {
  /** Agora's own example (NCS, Verify the signature). */
  const EXAMPLE =
    '{"eventMs":1560408533119,"eventType":10,"noticeId":"4eb720f0-8da7-11e9-a43e-53f411c2761f","notifyMs":1560408533119,"payload":{"a":"1","b":2},"productId":1}';
  const EXAMPLE_SIGNATURE = '6d3320c60b11101395b7fc8f9068748808a0aa1bfa064438e39d1bc2c7d74d99';

  test("is Agora's own example's", async () => {
    const headers = { 'content-type': 'application/json', 'agora-signature-v2': EXAMPLE_SIGNATURE };
    expect((await stack.api('POST', '/webhooks/agora', EXAMPLE, headers)).status).toBe(200);
  });

  test.for<[string, Record<string, string>]>([
    ['missing', {}],
    ['made with another secret', signature(EXAMPLE, 'another')],
    ['of another body', signature(`${EXAMPLE} `)],
    ['no hex', { 'agora-signature-v2': 'x'.repeat(64) }],
  ])('is refused when it is %s', async ([, headers]) => {
    const type = { 'content-type': 'application/json' };
    const answer = await stack.api('POST', '/webhooks/agora', EXAMPLE, { ...type, ...headers });
    expect(answer).toMatchObject({ status: 401, body: { status: 401 } });
  });

  test('does not make a notification of what is none', async () => {
    for (const body of ['{', '{}', '[]']) {
      const answer = await stack.api('POST', '/webhooks/agora', body, signature(body));
      expect(answer).toMatchObject({ status: 400, body: { status: 400 } });
    }
  });
});
