import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { agoraCaller, joinOf, rtcToken, rulesBroken, SPACING_MS } from './agora-caller.ts';
import {
  acquire,
  query,
  start,
  startBody,
  startedTask,
  stop,
  update,
  v4StartBody,
} from './legacy-caller.ts';

const HOUR_MS = 3_600_000;
const NOT_FOUND = { status: 404, body: { message: 'The task is not found' } };

describe('update', () => {
  test('replaces what the mask names, once 5 s have passed since the last answer', async () => {
    const caller = await agoraCaller({ startingMs: 0 });
    const task = await startedTask(caller);
    const both = { languages: ['fr-FR'], rtcConfig: { subscribeAudioUids: ['100', '300'] } };
    const mask = 'languages,rtcConfig.subscribeAudioUids';
    const early = await update(caller, task, 1, both, mask);
    expect(early).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining('0 ms') },
    });
    caller.advance(SPACING_MS);
    const applied = await update(caller, task, 2, both, mask);
    expect(applied).toMatchObject({
      status: 200,
      body: { taskId: task.taskId, status: 'IN_PROGRESS' },
    });
    expect(caller.simulator.ledger().tasks).toMatchObject([
      { languages: ['fr-FR'], subscribeAudioUids: ['100', '300'], lastSequenceId: 2 },
    ]);
    expect(rulesBroken(caller)).toEqual(['spacing']);
  });

  test('changes translation and the languages of uids', async () => {
    const caller = await agoraCaller();
    const task = await startedTask(caller, v4StartBody());
    caller.advance(SPACING_MS);
    const uidLanguagesConfig = [{ uid: '12', languages: ['it-IT'] }];
    const languages = [{ source: 'en-US', target: ['ja-JP'] }];
    const body = { uidLanguagesConfig, translateConfig: { enable: true, languages } };
    expect((await update(caller, task, 1, body)).status).toBe(200);
    expect(caller.simulator.ledger().tasks).toMatchObject([{ configuration: body }]);
    caller.advance(SPACING_MS);
    const keywords = await update(caller, task, 2, { keywords: ['Agora'] });
    expect(keywords.body['message']).toContain('Unrecognized key: "keywords"');
  });

  test('counts the sequence strictly by one', async () => {
    const caller = await agoraCaller();
    const task = await startedTask(caller);
    const statuses = [];
    for (const sequenceId of [1, 1, 3, 4]) {
      caller.advance(SPACING_MS);
      statuses.push((await update(caller, task, sequenceId, { languages: ['fr-FR'] })).status);
    }
    expect(statuses).toEqual([200, 400, 400, 200]);
    expect(rulesBroken(caller)).toEqual(['sequence', 'sequence']);
  });

  test('is refused, and held against the caller, after a stop', async () => {
    const caller = await agoraCaller();
    const task = await startedTask(caller);
    await stop(caller, task);
    caller.advance(SPACING_MS);
    const reply = await update(caller, task, 1, { languages: ['fr-FR'] });
    expect(reply).toMatchObject({ status: 404, body: { message: 'The task is not found' } });
    expect(rulesBroken(caller)).toEqual(['update-after-leave']);
  });
});

describe('stop', () => {
  test('answers with an empty body, and then that there is no task', async () => {
    const caller = await agoraCaller();
    const task = await startedTask(caller);
    expect(await stop(caller, task)).toMatchObject({ status: 200, body: {} });
    expect(await stop(caller, task)).toMatchObject(NOT_FOUND);
    expect(await query(caller, task)).toMatchObject(NOT_FOUND);
    expect(rulesBroken(caller)).toEqual([]);
  });

  test('can be told over HTTP to answer a repetition with code 49', async () => {
    const caller = await agoraCaller();
    const task = await startedTask(caller);
    const told = await caller.request('PUT', '/legacy-answers', { repeatedStop: 'code-49' });
    expect(told.status).toBe(204);
    await stop(caller, task);
    expect(await stop(caller, task)).toMatchObject({ status: 400, body: { code: 49 } });
    expect((await caller.request('PUT', '/legacy-answers', { errors: 'none' })).status).toBe(400);
  });
});

