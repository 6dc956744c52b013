import { createHmac, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { requestChange } from '../../src/workflows/messages.ts';
import { callsOf, rulesBroken, tasksOf } from '../support/ledger.ts';
import { eventually, startStack, type Answer, type Stack } from '../support/stack.ts';

const NOTICE_SECRET = 'a-notice-secret-of-the-tests';
const FLOODING = { authorization: 'Bearer key-of-the-flood' };
const CALM = { authorization: 'Bearer key-of-the-others' };
const LANGUAGES = ['fr-FR', 'de-DE', 'es-ES', 'it-IT'];

let stack: Stack;
let ask: Stack['api'];
beforeAll(async () => {
  stack = await startStack({
    environment: {
      DURASCRIBE_API_KEYS: 'flood:key-of-the-flood,others:key-of-the-others',
      DURASCRIBE_RATE_LIMIT_PER_MINUTE: '1000000',
      AGORA_NOTIFICATION_SECRET: NOTICE_SECRET,
    },
  });
  ask = stack.api;
});
afterAll(() => stack.stop());

async function started(channel: string): Promise<string> {
  const body = { provider: 'agora', channel, languages: ['en-US'] };
  const { status } = await ask('POST', '/v1/sessions', body, { ...CALM, prefer: 'wait=20' });
  expect(status).toBe(201);
  return `/v1/sessions/agora:${channel}`;
}

/** Does `work` so many times, `atATime` of them together. */
async function flood(times: number, atATime: number, work: (index: number) => Promise<Answer>) {
  const statuses: Record<string, number> = {};
  let sent = 0;
  const one = async () => {
    while (sent < times) {
      const { status } = await work((sent += 1));
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: atATime }, one));
  return statuses;
}

/** Reads and changes another session until `flooding` is over: every answer is as ever. */
async function othersDuring(
  channel: string,
  headers: Record<string, string>,
  flooding: Promise<unknown>,
): Promise<void> {
  const path = await started(channel);
  let isOver = false;
  void flooding.finally(() => (isOver = true)).catch(() => undefined);
  const unexpected: number[] = [];
  for (let turn = 0; !isOver || turn < 20; turn += 1) {
    for (const method of ['GET', 'PATCH'] as const) {
      const body = method === 'PATCH' ? { languages: [LANGUAGES[turn % 4]] } : undefined;
      const { status } = await ask(method, path, body, headers);
      if (status !== 200 && status !== 202) unexpected.push(status);
    }
  }
  expect(unexpected).toEqual([]);
  await ask('POST', `${path}/stop`, undefined, { ...headers, prefer: 'wait=20' });
  expect(rulesBroken(stack, channel)).toEqual([]);
}

test('a flood of requests with one key keeps no other key waiting', async () => {
  const path = await started('flood-read');
  const flooding = flood(2_000, 200, (index) =>
    ask('GET', index % 10 === 0 ? '/v1/sessions' : path, undefined, FLOODING),
  );
  await othersDuring('beside-reads', CALM, flooding);
  expect(await flooding).toEqual({ 200: 2_000 });
});

test('a flood of changes of one session keeps no other session waiting', async () => {
  const path = await started('flood-changed');
  const flooding = flood(10_000, 200, (index) =>
    ask('PATCH', path, { languages: [LANGUAGES[index % 4]] }, FLOODING),
  );
  await Promise.all([
    othersDuring('beside-changes', CALM, flooding),
    othersDuring('beside-changes-same-key', FLOODING, flooding),
  ]);
  expect((await flooding)[429]).toBeGreaterThan(0);
  await ask('POST', `${path}/stop`, undefined, { ...CALM, prefer: 'wait=20' });
  expect(rulesBroken(stack, 'flood-changed')).toEqual([]);
  expect(tasksOf(stack, 'flood-changed')).toMatchObject([{ status: 'STOPPED' }]);
});

test('a flood of callers who wait keeps nobody else waiting', async () => {
  const channel = 'flood-awaited';
  stack.simulator.inject({ operation: 'join', channel, fault: { kind: 'latency', ms: 9_000 } });
  const shown = new Set<unknown>();
  const flooding = flood(300, 300, async () => {
    const body = { provider: 'agora', channel, languages: ['en-US'] };
    const answer = await ask('POST', '/v1/sessions', body, { ...FLOODING, prefer: 'wait=60' });
    shown.add(answer.body['status']);
    return answer;
  });
  await othersDuring('beside-waits', CALM, flooding);
  expect(await flooding).toEqual({ 200: 299, 201: 1 });
  // Some were not kept waiting.
  expect(shown).toEqual(new Set(['running', 'starting']));
  expect(callsOf(stack, channel, 'join')).toEqual(['join']);
});

test('a flood of signals to one workflow keeps no other session waiting', async () => {
  const path = await started('flood-signalled');
  const handle = stack.client.workflow.getHandle('agora:flood-signalled');
  const flooding = flood(1_000, 20, async (index) => {
    await handle.signal(requestChange, { languages: [String(LANGUAGES[index % 4])] });
    return { status: 200, headers: new Headers(), body: {} };
  });
  await othersDuring('beside-signals', CALM, flooding);
  await eventually(async () => {
    const { body } = await ask('GET', path, undefined, CALM);
    expect(body).toMatchObject({ revision: body['appliedRevision'] });
  });
  await ask('POST', `${path}/stop`, undefined, { ...CALM, prefer: 'wait=20' });
  expect(rulesBroken(stack, 'flood-signalled')).toEqual([]);
});

test('a flood of webhooks keeps no session waiting', async () => {
  const path = await started('notified');
  const [task] = tasksOf(stack, 'notified');
  const flooding = flood(3_000, 200, () => {
    const payload = { agent_id: task?.agentId, channel: 'notified' };
    const body = JSON.stringify({ noticeId: randomUUID(), eventType: 102, payload });
    const signature = createHmac('sha256', NOTICE_SECRET).update(body).digest('hex');
    return ask('POST', '/webhooks/agora', body, { 'agora-signature-v2': signature });
  });
  await othersDuring('beside-webhooks', CALM, flooding);
  expect(await flooding).toEqual({ 200: 3_000 });
  await ask('POST', `${path}/stop`, undefined, { ...CALM, prefer: 'wait=20' });
  expect(callsOf(stack, 'notified', 'join', 'leave')).toEqual(['join', 'leave']);
});
