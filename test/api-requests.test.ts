import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { callsOf } from './support/ledger.ts';
import {
  startSession,
  startStack,
  stopSession,
  untilSession,
  type Stack,
} from './support/stack.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.stop());

const START = { provider: 'agora', channel: 'bad', languages: ['en-US'] };
const FIVE_LANGUAGES = ['en-US', 'fr-FR', 'de-DE', 'es-ES', 'it-IT'];
const MANY_UIDS = Array.from({ length: 33 }, (_, index) => String(index + 1));

describe.concurrent('a request to start', () => {
  test.for<[string, unknown, string[]]>([
    ['no body', undefined, ['']],
    ['null', null, ['']],
    ['a list', [], ['']],
    ['no provider', { channel: 'bad', languages: ['en-US'] }, ['provider']],
    ['an unknown provider', { ...START, provider: 'nobody' }, ['provider']],
    ['an unknown field', { ...START, langauges: ['en-US'] }, ['langauges']],
    ['two unknown fields', { ...START, a: 1, b: 2 }, ['a', 'b']],
    ['a null field', { ...START, maxIdleSeconds: null }, ['maxIdleSeconds']],
    ['no channel', { ...START, channel: undefined }, ['channel']],
    ['an empty channel', { ...START, channel: '' }, ['channel']],
    ['a channel of 64 characters', { ...START, channel: 'x'.repeat(64) }, ['channel']],
    ['a channel with a character that Agora refuses', { ...START, channel: 'a/b' }, ['channel']],
    ['no languages', { ...START, languages: undefined }, ['languages']],
    ['an empty list of languages', { ...START, languages: [] }, ['languages']],
    ['five languages', { ...START, languages: FIVE_LANGUAGES }, ['languages']],
    ['a language twice', { ...START, languages: ['en-US', 'en-US'] }, ['languages']],
    ['a language that is no tag', { ...START, languages: ['English'] }, ['languages.0']],
    ['a language that is no string', { ...START, languages: 'en-US' }, ['languages']],
    ['a uid that is a number', { ...START, subscribeAudioUids: [100] }, ['subscribeAudioUids.0']],
    [
      'a uid above 32 bits',
      { ...START, subscribeAudioUids: ['4294967296'] },
      ['subscribeAudioUids.0'],
    ],
    ['uid 0', { ...START, subscribeAudioUids: ['0'] }, ['subscribeAudioUids.0']],
    ['"all" and another', { ...START, subscribeAudioUids: ['all', '1'] }, ['subscribeAudioUids.0']],
    ['33 uids', { ...START, subscribeAudioUids: MANY_UIDS }, ['subscribeAudioUids']],
    ['no uids', { ...START, subscribeAudioUids: [] }, ['subscribeAudioUids']],
    ['a negative idle time', { ...START, maxIdleSeconds: -1 }, ['maxIdleSeconds']],
    ['an idle time above 72 h', { ...START, maxIdleSeconds: 259_201 }, ['maxIdleSeconds']],
    ['a fraction of a second', { ...START, maxDurationSeconds: 1.5 }, ['maxDurationSeconds']],
    ['a duration that is a string', { ...START, maxDurationSeconds: '60' }, ['maxDurationSeconds']],
    ['metadata that is no object', { ...START, metadata: 'x' }, ['metadata']],
    [
      'too much metadata',
      { ...START, metadata: Object.fromEntries(MANY_UIDS.map((uid) => [uid, 'x'.repeat(200)])) },
      ['metadata'],
    ],
    ['an empty id', { ...START, id: '' }, ['id']],
    ['a null id', { ...START, id: null }, ['id']],
    ['an id with a space', { ...START, id: 'a b' }, ['id']],
    ['an id of 129 characters', { ...START, id: 'x'.repeat(129) }, ['id']],
    ["an id with another session's natural prefix", { ...START, id: 'agora:other' }, ['id']],
    ["an id with another provider's prefix", { ...START, id: 'vonage:other' }, ['id']],
    [
      'several faults at once',
      { ...START, channel: 1, languages: [], extra: true },
      ['channel', 'languages', 'extra'],
    ],
  ])('with %s is a 400 that names the faults', async ([, body, paths]) => {
    const answer = await stack.api('POST', '/v1/sessions', body);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer).toMatchObject({
      status: 400,
      body: {
        status: 400,
        type: expect.any(String),
        title: expect.any(String),
        detail: expect.any(String),
      },
    });
    const { errors = [{ path: '' }] } = answer.body;
    expect(errors).toHaveLength(paths.length);
    expect(errors).toEqual(
      expect.arrayContaining(paths.map((path) => expect.objectContaining({ path }))),
    );
    expect(callsOf(stack, 'bad')).toEqual([]);
  });

  test('that is no JSON is a 400, and one that is no JSON by its type a 415', async () => {
    expect(await stack.api('POST', '/v1/sessions', '{')).toMatchObject({
      status: 400,
      body: { status: 400 },
    });
    const text = { 'content-type': 'text/plain' };
    expect((await stack.api('POST', '/v1/sessions', 'x', text)).status).toBe(415);
  });

  test('that is larger than any session needs is a 413', async () => {
    const body = { ...START, metadata: { note: 'x'.repeat(70_000) } };
    expect((await stack.api('POST', '/v1/sessions', body)).status).toBe(413);
  });

  test('with another configuration under a running id is a 409 that names the difference', async () => {
    const path = await startSession(stack, 'taken');
    const body = {
      ...START,
      channel: 'taken',
      languages: ['fr-FR'],
      keywords: ['Durascribe'],
      maxIdleSeconds: 60,
    };
    expect(await stack.api('POST', '/v1/sessions', body)).toMatchObject({
      status: 409,
      body: {
        detail: expect.stringContaining('languages'),
        errors: [
          { path: 'maxIdleSeconds', message: 'was 300, not 60' },
          { path: 'languages', message: 'was ["en-US"], not ["fr-FR"]' },
          { path: 'keywords', message: 'was not given, and is ["Durascribe"] now' },
        ],
      },
    });
    const labelled = { ...START, channel: 'taken', metadata: { by: 'another participant' } };
    expect((await stack.api('POST', '/v1/sessions', labelled)).status).toBe(200);
    await stopSession(stack, path);
  });

  test("may bring an id of the caller's own, up to 128 characters", async () => {
    const id = `${'my.own_id:'.repeat(12)}12345678`;
    const body = { ...START, channel: 'own', id };
    const { status, headers } = await stack.api('POST', '/v1/sessions', body, {
      prefer: 'wait=20',
    });
    expect(status).toBe(201);
    const path = headers.get('location') ?? '';
    expect((await stack.api('GET', path)).body).toMatchObject({ id, channel: 'own' });
    await stopSession(stack, path);
  });

  test('finds a channel with every character that Agora allows', async () => {
    const channel = 'a Z0 !#$%&()+-:;<=.>?@[]^_{}|~,';
    const body = { ...START, channel };
    const { status, headers } = await stack.api('POST', '/v1/sessions', body, {
      prefer: 'wait=20',
    });
    expect(status).toBe(201);
    const path = headers.get('location') ?? '';
    expect((await stack.api('GET', path)).body).toMatchObject({ channel, id: `agora:${channel}` });
    await stopSession(stack, path);
  });
});

