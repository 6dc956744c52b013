import { describe, expect, test } from 'vitest';
import { createVideosdkSimulator } from '../../simulators/videosdk/simulator.ts';
import { SIMULATED_VIDEOSDK } from '../../simulators/credentials.ts';
import { rulesBroken, videosdkCaller } from './videosdk-caller.ts';
import type { Json, VideosdkCaller } from './videosdk-caller.ts';

const utterances = (roomId: string) => [
  { speaker: 'Ben', text: `Welcome to ${roomId}.`, startSeconds: 3, endSeconds: 4 },
  { speaker: 'Anna', text: 'Hello there.', startSeconds: 1, endSeconds: 2 },
];

describe('fetch', () => {
  test('tells of the end at once, and of the files when they exist', async () => {
    const caller = await videosdkCaller({ utterances });
    const id = await caller.start();
    const running = await caller.api('GET', `/${id}`);
    expect(running).toMatchObject({ status: 200, body: { id, status: 'running', end: null } });
    expect(running.body).not.toHaveProperty('transcriptionFilePaths');
    await caller.api('POST', '/end', { roomId: 'room' });
    caller.advance(499);
    const early = await caller.api('GET', `/${id}`);
    expect(early.body).toMatchObject({ status: 'completed', end: expect.any(String) });
    expect(early.body).not.toHaveProperty('transcriptionFilePaths');
    expect((await caller.request('GET', `/files/${id}.txt`)).status).toBe(404);
    caller.advance(1);
    const { body } = await caller.api('GET', `/${id}`);
    const url = `${caller.url}/files/${id}.txt`;
    expect(body).toMatchObject({ transcriptionFilePaths: { txt: url } });
    expect(body).not.toHaveProperty('summarizedFilePaths');
    const file = await caller.request('GET', url);
    expect(file.status).toBe(200);
    expect(file.text).toBe('Anna: Hello there.\nBen: Welcome to room.\n');
    expect(file.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(rulesBroken(caller)).toEqual([]);
  });

  test('gives a summary only where one was asked for', async () => {
    const caller = await videosdkCaller({ filesAppearAfterMs: 0, utterances });
    const plain = await caller.start({ summary: { enabled: false } });
    const summarized = await caller.start({ roomId: 'other', summary: { enabled: true } });
    for (const roomId of ['room', 'other']) await caller.api('POST', '/end', { roomId });
    expect((await caller.request('GET', `/files/${plain}-summary.txt`)).status).toBe(404);
    const { body } = await caller.api('GET', `/${summarized}`);
    const url = `${caller.url}/files/${summarized}-summary.txt`;
    expect(body).toMatchObject({ summarizedFilePaths: { txt: url } });
    expect((await caller.request('GET', url)).text).toBe('Summary: 2 utterances by Anna, Ben.\n');
  });

  test('knows what the vendor ended by itself', async () => {
    const caller = await videosdkCaller({ filesAppearAfterMs: 0 });
    const status = async (id: string) => {
      const reply = await caller.api('GET', `/${id}`);
      return [reply.status, reply.body['status'], 'transcriptionFilePaths' in reply.body];
    };
    const stopped = await caller.start({ roomId: 'a' });
    const failed = await caller.start({ roomId: 'b' });
    const vanished = await caller.start({ roomId: 'c' });
    await caller.request('POST', `/tasks/${stopped}/end`, { cause: 'stopped' });
    await caller.request('POST', `/tasks/${vanished}/end`, { cause: 'vanished' });
    caller.simulator.failTask(failed);
    expect(await status(stopped)).toEqual([200, 'completed', true]);
    expect(await status(failed)).toEqual([200, 'failed', false]);
    expect(await status(vanished)).toEqual([404, undefined, false]);
    caller.simulator.setAnswers({ failedTask: 'completed' });
    expect(await status(failed)).toEqual([200, 'completed', false]);
    const causes = caller.simulator.ledger().tasks.map(({ endCause }) => endCause);
    expect(causes).toEqual(['stopped', 'failed', 'vanished']);
  });

  test('answers 404 to an id that never was, which is no fault of the caller', async () => {
    const caller = await videosdkCaller();
    const reply = await caller.api('GET', '/82feea14-6783-4e63-84fc-17c5666bfd5c');
    expect(reply).toMatchObject({ status: 404, body: { statusCode: 404 } });
    expect(rulesBroken(caller)).toEqual([]);
  });
});

describe('list', () => {
  test('pages, newest first, with or without a slash', async () => {
    const caller = await videosdkCaller();
    const ids = [];
    for (const roomId of ['a', 'b', 'c']) ids.unshift(await caller.start({ roomId }));
    const all = await caller.api('GET', '');
    expect(all.body).toMatchObject({
      pageInfo: { currentPage: 1, perPage: 20, lastPage: 1, total: 3 },
    });
    expect(idsOf(all.body)).toEqual(ids);
    const second = await caller.api('GET', '/?page=2&perPage=2');
    expect(second.body['pageInfo']).toEqual({ currentPage: 2, perPage: 2, lastPage: 2, total: 3 });
    expect(idsOf(second.body)).toEqual(ids.slice(2));
    expect(idsOf((await caller.api('GET', '/?page=9')).body)).toEqual([]);
  });

  test('filters by room, session and status', async () => {
    const { caller, first, second, other } = await threeTasks();
    const sessionId = caller.simulator.ledger().tasks[0]?.sessionId;
    const found = async (query: string) => idsOf((await caller.api('GET', `/?${query}`)).body);
    expect(await found('roomId=room')).toEqual([second, first]);
    expect(await found(`roomId=room&sessionId=${sessionId}`)).toEqual([first]);
    expect(await found('status=running')).toEqual([other, second]);
    expect(await found('roomId=none')).toEqual([]);
  });

  test('can ignore the filters by room and session, as the SDK says', async () => {
    const { caller, first, second, other } = await threeTasks({ roomFilter: 'ignored' });
    const reply = await caller.api('GET', '/?roomId=room&sessionId=none');
    expect(idsOf(reply.body)).toEqual([other, second, first]);
    expect((await caller.api('GET', '/?roomId=room&status=completed')).body).toMatchObject({
      pageInfo: { total: 1 },
    });
  });

  test.each(['page=0', 'page=x', 'perPage=-1', 'page=1&page=2', 'sort=asc', 'status=gone'])(
    'refuses a wrong query: %s',
    async (query) => {
      const caller = await videosdkCaller();
      expect((await caller.api('GET', `/?${query}`)).status).toBe(400);
      expect(rulesBroken(caller)).toEqual(['query']);
    },
  );
});

test('an unknown route is held against the caller, an icon is not', async () => {
  const caller = await videosdkCaller();
  expect((await caller.request('POST', '/ai/v1/realtime-transcriptions/stop', {})).status).toBe(
    404,
  );
  expect((await caller.request('GET', '/favicon.ico')).status).toBe(404);
  expect(caller.simulator.ledger()).toMatchObject({
    calls: [{ operation: 'unknown', status: 404 }],
    violations: [{ rule: 'route' }],
  });
});

test('files appear by the real clock when no other is given, with something sensible in them', async () => {
  const simulator = createVideosdkSimulator({ ...SIMULATED_VIDEOSDK, filesAppearAfterMs: 20 });
  const url = await simulator.app.listen({ port: 0, host: '127.0.0.1' });
  const id = simulator.startForeign('room');
  simulator.endTask(id, 'stopped');
  const file = async () => (await fetch(`${url}/files/${id}.txt`)).text();
  await expect.poll(file, { interval: 5 }).toMatch(/^Anna: Hello there\.\n/);
  await simulator.close();
});

async function threeTasks(
  options: Json = {},
): Promise<{ caller: VideosdkCaller; first: string; second: string; other: string }> {
  const caller = await videosdkCaller(options);
  const first = await caller.start();
  caller.simulator.closeSession('room');
  const second = await caller.start();
  const other = await caller.start({ roomId: 'other' });
  return { caller, first, second, other };
}

function idsOf({ transcriptions }: Json): unknown[] {
  if (!Array.isArray(transcriptions)) throw new Error('this is no list');
  return transcriptions.map((one: Json) => one['id']);
}
