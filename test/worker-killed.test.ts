import { afterAll, beforeAll, expect, test } from 'vitest';
import { keepHistory } from './support/histories.ts';
import { callsOf, gapsMs, rulesBroken, tasksOf, updatesOf } from './support/ledger.ts';
import {
  eventually,
  prepareStack,
  startSession,
  stopSession,
  untilSession,
  type Service,
  type Stack,
} from './support/stack.ts';

let stack: Stack;
let worker: Service;
beforeAll(async () => {
  stack = await prepareStack();
  [worker] = await Promise.all([stack.startWorker(), stack.startApi()]);
});
afterAll(() => stack.stop());

async function killAndReplaceWorker(): Promise<void> {
  await worker.end('SIGKILL');
  worker = await stack.startWorker();
}

test('a worker killed while a change waits changes neither the order nor the spacing', async () => {
  const path = await startSession(stack, 'wait');
  await stack.api('PATCH', path, { languages: ['fr-FR'] });
  await stack.api('PATCH', path, { subscribeAudioUids: ['100'] });
  await killAndReplaceWorker();
  await stack.api('PATCH', path, { addAudioUids: ['200'] });
  await untilSession(stack, path, { appliedRevision: 3 });
  await stack.api('PATCH', path, { languages: ['de-DE'] });
  await killAndReplaceWorker();
  await untilSession(stack, path, { appliedRevision: 4 });

  expect(updatesOf(stack, 'wait').map(({ query }) => query['sequenceId'])).toEqual(['1', '2']);
  expect(tasksOf(stack, 'wait')).toMatchObject([
    { languages: ['de-DE'], subscribeAudioUids: ['100', '200'] },
  ]);
  for (const gap of gapsMs(stack, 'wait')) expect(gap).toBeGreaterThanOrEqual(5_000);
  expect(rulesBroken(stack, 'wait')).toEqual([]);
  await stopSession(stack, path);
  expect(callsOf(stack, 'wait', 'leave')).toEqual(['leave']);
  await keepHistory(stack, 'agora:wait', 'worker-killed');
});

test('a stop that comes while no worker lives is carried out by the next one', async () => {
  const path = await startSession(stack, 'orphaned');
  await worker.end('SIGKILL');
  expect((await stack.api('POST', `${path}/stop`)).status).toBe(202);
  // A change is stored only once a worker has accepted it.
  const change = await stack.api('PATCH', path, { languages: ['fr-FR'] });
  expect(change.status).toBe(503);
  expect(change.headers.get('retry-after')).toBeTruthy();
  worker = await stack.startWorker();
  await untilSession(stack, path, { status: 'stopped', endReason: 'requested' });
  expect(callsOf(stack, 'orphaned', 'join', 'update', 'leave')).toEqual(['join', 'leave']);
  await keepHistory(stack, 'agora:orphaned', 'stop-without-worker');
});

test('a worker killed during a join leaves exactly one task, which is adopted', async () => {
  stack.simulator.inject({
    operation: 'join',
    channel: 'join',
    fault: { kind: 'latency', ms: 5_000 },
  });
  const body = { provider: 'agora', channel: 'join', languages: ['en-US'] };
  await stack.api('POST', '/v1/sessions', body);
  await eventually(() => expect(tasksOf(stack, 'join').length).toBe(1));
  await killAndReplaceWorker();
  const [task] = tasksOf(stack, 'join');
  const path = '/v1/sessions/agora:join';
  await untilSession(stack, path, { status: 'running', task: { id: task?.agentId } });
  expect(callsOf(stack, 'join', 'join')).toHaveLength(1);
  await stopSession(stack, path);
  expect(tasksOf(stack, 'join')).toMatchObject([{ status: 'STOPPED' }]);
  await keepHistory(stack, 'agora:join', 'worker-killed-during-start');
});

test('a worker finishes what it is doing when it is asked to end', async () => {
  const channel = 'graceful';
  stack.simulator.inject({ operation: 'join', channel, fault: { kind: 'latency', ms: 1_500 } });
  await stack.api('POST', '/v1/sessions', { provider: 'agora', channel, languages: ['en-US'] });
  await eventually(() => expect(tasksOf(stack, channel).length).toBe(1));
  await worker.end('SIGTERM');
  expect(worker.process.exitCode).toBe(0);
  worker = await stack.startWorker();
  const path = `/v1/sessions/agora:${channel}`;
  await untilSession(stack, path, { status: 'running' });
  expect(callsOf(stack, channel, 'join', 'list')).toEqual(['join']);
  await stopSession(stack, path);
});

test('a session stopped before any worker has seen it makes no call', async () => {
  await worker.end('SIGKILL');
  const body = { provider: 'agora', channel: 'never', languages: ['en-US'] };
  expect((await stack.api('POST', '/v1/sessions', body)).status).toBe(201);
  const path = '/v1/sessions/agora:never';
  expect((await stack.api('POST', `${path}/stop`)).status).toBe(202);
  worker = await stack.startWorker();
  await untilSession(stack, path, { status: 'stopped', endReason: 'requested', task: null });
  expect(callsOf(stack, 'never')).toEqual([]);
  await keepHistory(stack, 'agora:never', 'stop-before-start');
});
