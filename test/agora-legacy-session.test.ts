import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keepHistory } from './support/histories.ts';
import { callsOf, rulesBroken, tasksOf } from './support/ledger.ts';
import {
  eventually,
  startSession,
  startStack,
  stopSession,
  untilSession,
  type Stack,
} from './support/stack.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ environment: { AGORA_LEGACY: 'true' } });
});
afterAll(() => stack.stop());

const LEGACY = { provider: 'agora-legacy' };

describe.concurrent('a session of the legacy API', () => {
  test('lives from its builder token to its stopped task', async () => {
    const path = await startSession(stack, 'legacy', LEGACY);
    const change = { languages: ['fr-FR'], subscribeAudioUids: ['100'] };
    const { status } = await stack.api('PATCH', path, change, { prefer: 'wait=20' });
    expect(status).toBe(200);
    await stopSession(stack, path);
    expect(callsOf(stack, 'legacy', 'acquire', 'start', 'legacy-update', 'legacy-stop')).toEqual([
      'acquire',
      'start',
      'legacy-update',
      'legacy-stop',
    ]);
    expect(tasksOf(stack, 'legacy')).toMatchObject([
      { ...change, status: 'STOPPED', api: 'legacy' },
    ]);
    expect(rulesBroken(stack, 'legacy')).toEqual([]);
    await keepHistory(stack, 'agora-legacy:legacy', 'legacy');
  });

  test('repeats a lost start with the same builder token, and adopts its task', async () => {
    const channel = 'lost';
    stack.simulator.inject({ operation: 'start', channel, fault: { kind: 'lost-response' } });
    const path = await startSession(stack, channel, LEGACY);
    expect(tasksOf(stack, channel)).toHaveLength(1);
    expect(callsOf(stack, channel, 'acquire')).toHaveLength(1);
    await stopSession(stack, path);
    expect(tasksOf(stack, channel)).toMatchObject([{ status: 'STOPPED' }]);
    expect(rulesBroken(stack, channel)).toEqual([]);
    await keepHistory(stack, `agora-legacy:${channel}`, 'legacy-start-lost');
  });

  test('leaves no task when it is stopped while its start has no answer', async () => {
    const channel = 'unanswered';
    const fault = { kind: 'lost-response' } as const;
    stack.simulator.inject({ operation: 'start', channel, fault });
    const throttled = { kind: 'status', status: 429, retryAfterSeconds: 300 } as const;
    stack.simulator.inject({ operation: 'start', channel, fault: throttled, after: 1 });
    const body = { ...LEGACY, channel, languages: ['en-US'] };
    await stack.api('POST', '/v1/sessions', body);
    await eventually(() => expect(callsOf(stack, channel, 'start')).toHaveLength(2));
    await stopSession(stack, `/v1/sessions/agora-legacy:${channel}`);
    for (const task of tasksOf(stack, channel)) expect(task.status).toBe('STOPPED');
    await keepHistory(stack, `agora-legacy:${channel}`, 'legacy-stop-during-start');
  });

  test('runs beside a session of the new API in the same channel', async () => {
    const paths = await Promise.all([
      startSession(stack, 'both', LEGACY),
      startSession(stack, 'both'),
    ]);
    expect(
      tasksOf(stack, 'both')
        .map(({ api }) => api)
        .toSorted(),
    ).toEqual(['legacy', 'v7']);
    await Promise.all(paths.map((path) => stopSession(stack, path)));
  });

  test('is watched on through an error of the vendor', async () => {
    const channel = 'watched';
    const operation = 'legacy-query';
    stack.simulator.inject({ operation, channel, fault: { kind: 'status', status: 503 } });
    const path = await startSession(stack, channel, LEGACY);
    await eventually(() => expect(callsOf(stack, channel, operation).length).toBeGreaterThan(1));
    expect((await stack.api('GET', path)).body).toMatchObject({ status: 'running', generation: 1 });
    await stopSession(stack, path);
  });

  test('refuses what the legacy API does not have', async () => {
    const body = { ...LEGACY, channel: 'refused', languages: ['en-US'], keywords: ['durable'] };
    expect(await stack.api('POST', '/v1/sessions', body)).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'keywords' }] },
    });
    const path = await startSession(stack, 'refused', LEGACY);
    expect(await stack.api('PATCH', path, { keywords: ['durable'] })).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'keywords' }] },
    });
    await stopSession(stack, path);
  });
});

