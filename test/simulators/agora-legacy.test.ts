import { describe, expect, test } from 'vitest';
import { agoraCaller, joinBody, rtcToken, rulesBroken } from './agora-caller.ts';
import { acquire, query, start, startBody, startedTask, v4StartBody } from './legacy-caller.ts';

describe('start', () => {
  test('starts a task that goes through the documented statuses', async () => {
    const caller = await agoraCaller({ startingMs: 500 });
    const builderToken = await acquire(caller);
    const { status, body } = await start(caller, builderToken);
    expect(status).toBe(200);
    expect(body).toEqual({
      taskId: expect.any(String),
      createTs: expect.any(Number),
      status: 'PREPARING',
    });
    const task = { taskId: String(body['taskId']), builderToken };
    const seen = [];
    for (let step = 0; step < 5; step += 1) {
      caller.advance(100);
      seen.push((await query(caller, task)).body['status']);
    }
    expect(seen).toEqual(['PREPARED', 'STARTING', 'CREATED', 'STARTED', 'IN_PROGRESS']);
    expect(rulesBroken(caller)).toEqual([]);
  });

  test('is in the ledger of its channel, with its acquire, beside tasks of the other API', async () => {
    const caller = await agoraCaller();
    const { taskId } = await startedTask(caller, startBody(), 'instance-1');
    const agentId = await caller.join();
    expect(caller.simulator.ledger('room')).toMatchObject({
      calls: [
        { operation: 'acquire', status: 200, channel: 'room' },
        { operation: 'start', status: 200, agentId: taskId },
        { operation: 'join', status: 200, agentId },
      ],
      tasks: [
        { api: 'legacy', agentId: taskId, name: 'instance-1', botUid: '3', subBotUid: '2' },
        { api: 'v7', agentId, botUid: '7', subBotUid: null },
      ],
      violations: [],
    });
    const foreign = await caller.api('GET', `/agents/${taskId}`);
    expect(foreign.status).toBe(404);
  });

  test.each([
    ['languages', { languages: [] }],
    ['languages', { languages: ['en-US', 'fr-FR', 'de-DE', 'es-ES', 'it-IT'] }],
    ['uidLanguagesConfig.0.uid', { uidLanguagesConfig: [{ uid: 'x', languages: ['en-US'] }] }],
    ['maxIdleTime', { maxIdleTime: 4 }],
    ['maxIdleTime', { maxIdleTime: 2_592_001 }],
    ['Unrecognized key: "keywords"', { keywords: ['Agora'] }],
    ['rtcConfig.subBotUid', { rtcConfig: { subBotUid: undefined } }],
    ['must not have the uid', { rtcConfig: { pubBotUid: '2' } }],
    ['subscribeAudioUids', { rtcConfig: { subscribeAudioUids: Array(33).fill('9') } }],
    ['unSubscribeAudioUids', { rtcConfig: { unSubscribeAudioUids: Array(6).fill('9') } }],
    [
      'exclude each other',
      { rtcConfig: { subscribeAudioUids: ['1'], unSubscribeAudioUids: ['2'] } },
    ],
    ['secret is required', { rtcConfig: { cryptionMode: 1 } }],
    ['salt is required', { rtcConfig: { cryptionMode: 8, secret: 's' } }],
    [
      'target',
      { translateConfig: { languages: [{ source: 'en-US', target: Array(6).fill('fr-FR') }] } },
    ],
    ['sliceDuration', { captionConfig: { sliceDuration: 4, storage: storage() } }],
    ['storage.vendor', { captionConfig: { storage: storage({ vendor: 11 }) } }],
    ['accesskey is required', { captionConfig: { storage: storage({ accessKey: undefined }) } }],
  ])('refuses a v6 body that breaks a limit, naming %s', async (fault, overrides) => {
    const caller = await agoraCaller();
    const reply = await start(caller, await acquire(caller), startBody(overrides));
    expect(reply.status).toBe(400);
    expect(reply.body).toEqual({ message: expect.stringContaining(fault) });
    expect(reply.body['message']).toMatch(/^body schema check fail, /);
    expect(rulesBroken(caller)).toEqual(['body']);
    expect(caller.simulator.ledger().tasks).toEqual([]);
  });

  test('takes everything that v6 documents', async () => {
    const caller = await agoraCaller();
    const secrets = { cryptionMode: 7, secret: 's', salt: Buffer.alloc(32).toString('base64') };
    await startedTask(
      caller,
      startBody({
        languages: ['en-US', 'fr-FR', 'de-DE', 'es-ES'],
        uidLanguagesConfig: [{ uid: '12', languages: ['it-IT'] }],
        maxIdleTime: 2_592_000,
        rtcConfig: { ...secrets, unSubscribeAudioUids: ['5'], enableJsonProtocol: true },
        translateConfig: { languages: [{ source: 'en-US', target: ['ja-JP'] }] },
        captionConfig: { sliceDuration: 60, storage: storage({ fileNamePrefix: ['a', 'b'] }) },
      }),
    );
    expect(caller.simulator.ledger()).toMatchObject({
      tasks: [
        {
          maxIdleSeconds: 2_592_000,
          subscribeAudioUids: null,
          configuration: { uidLanguagesConfig: [{ uid: '12' }], unSubscribeAudioUids: ['5'] },
        },
      ],
      violations: [],
    });
    expect(JSON.stringify(caller.simulator.ledger())).not.toContain('007eJ');
  });

  test('takes the older body, in its languages, for the whole channel', async () => {
    const caller = await agoraCaller();
    await startedTask(caller, v4StartBody({ audio: { maxIdleTime: 60 } }));
    expect(caller.simulator.ledger('room').tasks).toMatchObject([
      {
        languages: ['en-US', 'es-ES'],
        subscribeAudioUids: ['all'],
        botUid: '3',
        subBotUid: '2',
        maxIdleSeconds: 60,
      },
    ]);
  });

  test.each([
    ['config.recognizeConfig.language', 'body', { recognize: { language: 'en-US,es-ES,fr-FR' } }],
    ['language "english"', 'language', { recognize: { language: 'english' } }],
    ['subscribeMode', 'body', { audio: { subscribeConfig: { subscribeMode: 'ALL' } } }],
    ['agoraRTCDataStream.uid', 'body', { stream: { uid: '2' } }],
    ['agoraRTCDataStream.channelName', 'body', { stream: { channelName: 'other' } }],
    ['Storage', 'body', { output: { destinations: ['AgoraRTCDataStream', 'Storage'] } }],
    [
      'agoraRTCDataStream.token lacks the publisher role',
      'token',
      {
        stream: { token: rtcToken({ uid: 3, role: 2 }) },
      },
    ],
  ])('refuses an older body that breaks a limit, naming %s', async (fault, rule, changes) => {
    const caller = await agoraCaller();
    const reply = await start(caller, await acquire(caller), v4StartBody(changes));
    expect(reply).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining(fault) },
    });
    expect(rulesBroken(caller)).toEqual([rule]);
  });

  test.each([
    ['subBotToken is missing', { subBotToken: undefined }],
    ['subBotToken is for uid "3"', { subBotToken: rtcToken({ uid: 3 }) }],
    ['pubBotToken is for uid "2"', { pubBotToken: rtcToken({ uid: 2 }) }],
    ['pubBotToken lacks the publisher role', { pubBotToken: rtcToken({ uid: 3, role: 2 }) }],
    ['pubBotToken expired', { pubBotToken: rtcToken({ uid: 3, seconds: 0 }) }],
  ])('refuses a token that is no good: %s', async (fault, rtcConfig) => {
    const caller = await agoraCaller();
    const reply = await start(caller, await acquire(caller), startBody({ rtcConfig }));
    expect(reply).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining(fault) },
    });
    expect(rulesBroken(caller)).toEqual(['token']);
  });

  test('keeps the bots of a channel apart, across both APIs', async () => {
    const caller = await agoraCaller();
    await caller.join();
    const rtcConfig = { subBotUid: '7', subBotToken: rtcToken({ uid: 7, role: 2 }) };
    const reply = await start(caller, await acquire(caller), startBody({ rtcConfig }));
    expect(reply.body['message']).toContain('bot uid "7" is already in use');
    await startedTask(caller);
    const join = joinBody({ rtcConfig: { pubBotUid: '2', pubBotToken: rtcToken({ uid: 2 }) } });
    expect((await caller.api('POST', '/join', { ...join, name: 'second' })).status).toBe(400);
    expect(rulesBroken(caller)).toEqual(['bot-uid', 'bot-uid']);
  });
});

function storage(changes: object = {}): object {
  return { accessKey: 'a', secretKey: 's', bucket: 'b', vendor: 1, region: 0, ...changes };
}
