import { describe, expect, test } from 'vitest';
import {
  agoraCaller,
  joinBody,
  joinOf,
  rtcToken,
  rulesBroken,
  SPACING_MS,
} from './agora-caller.ts';

describe('the gateway', () => {
  test('turns away wrong credentials, foreign projects and unknown routes', async () => {
    const caller = await agoraCaller();
    const foreign = '/api/speech-to-text/v1/projects/00000000000000000000000000000000/join';
    const unauthenticated = await caller.request('POST', foreign, joinBody());
    expect(unauthenticated).toMatchObject({
      status: 401,
      body: { message: 'Invalid authentication credentials' },
    });
    expect(await caller.api('POST', '/agents')).toMatchObject({
      status: 404,
      body: { message: 'no Route matched with those values' },
    });
    expect(rulesBroken(caller)).toEqual(['authentication', 'route']);
  });
});

describe('join', () => {
  test('starts a task that is soon running', async () => {
    const caller = await agoraCaller({ startingMs: 200 });
    const { status, body } = await caller.api('POST', '/join', joinBody());
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'STARTING', create_ts: expect.any(Number) });
    caller.advance(200);
    const query = await caller.api('GET', `/agents/${String(body['agent_id'])}`);
    expect(query.body).toEqual({ message: 'OK', ...body, status: 'RUNNING' });
    expect(rulesBroken(caller)).toEqual([]);
  });

  test.each([
    ['is missing', ''],
    ['malformed', 'nonsense'],
    ['for channel "other"', rtcToken({ channel: 'other' })],
    ['for uid "8"', rtcToken({ uid: 8 })],
    ['lacks the publisher role', rtcToken({ role: 2 })],
    ['wrong signature', rtcToken({ certificate: '0123456789abcdef0123456789abcdef' })],
    ['another App ID', rtcToken({ appId: '0123456789abcdef0123456789abcdef' })],
    ['expired at', rtcToken({ seconds: 0 })],
    ['more than 86400 s', rtcToken({ seconds: 86_401 })],
  ])('refuses a token that is no good: %s', async (fault, pubBotToken) => {
    const caller = await agoraCaller();
    const reply = await caller.api('POST', '/join', joinBody({ rtcConfig: { pubBotToken } }));
    expect(reply.status).toBe(400);
    expect(reply.body).toEqual({
      detail: expect.stringContaining(fault),
      reason: 'InvalidRequest',
    });
    expect(rulesBroken(caller)).toEqual(['token']);
  });

  test.each([
    ['languages', { languages: [] }],
    ['languages', { languages: ['en-US', 'fr-FR', 'de-DE', 'es-ES', 'it-IT'] }],
    ['name', { name: 'x'.repeat(65) }],
    ['maxIdleTime', { maxIdleTime: 259_201 }],
    ['Unrecognized key: "audio"', { audio: {} }],
    ['rtcConfig.channelName', { rtcConfig: { channelName: 'é' } }],
    ['rtcConfig.pubBotUid', { rtcConfig: { pubBotUid: '4294967296' } }],
    ['rtcConfig.subscribeAudioUids', { rtcConfig: { subscribeAudioUids: ['all', '1'] } }],
    [
      'exclude each other',
      { rtcConfig: { subscribeAudioUids: ['1'], unSubscribeAudioUids: ['2'] } },
    ],
    ['contains the source', { translateConfig: { languages: [pair('en-US', ['en-US'])] } }],
    ['storage.vendor', { captionConfig: { storage: { bucket: 'b', vendor: 4, region: 0 } } }],
  ])('refuses a body that breaks a limit, naming %s', async (fault, overrides) => {
    const caller = await agoraCaller();
    const reply = await caller.api('POST', '/join', joinBody(overrides));
    expect(reply.status).toBe(400);
    expect(reply.body['detail']).toContain(fault);
    expect(rulesBroken(caller)).toEqual(['body']);
  });

  test('names a language that is not supported', async () => {
    const caller = await agoraCaller();
    const reply = await caller.api('POST', '/join', joinBody({ languages: ['en-US', 'xx-XX'] }));
    expect(reply.body['detail']).toBe('languages.1: language "xx-XX" is not supported');
    expect(rulesBroken(caller)).toEqual(['language']);
  });

  test('refuses a name for ever, telling of the task that has it', async () => {
    const caller = await agoraCaller();
    const agentId = await caller.join();
    const conflict = await caller.api('POST', '/join', joinBody());
    expect(conflict).toMatchObject({
      status: 409,
      body: { reason: 'TaskConflict', agent_id: agentId, status: 'STARTING' },
    });
    await caller.api('POST', `/agents/${agentId}/leave`);
    const reuse = await caller.api('POST', '/join', joinBody());
    expect(reuse).toMatchObject({ status: 409, body: { agent_id: agentId, status: 'STOPPED' } });
    expect(rulesBroken(caller)).toEqual(['name-conflict', 'name-reuse']);
  });

  test('lets two tasks into a channel, but not with the same bot uid', async () => {
    const caller = await agoraCaller();
    await caller.join(joinOf('first', 'room', 7));
    expect((await caller.api('POST', '/join', joinOf('clash', 'room', 7))).status).toBe(400);
    await caller.join(joinOf('second', 'room', 8));
    await caller.join(joinOf('elsewhere', 'other', 7));
    expect(caller.simulator.ledger('room').tasks).toMatchObject([
      { name: 'first', botUid: '7' },
      { name: 'second', botUid: '8' },
    ]);
    expect(rulesBroken(caller)).toEqual(['bot-uid']);
  });
});