describe('a request to change', () => {
  let path: string;
  beforeAll(async () => {
    path = await startSession(stack, 'changing', { subscribeAudioUids: ['100'] });
  });
  afterAll(() => stack.api('POST', `${path}/stop`));

  test.for<[string, unknown, number]>([
    ['nothing', {}, 400],
    ['null', null, 400],
    ['an unknown field', { language: 'fr-FR' }, 400],
    ['an empty list', { languages: [] }, 400],
    ['five languages', { languages: FIVE_LANGUAGES }, 400],
    ['a replacement without an end', { replaceAudioUid: { from: '1' } }, 400],
    ['a fixed field and a fault', { channel: 'other', languages: [] }, 400],
    ['a fixed field', { maxIdleSeconds: 60 }, 422],
    ['a fixed field beside a good one', { channel: 'other', languages: ['fr-FR'] }, 422],
    ['a result of no uids', { removeAudioUids: ['100'] }, 422],
    ['a difference to everybody', { subscribeAudioUids: ['all'], addAudioUids: ['1'] }, 422],
    ['a result of more than 32 uids', { addAudioUids: MANY_UIDS.slice(0, 32) }, 422],
  ])('%s is refused and changes nothing', async ([, body, status]) => {
    const before = (await stack.api('GET', path)).body;
    const answer = await stack.api('PATCH', path, body);
    expect(answer).toMatchObject({ status, body: { status, detail: expect.any(String) } });
    expect((await stack.api('GET', path)).body).toEqual(before);
  });
});

test('a start that is waited for, and ends otherwise than by a refusal, is answered with its session', async () => {
  stack.simulator.inject({
    channel: 'waits',
    operation: 'join',
    fault: { kind: 'status', status: 429, retryAfterSeconds: 300 },
    times: 2,
  });
  const body = { ...START, channel: 'waits' };
  const answer = stack.api('POST', '/v1/sessions', body, { prefer: 'wait=30' });
  await untilSession(stack, '/v1/sessions/agora:waits', { status: 'starting' });
  await stack.client.workflow.getHandle('agora:waits').terminate();
  expect(await answer).toMatchObject({
    status: 201,
    body: { id: 'agora:waits', status: 'failed', failure: { kind: 'terminated' } },
  });
});

test('a session that has ended can be stopped again, and no longer changed', async () => {
  const path = await startSession(stack, 'ended');
  await stopSession(stack, path);
  const again = await stack.api('POST', `${path}/stop`);
  expect(again).toMatchObject({ status: 200, body: { status: 'stopped' } });
  expect((await stack.api('PATCH', path, { languages: ['fr-FR'] })).status).toBe(409);
  expect((await stack.api('DELETE', path)).status).toBe(204);
  // Temporal may have deleted it by then.
  expect([404, 410]).toContain((await stack.api('PATCH', path, { languages: ['fr-FR'] })).status);
});

test('a session that has ended is not live, also where its provider has no changes', async () => {
  const body = { provider: 'videosdk', roomId: 'over', language: 'en-US' };
  const { headers } = await stack.api('POST', '/v1/sessions', body, { prefer: 'wait=20' });
  const path = headers.get('location') ?? '';
  expect((await stack.api('PATCH', path, { languages: ['fr-FR'] })).status).toBe(501);
  await stopSession(stack, path);
  expect((await stack.api('PATCH', path, { languages: ['fr-FR'] })).status).toBe(409);
  expect((await stack.api('PATCH', path, { language: 'fr-FR' })).status).toBe(409);
});
