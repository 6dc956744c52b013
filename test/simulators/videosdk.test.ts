import { describe, expect, test } from 'vitest';
import { SIMULATED_VIDEOSDK } from '../../simulators/credentials.ts';
import { rulesBroken, TRANSCRIPTIONS, videosdkCaller } from './videosdk-caller.ts';

const DAY_SECONDS = 86_400;
const ISO_MS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

describe('the token', () => {
  test('is the whole Authorization header', async () => {
    const caller = await videosdkCaller();
    const token = await caller.token();
    const list = (authorization: string) =>
      caller.request('GET', TRANSCRIPTIONS, undefined, { authorization });
    expect((await list(token)).status).toBe(200);
    expect(await list(`Bearer ${token}`)).toMatchObject({
      status: 401,
      body: { message: 'Token is invalid or expired' },
    });
    expect((await caller.request('GET', TRANSCRIPTIONS)).status).toBe(401);
    expect(caller.simulator.ledger().violations).toMatchObject([
      { rule: 'authentication', detail: expect.stringContaining('with no prefix') },
      { rule: 'authentication', detail: 'no Authorization header' },
    ]);
  });

  test.each([
    ['another secret', '0123456789abcdef0123456789abcdef', 'HS256'],
    ['another algorithm', SIMULATED_VIDEOSDK.secret, 'HS384'],
  ])('is refused when it is signed with %s', async (_, secret, alg) => {
    const caller = await videosdkCaller();
    const authorization = await caller.token({}, secret, alg);
    const reply = await caller.request('GET', TRANSCRIPTIONS, undefined, { authorization });
    expect(reply.status).toBe(401);
    expect(rulesBroken(caller)).toEqual(['authentication']);
  });

  test.each([
    ['no apikey', { apikey: undefined }],
    ['the apikey of another project', { apikey: 'other' }],
    ['no permissions', { permissions: undefined }],
    ['an empty list of permissions', { permissions: [] }],
    ['permissions that are a text', { permissions: 'allow_join' }],
    ['an unknown permission', { permissions: ['allow_join', 'allow_all'] }],
    ['no version', { version: undefined }],
    ['version 1', { version: 1 }],
    ['a version that is a text', { version: '2' }],
    ['no roles', { roles: undefined }],
    ['only the role for joining', { roles: ['rtc'] }],
    ['an unknown role', { roles: ['crawler', 'admin'] }],
    ['no iat', { iat: undefined }],
    ['no exp', { exp: undefined }],
    ['an exp that is past', { exp: Math.floor(Date.now() / 1_000) - 10 }],
    ['an exp too far ahead', { exp: Math.floor(Date.now() / 1_000) + DAY_SECONDS + 60 }],
  ])('is refused with %s', async (_, claims) => {
    const caller = await videosdkCaller();
    const authorization = await caller.token(claims);
    const reply = await caller.request('GET', TRANSCRIPTIONS, undefined, { authorization });
    expect(reply.status).toBe(401);
    expect(rulesBroken(caller)).toEqual(['token']);
  });

  test('may last a day, and ends by the clock of the simulator', async () => {
    const caller = await videosdkCaller();
    const exp = Math.floor(Date.now() / 1_000) + DAY_SECONDS - 10;
    const authorization = await caller.token({ exp, roles: ['crawler', 'rtc'], roomId: 'room' });
    const list = () => caller.request('GET', TRANSCRIPTIONS, undefined, { authorization });
    expect((await list()).status).toBe(200);
    caller.advance(DAY_SECONDS * 1_000);
    expect((await list()).status).toBe(401);
  });
});