describe('update', () => {
  test('replaces what the mask names, once 5 s have passed since the last answer', async () => {
    const caller = await agoraCaller();
    const agentId = await caller.join();
    caller.advance(SPACING_MS - 1);
    const early = await caller.update(agentId, 1, { languages: ['fr-FR'] });
    expect(early).toMatchObject({ status: 400, body: { reason: 'InvalidRequest' } });
    expect(early.body['detail']).toContain('4999 ms');
    caller.advance(SPACING_MS);
    const uids = { rtcConfig: { subscribeAudioUids: ['100', '300'] } };
    const applied = await caller.update(agentId, 2, uids, 'rtcConfig.subscribeAudioUids');
    expect(applied).toMatchObject({ status: 200, body: { agent_id: agentId, status: 'RUNNING' } });
    expect(caller.simulator.ledger().tasks).toMatchObject([
      { languages: ['en-US'], subscribeAudioUids: ['100', '300'], lastSequenceId: 2 },
    ]);
    expect(rulesBroken(caller)).toEqual(['spacing']);
  });

  test('keeps the distance from the answer to the join, not from its arrival', async () => {
    const caller = await agoraCaller();
    caller.simulator.inject({ operation: 'join', fault: { kind: 'latency', ms: 100 } });
    const joining = caller.join();
    await expect.poll(() => caller.simulator.ledger().tasks, { interval: 5 }).toHaveLength(1);
    caller.advance(3_000);
    const agentId = await joining;
    caller.advance(SPACING_MS - 1);
    expect((await caller.update(agentId, 1, { languages: ['fr-FR'] })).status).toBe(400);
    expect(rulesBroken(caller)).toEqual(['spacing']);
  });

  test('counts the sequence strictly by one, refused requests included', async () => {
    const caller = await agoraCaller();
    const agentId = await caller.join();
    const send = async (sequenceId: number, language = 'fr-FR') => {
      caller.advance(SPACING_MS);
      const { body } = await caller.update(agentId, sequenceId, { languages: [language] });
      return body['detail'] ?? 'applied';
    };
    expect(await send(1)).toBe('applied');
    expect(await send(2, 'xx-XX')).toContain('language "xx-XX" is not supported');
    expect(await send(2)).toBe('sequenceId 2 is not above the last one, 2');
    expect(await send(7)).toBe('sequenceId 7 skips ahead of the last one, 2');
    expect(await send(8)).toBe('applied');
    expect(rulesBroken(caller)).toEqual(['language', 'sequence', 'sequence']);
  });

  test.each([
    ['', { languages: ['fr-FR'] }],
    ['keywords', { languages: ['fr-FR'] }],
    ['languages,keywords', { languages: ['fr-FR'] }],
    ['languages', { languages: ['fr-FR'], keywords: ['Agora'] }],
    ['maxIdleTime', { languages: ['fr-FR'] }],
    ['translateConfig.languages', { translateConfig: { enable: false } }],
  ])('wants mask and body to name the same fields: %s', async (mask, body) => {
    const caller = await agoraCaller();
    const agentId = await caller.join();
    caller.advance(SPACING_MS);
    expect((await caller.update(agentId, 1, body, mask)).status).toBe(400);
    expect(rulesBroken(caller)).toEqual(['mask']);
  });

  test('is refused, and held against the caller, after a leave', async () => {
    const caller = await agoraCaller();
    const agentId = await caller.join();
    const left = await caller.api('POST', `/agents/${agentId}/leave`);
    expect(left).toMatchObject({ status: 200, body: {} });
    const again = await caller.api('POST', `/agents/${agentId}/leave`);
    expect(again).toMatchObject({ status: 404, body: { reason: 'TaskNotFound' } });
    expect(rulesBroken(caller)).toEqual([]);
    caller.advance(SPACING_MS);
    expect((await caller.update(agentId, 1, { languages: ['fr-FR'] })).status).toBe(404);
    expect(rulesBroken(caller)).toEqual(['update-after-leave']);
  });
});

function pair(source: string, target: readonly string[]): object {
  return { source, target };
}
