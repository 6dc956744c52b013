import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { claimId } from '../src/workflows/messages.ts';
import { keepHistory } from './support/histories.ts';
import { tasksOf } from './support/ledger.ts';
import { startSession, startStack, stopSession, type Stack } from './support/stack.ts';

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
    const hash = createHash('sha256').update('ended').digest('hex');
    await keepHistory(stack, claimId(hash), 'start-claim');
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
    await stopSession(stack, '/v1/sessions/agora:key-hidden');
  });
});

describe.concurrent('a change with an Idempotency-Key', () => {
  test('is accepted once, and with another body a 422', async () => {
    const path = await startSession(stack, 'key-change');
    const change = (body: unknown, name = 'one') => stack.api('PATCH', path, body, key(name));
    const languages = ['fr-FR'];
    expect(await change({ languages })).toMatchObject({ status: 202, body: { revision: 1 } });
    expect(await change({ languages })).toMatchObject({ status: 202, body: { revision: 1 } });
    for (const other of [{ languages: ['de-DE'] }, { languages, addAudioUids: ['1'] }]) {
      expect(await change(other)).toMatchObject({
        status: 422,
        body: { type: 'urn:durascribe:problem:key-reused' },
      });
    }
    expect((await stack.api('GET', path)).body).toMatchObject({
      revision: 1,
      desired: { languages },
    });
    expect(await change({ languages: ['de-DE'] }, 'two')).toMatchObject({ body: { revision: 2 } });
    expect(await change({ languages })).toMatchObject({ body: { revision: 1 } });
    await stopSession(stack, path);
  });

  test('is for one session: another one has keys of its own', async () => {
    for (const channel of ['key-a', 'key-b']) {
      const path = await startSession(stack, channel);
      const body = { languages: [channel === 'key-a' ? 'fr-FR' : 'de-DE'] };
      expect((await stack.api('PATCH', path, body, key('shared'))).status).toBe(202);
      await stopSession(stack, path);
    }
  });

  test('of which two come at once with different bodies is accepted once', async () => {
    const path = await startSession(stack, 'key-twice');
    const answers = await Promise.all(
      ['fr-FR', 'de-DE', 'it-IT', 'es-ES'].map((language) =>
        stack.api('PATCH', path, { languages: [language] }, key('twice')),
      ),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.toSorted((one, other) => one - other)).toEqual([202, 422, 422, 422]);
    expect((await stack.api('GET', path)).body).toMatchObject({ revision: 1 });
    await stopSession(stack, path);
  });
});