describe.concurrent("the endpoints of Agora's Astro guide", () => {
  const START = '/api/transcription/start.json';
  const STOP = '/api/transcription/stop.json';

  test('start and stop a task by its pair, as the guide shows', async () => {
    const { status, body } = await stack.api('POST', START, { channel: 'astro' });
    expect(status).toBe(200);
    const [task] = tasksOf(stack, 'astro');
    expect(Object.keys(body)).toEqual(['taskId', 'builderToken']);
    expect(task).toMatchObject({ agentId: body['taskId'], languages: ['en-US', 'es-ES'] });
    expect((await stack.api('POST', START, { channel: 'astro' })).body).toEqual(body);
    expect(tasksOf(stack, 'astro')).toHaveLength(1);

    expect((await stack.api('DELETE', STOP, body)).status).toBe(200);
    expect(tasksOf(stack, 'astro')).toMatchObject([{ status: 'STOPPED' }]);
    expect((await stack.api('POST', STOP, body)).status).toBe(200);
  });

  test.for<[string, string, Record<string, unknown>, string[]]>([
    ['POST', START, {}, ['channel']],
    ['POST', START, { channel: '' }, ['channel']],
    ['POST', STOP, {}, ['taskId', 'builderToken']],
    ['DELETE', STOP, { taskId: 'x' }, ['builderToken']],
  ])('%s %s with %j names what is missing', async ([method, path, body, missing]) => {
    const answer = await stack.api(method, path, body);
    expect(answer).toMatchObject({
      status: 400,
      body: {
        detail: missing.map((name) => `${name} is required`).join('; '),
        errors: missing.map((field) => ({ path: field, message: 'is required' })),
      },
    });
  });

  test('take a body of any type, and none as an empty one', async () => {
    const text = { 'content-type': 'text/plain' };
    const body = JSON.stringify({ channel: 'plain' });
    const { status, body: pair } = await stack.api('POST', START, body, text);
    expect(status).toBe(200);
    expect((await stack.api('POST', STOP, JSON.stringify(pair), text)).status).toBe(200);
    expect(await stack.api('POST', START)).toMatchObject({
      status: 400,
      body: { detail: 'channel is required' },
    });
  });

  test('do not stop a task by a wrong pair', async () => {
    const { body } = await stack.api('POST', START, { channel: 'pair' });
    const wrong = [
      { ...body, builderToken: 'wrong' },
      { ...body, taskId: 'wrong' },
    ];
    for (const pair of wrong) expect((await stack.api('POST', STOP, pair)).status).toBe(404);
    expect(tasksOf(stack, 'pair')).toMatchObject([{ endedAt: null }]);
    expect((await stack.api('POST', STOP, body)).status).toBe(200);
  });
});

test('a builder token that has become too old is acquired again', async () => {
  const environment = { AGORA_LEGACY: 'true' };
  const slow = await startStack({ environment, simulator: { builderTokenMs: 1_500 } });
  try {
    const fault = { kind: 'status', status: 503 } as const;
    slow.simulator.inject({ operation: 'start', channel: 'late', fault, times: 2 });
    const path = await startSession(slow, 'late', LEGACY);
    const operations = slow.simulator.ledger().calls.map(({ operation }) => operation);
    expect(operations.filter((operation) => operation === 'acquire')).toHaveLength(2);
    expect(tasksOf(slow, 'late')).toHaveLength(1);
    await stopSession(slow, path);
    await keepHistory(slow, 'agora-legacy:late', 'legacy-late-start');
  } finally {
    await slow.stop();
  }
});

test("a session can be started with the body of Agora's Astro guide", async () => {
  const old = await startStack({ environment: { AGORA_LEGACY: 'true', AGORA_LEGACY_BODY: 'v4' } });
  try {
    const path = await startSession(old, 'old', LEGACY);
    const start = old.simulator.ledger('old').calls.find(({ operation }) => operation === 'start');
    expect(start?.body).toMatchObject({ audio: { subscribeSource: 'AGORARTC' } });
    const { status } = await old.api(
      'PATCH',
      path,
      { languages: ['fr-FR'] },
      { prefer: 'wait=20' },
    );
    expect(status).toBe(200);
    await stopSession(old, path);
    expect(rulesBroken(old, 'old')).toEqual([]);
    const languages = ['en-US', 'fr-FR', 'de-DE'];
    for (const beyond of [{ subscribeAudioUids: ['7'] }, { languages }]) {
      const again = await startSession(old, 'old', LEGACY);
      expect((await old.api('PATCH', again, beyond)).status).toBe(422);
      await stopSession(old, again);
    }
    const body = { ...LEGACY, channel: 'old', languages, subscribeAudioUids: ['1'] };
    expect(await old.api('POST', '/v1/sessions', body)).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'subscribeAudioUids' }, { path: 'languages' }] },
    });
  } finally {
    await old.stop();
  }
});

test("the Astro endpoints work with today's API too", async () => {
  const modern = await startStack();
  try {
    const { status, body } = await modern.api('POST', '/api/transcription/start.json', {
      channel: 'modern',
    });
    expect(status).toBe(200);
    expect(tasksOf(modern, 'modern')).toMatchObject([{ agentId: body['taskId'], api: 'v7' }]);
    const wrong = { taskId: 'x', builderToken: body['builderToken'] };
    expect((await modern.api('POST', '/api/transcription/stop.json', wrong)).status).toBe(404);
    // The client knows of one task only, and cannot know that another one has taken over from it.
    modern.simulator.endTask(String(body['taskId']), 'failed');
    await untilSession(modern, '/v1/sessions/agora:modern', { status: 'running', generation: 2 });
    const stopped = await modern.api('DELETE', '/api/transcription/stop.json', body);
    expect(stopped.status).toBe(200);
    expect(tasksOf(modern, 'modern').map(({ status: is }) => is)).toEqual(['FAILED', 'STOPPED']);
  } finally {
    await modern.stop();
  }
});