describe('the life of a legacy task', () => {
  test.each(['idle', 'lifetime', 'failed', 'vanished'] as const)(
    'can end by itself, and is not found then: %s',
    async (cause) => {
      const caller = await agoraCaller();
      const task = await startedTask(caller);
      caller.simulator.endTask(task.taskId, cause);
      expect(await query(caller, task)).toMatchObject(NOT_FOUND);
      caller.simulator.setLegacyAnswers({ errors: 'code' });
      expect((await query(caller, task)).body).toMatchObject({ code: 404 });
      expect(caller.simulator.ledger().tasks).toMatchObject([{ endCause: cause }]);
    },
  );

  test('ends after 24 hours, however long its tokens are good', async () => {
    const caller = await agoraCaller({ startingMs: 0 });
    const seconds = 86_400;
    // Tokens last 24 h too: only those issued after the start could outlive the task.
    caller.advance(-10_000);
    const task = await startedTask(
      caller,
      startBody({
        rtcConfig: {
          subBotToken: rtcToken({ uid: 2, seconds }),
          pubBotToken: rtcToken({ uid: 3, seconds }),
        },
      }),
    );
    caller.advance(24 * HOUR_MS - 1);
    expect((await query(caller, task)).status).toBe(200);
    caller.advance(1);
    expect((await query(caller, task)).status).toBe(404);
    expect(caller.simulator.ledger().tasks).toMatchObject([{ endCause: 'lifetime' }]);
  });

  test('ends with whichever of its tokens expires first', async () => {
    const caller = await agoraCaller();
    const subBotToken = rtcToken({ uid: 2, role: 2, seconds: 60 });
    await startedTask(caller, startBody({ rtcConfig: { subBotToken } }));
    caller.advance(61_000);
    const [task] = caller.simulator.ledger().tasks;
    expect(task?.endCause).toBe('token-expired');
    expect(task?.endedAt).toBe(task?.tokenExpiresAt);
  });

  test('can be shortened in both APIs, and overlaps are seen to the millisecond', async () => {
    const caller = await agoraCaller({ taskLifetimeMs: 30_000, startingMs: 0 });
    await startedTask(caller);
    caller.advance(29_500);
    await caller.join(joinOf('next', 'room'));
    caller.advance(30_000);
    const [first, second] = caller.simulator.ledger('room').tasks;
    expect([first, second]).toMatchObject([{ endCause: 'lifetime' }, { endCause: 'lifetime' }]);
    const overlapMs = Date.parse(String(first?.endedAt)) - Date.parse(String(second?.startedAt));
    expect(overlapMs).toBe(500);
  });
});

describe('faults of the legacy API', () => {
  test('have its own errors, with a code or a message', async () => {
    const caller = await agoraCaller();
    const fail = (status: number, more: object) =>
      caller.simulator.inject({
        operation: 'acquire',
        fault: { kind: 'status', status, ...more },
      });
    fail(400, { code: 62 });
    fail(504, { code: 20, message: 'timeout' });
    fail(429, { retryAfterSeconds: 3 });
    const replies = [];
    for (let call = 0; call < 3; call += 1) {
      const { status, body, headers } = await caller.legacy('POST', '/builderTokens', {
        instanceId: 'room',
      });
      replies.push([status, body, headers.get('retry-after')]);
    }
    expect(replies).toEqual([
      [400, { code: 62 }, null],
      [504, { code: 20, reason: 'timeout' }, null],
      [429, { message: 'API rate limit exceeded' }, '3'],
    ]);
  });

  test('strike in the channel that they name', async () => {
    const caller = await agoraCaller({ startingMs: 0 });
    const room = await startedTask(caller);
    const rtcConfig = {
      channelName: 'other',
      subBotToken: rtcToken({ channel: 'other', uid: 2 }),
      pubBotToken: rtcToken({ channel: 'other', uid: 3 }),
    };
    const other = await startedTask(caller, startBody({ rtcConfig }), 'other');
    const fault = { kind: 'status', status: 500 } as const;
    caller.simulator.inject({ operation: 'legacy-query', channel: 'other', fault });
    expect((await query(caller, room)).status).toBe(200);
    expect((await query(caller, other)).status).toBe(500);
    caller.simulator.inject({ operation: 'legacy-stop', fault: { kind: 'lost-response' } });
    await expect(stop(caller, room)).rejects.toThrow('fetch failed');
    expect(await stop(caller, room)).toMatchObject(NOT_FOUND);
    expect(rulesBroken(caller)).toEqual([]);
  });

  test('a failed update still uses up its sequenceId and its 5 s', async () => {
    const caller = await agoraCaller();
    const task = await startedTask(caller);
    caller.simulator.inject({
      operation: 'legacy-update',
      fault: { kind: 'status', status: 504, code: 504 },
    });
    caller.advance(SPACING_MS);
    const failed = await update(caller, task, 1, { languages: ['fr-FR'] });
    expect(failed).toMatchObject({ status: 504, body: { code: 504 } });
    expect((await update(caller, task, 2, { languages: ['fr-FR'] })).status).toBe(400);
    expect(caller.simulator.ledger().tasks).toMatchObject([{ languages: ['en-US'] }]);
    expect(rulesBroken(caller)).toEqual(['spacing']);
  });

  test('wrong credentials, projects and routes are turned away as in v7', async () => {
    const caller = await agoraCaller();
    const foreign = '/v1/projects/00000000000000000000000000000000/rtsc/speech-to-text/tasks';
    expect(await caller.request('POST', foreign, startBody())).toMatchObject({
      status: 401,
      body: { message: 'Invalid authentication credentials' },
    });
    expect(await caller.legacy('PUT', '/tasks', startBody())).toMatchObject({
      status: 404,
      body: { message: 'no Route matched with those values' },
    });
    expect(rulesBroken(caller)).toEqual(['authentication', 'route']);
  });
});

test('builderTokens and tasks survive in the state file', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'agora-simulator-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const stateFile = path.join(folder, 'agora.json');
  const before = await agoraCaller({ stateFile });
  const task = await startedTask(before);
  const unused = await acquire(before, 'later');
  await before.simulator.close();

  const after = await agoraCaller({ stateFile });
  expect(after.simulator.ledger()).toEqual(before.simulator.ledger());
  expect((await query(after, task)).status).toBe(200);
  expect((await start(after, task.builderToken)).status).toBe(409);
  await stop(after, task);
  expect((await start(after, unused)).status).toBe(200);
});
