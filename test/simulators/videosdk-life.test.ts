import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { SIMULATED_VIDEOSDK } from '../../simulators/credentials.ts';
import { createVideosdkSimulator } from '../../simulators/videosdk/simulator.ts';
import { receiver } from './receiver.ts';
import { rulesBroken, videosdkCaller } from './videosdk-caller.ts';

describe('faults', () => {
  test('a lost response leaves a transcription that the list tells of', async () => {
    const caller = await videosdkCaller();
    caller.simulator.inject({ operation: 'start', fault: { kind: 'lost-response' } });
    await expect(caller.start()).rejects.toThrow('fetch failed');
    const { calls, tasks } = caller.simulator.ledger('room');
    expect(calls).toMatchObject([{ operation: 'start', status: null, fault: 'lost-response' }]);
    expect((await caller.api('GET', '/?roomId=room')).body).toMatchObject({
      transcriptions: [{ id: tasks[0]?.id, status: 'running' }],
    });
  });

  test('a reset, a hang without effect and an error leave nothing', async () => {
    const caller = await videosdkCaller();
    caller.simulator.inject({ operation: 'any', fault: { kind: 'reset' } });
    await expect(caller.start()).rejects.toThrow('fetch failed');
    caller.simulator.inject({ operation: 'start', fault: { kind: 'hang', ms: 1, effect: false } });
    expect((await caller.api('POST', '/start', { roomId: 'room' })).status).toBe(504);
    caller.simulator.inject({ operation: 'start', fault: { kind: 'status', status: 503 } });
    expect((await caller.api('POST', '/start', { roomId: 'room' })).status).toBe(503);
    expect(caller.simulator.ledger().tasks).toEqual([]);
    expect(rulesBroken(caller)).toEqual([]);
  });

  test('an error can come of a call that had its effect', async () => {
    const caller = await videosdkCaller();
    const fault = { kind: 'status', status: 500, message: 'oops', effect: true } as const;
    caller.simulator.inject({ operation: 'end', fault });
    const id = await caller.start();
    const reply = await caller.api('POST', '/end', { roomId: 'room' });
    expect(reply).toMatchObject({ status: 500, body: { message: 'oops', statusCode: 500 } });
    expect(caller.simulator.ledger().tasks).toMatchObject([{ id, status: 'completed' }]);
  });

  test('an error strikes after and as often as told, for one room, and says when to come back', async () => {
    const caller = await videosdkCaller();
    const id = await caller.start();
    const fault = { kind: 'status', status: 429, retryAfterSeconds: 9 } as const;
    const body = { operation: 'fetch', roomId: 'room', fault, after: 1, times: 2 };
    expect((await caller.request('POST', '/faults', body)).status).toBe(204);
    const answers = [];
    for (let asked = 0; asked < 4; asked += 1) {
      const { status, headers } = await caller.api('GET', `/${id}`);
      answers.push([status, headers.get('retry-after')]);
    }
    expect(answers).toEqual([
      [200, null],
      [429, '9'],
      [429, '9'],
      [200, null],
    ]);
  });

  test('strike the key and the files too, until they are cleared', async () => {
    const caller = await videosdkCaller({ filesAppearAfterMs: 0 });
    const id = caller.simulator.startForeign('room');
    caller.simulator.endTask(id, 'stopped');
    const paths = ['/v2/public/rsa-public-key', `/files/${id}.txt`];
    const statuses = () =>
      Promise.all(paths.map(async (path) => (await caller.request('GET', path)).status));
    for (const operation of ['key', 'file'] as const) {
      const fault = { kind: 'status', status: 500 } as const;
      caller.simulator.inject({ operation, fault, times: 100 });
    }
    expect(await statuses()).toEqual([500, 500]);
    expect((await caller.request('DELETE', '/faults')).status).toBe(204);
    expect(await statuses()).toEqual([200, 200]);
  });

  test('a start can be answered later than its webhook comes', async () => {
    const caller = await videosdkCaller();
    const { url, received } = await receiver();
    caller.simulator.inject({ operation: 'start', fault: { kind: 'latency', ms: 300 } });
    let answered = false;
    const starting = caller.start({ webhookUrl: url }).finally(() => {
      answered = true;
    });
    await expect.poll(() => received, { interval: 5 }).toHaveLength(1);
    expect(answered).toBe(false);
    await starting;
  });
});

describe('rooms', () => {
  test('have a session each, and a new one after its end', async () => {
    const caller = await videosdkCaller({ openRooms: 'listed' });
    const opened = await caller.request('POST', '/rooms/room/open');
    expect(opened.status).toBe(200);
    expect(caller.simulator.openSession('room')).toBe(opened.body['sessionId']);
    await caller.start();
    caller.simulator.closeSession('room');
    caller.simulator.openSession('room');
    await caller.start();
    const sessions = caller.simulator.ledger().tasks.map(({ sessionId }) => sessionId);
    expect(sessions[0]).toBe(opened.body['sessionId']);
    expect(new Set(sessions).size).toBe(2);
  });

  test('refuse a foreign start as they do any', async () => {
    const caller = await videosdkCaller({ openRooms: 'listed' });
    const refused = await caller.request('POST', '/rooms/room/foreign');
    expect(refused).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('No active session') },
    });
    caller.simulator.openSession('room');
    caller.simulator.startForeign('room');
    expect(() => caller.simulator.startForeign('room')).toThrow('already running');
  });
});

test('the ledger can be read over HTTP, of one room or of all', async () => {
  const caller = await videosdkCaller();
  const id = await caller.start();
  await caller.start({ roomId: 'other' });
  await caller.api('GET', `/${id}`);
  const { body } = await caller.request('GET', '/ledger?roomId=room');
  expect(body).toMatchObject({
    calls: [
      { operation: 'start', method: 'POST', status: 200, id, roomId: 'room' },
      { operation: 'fetch', status: 200, id, roomId: 'room', response: { id } },
    ],
    tasks: [{ id }],
  });
  expect((await caller.request('GET', '/ledger')).body).toMatchObject({
    tasks: [{ id }, { roomId: 'other' }],
  });
  expect((await caller.request('GET', '/ledger')).text).not.toContain(await caller.token());
});

describe('a state file', () => {
  test('keeps sessions, transcriptions, keys and ledger over a restart', async () => {
    const stateFile = await temporaryFile();
    const before = createVideosdkSimulator({ ...SIMULATED_VIDEOSDK, stateFile });
    const id = before.startForeign('room');
    const sessionId = before.openSession('room');
    await before.close();
    const caller = await videosdkCaller({ stateFile });
    expect(caller.simulator.publicKey()).toBe(before.publicKey());
    expect(caller.simulator.ledger()).toEqual(before.ledger());
    expect(caller.simulator.openSession('room')).toBe(sessionId);
    expect((await caller.api('POST', '/end', { roomId: 'room' })).body).toMatchObject({ id });
  });

  test('is never replaced when it is unreadable', async () => {
    const stateFile = await temporaryFile();
    await writeFile(stateFile, '{');
    expect(() => createVideosdkSimulator({ ...SIMULATED_VIDEOSDK, stateFile })).toThrow(
      `delete ${stateFile}`,
    );
  });
});

async function temporaryFile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'videosdk-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return join(folder, 'videosdk.json');
}