describe('start', () => {
  test('answers with the transcription, bound to the active session of the room', async () => {
    const caller = await videosdkCaller();
    const sessionId = caller.simulator.openSession('room');
    const webhookUrl = 'http://127.0.0.1:9/hook';
    const reply = await caller.api('POST', '/start', {
      roomId: 'room',
      webhookUrl,
      language: 'en-US',
      modelId: 'model',
      summary: { enabled: true, prompt: 'Be brief.' },
    });
    expect(reply).toMatchObject({ status: 200 });
    expect(reply.body).toEqual({
      id: expect.stringMatching(/^[\da-f-]{36}$/),
      status: 'running',
      extension: {
        enabled: true,
        provider: 'videosdk',
        extensionConfig: { roomId: 'room', sessionId },
      },
      webhookUrl,
      start: expect.stringMatching(ISO_MS),
    });
    const { tasks, violations } = caller.simulator.ledger('room');
    expect(violations).toEqual([]);
    expect(tasks).toMatchObject([
      {
        id: reply.body['id'],
        roomId: 'room',
        sessionId,
        startedBy: 'caller',
        status: 'running',
        endedAt: null,
        endCause: null,
        webhookUrl,
        language: 'en-US',
        modelId: 'model',
        summary: { enabled: true, prompt: 'Be brief.' },
      },
    ]);
  });

  test.each([
    ['not valid JSON', '{'],
    ['roomId', {}],
    ['roomId', { roomId: 7 }],
    ['roomId', { roomId: '' }],
    ['webhookUrl', { roomId: 'room', webhookUrl: 'hook' }],
    ['webhookUrl', { roomId: 'room', webhookUrl: 'ftp://example.com' }],
    ['language', { roomId: 'room', language: ['en-US'] }],
    ['language', { roomId: 'room', language: 'en_US!' }],
    ['modelId', { roomId: 'room', modelId: null }],
    ['summary.enabled', { roomId: 'room', summary: { enabled: 'yes' } }],
    ['summary.prompt', { roomId: 'room', summary: { enabled: true, prompt: 1 } }],
    ['Unrecognized key: "length"', { roomId: 'room', summary: { enabled: true, length: 1 } }],
    ['Unrecognized key: "modelConfig"', { roomId: 'room', modelConfig: {} }],
  ])('refuses a wrong body, naming %s', async (fault, body) => {
    const caller = await videosdkCaller();
    const reply = await caller.api('POST', '/start', body);
    expect(reply).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining(fault), statusCode: 400 },
    });
    expect(rulesBroken(caller)).toEqual(['body']);
    expect(caller.simulator.ledger().tasks).toEqual([]);
  });

  test('reads a body only if it is said to be JSON', async () => {
    const caller = await videosdkCaller();
    const headers = { authorization: await caller.token(), 'content-type': 'text/plain' };
    const path = `${TRANSCRIPTIONS}/start`;
    const reply = await caller.request('POST', path, { roomId: 'room' }, headers);
    expect(reply.status).toBe(400);
    expect(rulesBroken(caller)).toEqual(['body']);
  });

  test('fails with 404 in a room with no active session, which is no fault of the caller', async () => {
    const caller = await videosdkCaller({ openRooms: 'listed' });
    const reply = await caller.api('POST', '/start', { roomId: 'room' });
    expect(reply).toMatchObject({ status: 404, body: { statusCode: 404 } });
    await caller.request('POST', '/rooms/room/open');
    await caller.start();
    await caller.request('POST', '/rooms/room/close');
    expect((await caller.api('POST', '/start', { roomId: 'room' })).status).toBe(404);
    expect(rulesBroken(caller)).toEqual([]);
  });

  test('is refused where one runs already, or makes one more', async () => {
    const caller = await videosdkCaller();
    const first = await caller.start();
    expect((await caller.api('POST', '/start', { roomId: 'room' })).status).toBe(409);
    await caller.start({ roomId: 'other' });
    const put = await caller.request('PUT', '/answers', { secondStart: 'second-task' });
    expect(put.status).toBe(204);
    expect(await caller.start()).not.toBe(first);
    expect(caller.simulator.ledger('room').tasks).toMatchObject([
      { id: first, status: 'running' },
      { status: 'running' },
    ]);
  });
});

describe('end', () => {
  test('ends what runs in the room, by whomever it was started', async () => {
    const caller = await videosdkCaller();
    const foreign = await caller.request('POST', '/rooms/room/foreign', {});
    const ended = await caller.api('POST', '/end', { roomId: 'room' });
    expect(ended).toMatchObject({
      status: 200,
      body: {
        id: foreign.body['id'],
        status: 'completed',
        extension: { extensionConfig: { roomId: 'room' } },
        end: expect.stringMatching(ISO_MS),
      },
    });
    expect(caller.simulator.ledger().tasks).toMatchObject([
      { startedBy: 'foreign', endCause: 'ended' },
    ]);
  });

  test('ends all of them, and tells of the newest', async () => {
    const caller = await videosdkCaller({ secondStart: 'second-task' });
    await caller.start();
    const newest = await caller.start();
    await caller.start({ roomId: 'other' });
    const ended = await caller.api('POST', '/end', { roomId: 'room' });
    expect(ended.body['id']).toBe(newest);
    const causes = caller.simulator.ledger().tasks.map(({ endCause }) => endCause);
    expect(causes).toEqual(['ended', 'ended', null]);
  });

  test('fails with 404 where nothing runs', async () => {
    const caller = await videosdkCaller();
    await caller.start();
    expect((await caller.api('POST', '/end', { roomId: 'room' })).status).toBe(200);
    expect((await caller.api('POST', '/end', { roomId: 'room' })).status).toBe(404);
    expect((await caller.api('POST', '/end', { roomId: 'other' })).status).toBe(404);
    expect(rulesBroken(caller)).toEqual([]);
  });

  test.each([[{}], [{ roomId: 'room', id: 'x' }], [undefined]])(
    'refuses a wrong body: %j',
    async (body) => {
      const caller = await videosdkCaller();
      await caller.start();
      expect((await caller.api('POST', '/end', body)).status).toBe(400);
      expect(rulesBroken(caller)).toEqual(['body']);
      expect(caller.simulator.ledger().tasks).toMatchObject([{ status: 'running' }]);
    },
  );
});
