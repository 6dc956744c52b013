import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { claimId } from '../src/workflows/messages.ts';
import { untilCarriedOn } from './support/carried-on.ts';
import { keepHistory } from './support/histories.ts';
import { tasksOf } from './support/ledger.ts';
import {
  eventually,
  startSession,
  startStack,
  stopSession,
  untilSession,
} from './support/stack.ts';
import type { Answer, Stack } from './support/stack.ts';

/** Temporal takes about a minute. */
const DELETED_WITHIN_MS = 90_000;
const LONG = { timeout: 2 * DELETED_WITHIN_MS };

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.stop());

const key = (name: string) => ({ 'idempotency-key': name });
const bodyOf = (channel: string, languages = ['en-US']) => ({
  provider: 'agora',
  channel,
  languages,
});
const start = (name: string, body: unknown, more = {}) =>
  stack.api('POST', '/v1/sessions', body, { ...key(name), ...more });

function summary({ status, body }: Answer) {
  return { status, runId: body['runId'] };
}

describe.concurrent('a start with an Idempotency-Key', () => {
  test('is answered as the first time, also after the end of its session', async () => {
    const first = await start('ended', bodyOf('key-ended'), { prefer: 'wait=20' });
    expect(first).toMatchObject({ status: 201, body: { status: 'running' } });
    const { runId, id } = first.body;
    const again = await start('ended', bodyOf('key-ended'));
    expect(again).toMatchObject({ status: 201, body: { runId } });
    expect(again.headers.get('location')).toBe(first.headers.get('location'));
    await stopSession(stack, `/v1/sessions/${String(id)}`);
    const late = await start('ended', bodyOf('key-ended'));
    expect(late).toMatchObject({ status: 201, body: { runId, status: 'stopped' } });
    expect(tasksOf(stack, 'key-ended')).toHaveLength(1);
    const { memo } = await stack.client.workflow.getHandle('agora:key-ended').describe();
    await keepHistory(stack, claimId(String(memo?.['startedBy'])), 'start-claim');
  });

  test('is answered so also when another one has begun since', async () => {
    const first = await start('replaced', bodyOf('key-replaced'), { prefer: 'wait=20' });
    const path = '/v1/sessions/agora:key-replaced';
    await stopSession(stack, path);
    await startSession(stack, 'key-replaced');
    expect(await start('replaced', bodyOf('key-replaced'))).toMatchObject({
      status: 201,
      body: { runId: first.body['runId'], status: 'stopped' },
    });
    await stopSession(stack, path);
  });

  test('is a 410 once its session was erased, and starts no other one', async () => {
    expect((await start('erased', bodyOf('key-erased'), { prefer: 'wait=20' })).status).toBe(201);
    const path = '/v1/sessions/agora:key-erased';
    await stopSession(stack, path);
    expect((await stack.api('DELETE', path)).status).toBe(204);
    expect((await start('erased', bodyOf('key-erased'))).status).toBe(410);
    expect((await stack.api('POST', '/v1/sessions', bodyOf('key-erased'))).status).toBe(201);
    expect((await start('erased', bodyOf('key-erased'))).status).toBe(410);
    await stopSession(stack, path);
  });

  test('that found a session is answered with that one for ever', async () => {
    const path = await startSession(stack, 'key-found');
    const { runId } = (await stack.api('GET', path)).body;
    expect(await start('found', bodyOf('key-found'))).toMatchObject({ status: 200 });
    await stopSession(stack, path);
    expect(await start('found', bodyOf('key-found'))).toMatchObject({
      status: 200,
      body: { runId, status: 'stopped' },
    });
  });

  test('of many that come at once to one room, each is answered the same for ever', async () => {
    const names = Array.from({ length: 6 }, (_, index) => `together-${index}`);
    const ask = () => Promise.all(names.map((name) => start(name, bodyOf('key-together'))));
    const first = (await ask()).map(summary);
    expect(first.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([
      200, 200, 200, 200, 200, 201,
    ]);
    const path = '/v1/sessions/agora:key-together';
    await untilSession(stack, path, { status: 'running' });
    await stopSession(stack, path);
    for (const [index, name] of names.entries()) {
      expect(summary(await start(name, bodyOf('key-together')))).toEqual(first[index]);
    }
    expect(tasksOf(stack, 'key-together')).toHaveLength(1);
  });

  test('is answered with the end of a session that took several runs', LONG, async () => {
    const first = await start('long', bodyOf('key-long'), { prefer: 'wait=20' });
    const path = '/v1/sessions/agora:key-long';
    const { runId } = first.body;
    await untilCarriedOn(stack, path);
    await stopSession(stack, path);
    await startSession(stack, 'key-long');
    const ended = { status: 'stopped', failure: null };
    const again = await start('long', bodyOf('key-long'), { prefer: 'wait=20' });
    expect(again).toMatchObject({ status: 201, body: ended });
    const read = await stack.api('GET', `${path}?runId=${String(runId)}`);
    expect(read).toMatchObject({ status: 200, body: ended });
    expect(read.body['runId']).toBe(again.body['runId']);
    await stopSession(stack, path);
  });

  test(
    'is a 404 once Temporal no longer keeps its session, and starts no other one',
    LONG,
    async () => {
      const { body } = await start('forgotten', bodyOf('key-forgotten'), { prefer: 'wait=20' });
      const path = '/v1/sessions/agora:key-forgotten';
      await stopSession(stack, path);
      const { client } = stack;
      await client.workflowService.deleteWorkflowExecution({
        namespace: client.options.namespace,
        workflowExecution: { workflowId: 'agora:key-forgotten', runId: String(body['runId']) },
      });
      await eventually(
        async () => expect((await stack.api('GET', path)).status).toBe(404),
        DELETED_WITHIN_MS,
      );
      expect(await start('forgotten', bodyOf('key-forgotten'))).toMatchObject({
        status: 404,
        body: { detail: expect.stringContaining('no longer keeps') },
      });
      expect(tasksOf(stack, 'key-forgotten')).toHaveLength(1);
    },
  );

  test('with another body is a 422, whatever id that has, and does nothing', async () => {
    expect((await start('other', bodyOf('key-other'), { prefer: 'wait=20' })).status).toBe(201);
    for (const body of [bodyOf('key-another'), bodyOf('key-other', ['fr-FR'])]) {
      expect(await start('other', body)).toMatchObject({
        status: 422,
        body: { type: 'urn:durascribe:problem:key-reused' },
      });
    }
    expect((await stack.api('GET', '/v1/sessions/agora:key-another')).status).toBe(404);
    const { languages, channel, provider } = bodyOf('key-other');
    expect((await start('other', { languages, channel, provider })).status).toBe(201);
    await stopSession(stack, '/v1/sessions/agora:key-other');
    expect((await start('other', bodyOf('key-another'))).status).toBe(422);
  });

  test('that comes many times at once starts one session', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => start('burst', bodyOf('key-burst'))),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map(({ body }) => body['runId'])).size).toBe(1);
    await stopSession(stack, '/v1/sessions/agora:key-burst');
  });

  test('that comes at once with many bodies starts one session', async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) => start('race', bodyOf(`key-race-${index}`))),
    );
    expect(answers.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([
      201,
      ...Array.from({ length: 9 }, () => 422),
    ]);
    const started = answers.find(({ status }) => status === 201);
    await stopSession(stack, `/v1/sessions/${String(started?.body['id'])}`);
  });

  test('that the vendor refuses is refused again with the same words', async () => {
    const body = bodyOf('key-refused', ['xx-XX']);
    const first = await start('refused', body, { prefer: 'wait=20' });
    expect(first.status).toBe(422);
    expect(await start('refused', body, { prefer: 'wait=20' })).toMatchObject({
      status: 422,
      body: first.body,
    });
    expect(tasksOf(stack, 'key-refused')).toHaveLength(0);
  });

  test.for<[string]>([[''], ['x'.repeat(256)]])('that is "%s" is a 400', async ([name]) => {
    expect((await start(name, bodyOf('key-bad'))).status).toBe(400);
  });

  test('leaves neither the key nor the body with Temporal', async () => {
    await start('secret words', bodyOf('key-hidden'), { prefer: 'wait=20' });
    const { memo } = await stack.client.workflow.getHandle('agora:key-hidden').describe();
    expect(memo).toMatchObject({ startedBy: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(JSON.stringify(memo)).not.toContain('secret words');
    const claim = stack.client.workflow.getHandle(`key:${String(memo?.['startedBy'])}`);
    expect(await (await claim.describe()).staticSummary()).not.toContain('key-hidden');
    await stopSession(stack, '/v1/sessions/agora:key-hidden');
  });
});
