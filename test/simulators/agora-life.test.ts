import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  agoraCaller,
  joinBody,
  joinOf,
  rtcToken,
  rulesBroken,
  SPACING_MS,
} from './agora-caller.ts';
import type { Caller } from './agora-caller.ts';

describe('list', () => {
  test('shows running tasks only, unless another state is asked for', async () => {
    const caller = await agoraCaller({ startingMs: 200 });
    const gone = await caller.join(joinOf('gone', 'room', 1));
    const running = await caller.join(joinOf('running', 'room', 2));
    caller.advance(1_000);
    await caller.api('POST', `/agents/${gone}/leave`);
    const starting = await caller.join(joinOf('starting', 'room', 3));
    expect(await page(caller, 'channel=room')).toEqual(listed(running, 'RUNNING'));
    expect(await page(caller, 'channel=room&state=1')).toEqual(listed(starting, 'STARTING'));
    expect(await page(caller, 'channel=room&state=4')).toEqual(listed(gone, 'STOPPED'));
    expect(await page(caller, 'channel=empty')).toMatchObject({ data: { count: 0, list: [] } });
    expect(await page(caller, 'state=1,2')).toMatchObject({ reason: 'InvalidRequest' });
  });

  test('pages by the last agent id, though that task has ended since', async () => {
    const caller = await agoraCaller({ startingMs: 0 });
    const oldest = await caller.join(joinOf('a', 'room', 1));
    const middle = await caller.join(joinOf('b', 'room', 2));
    const newest = await caller.join(joinOf('c', 'room', 3));
    expect(await page(caller, 'limit=2')).toMatchObject({
      data: { count: 2, list: [{ agent_id: newest }, { agent_id: middle }] },
      meta: { cursor: middle, total: 3 },
    });
    await caller.api('POST', `/agents/${middle}/leave`);
    expect(await page(caller, `limit=2&cursor=${middle}`)).toMatchObject({
      data: { count: 1, list: [{ agent_id: oldest }] },
      meta: { cursor: '', total: 2 },
    });
  });

  test('looks one day back, and gives names only where told', async () => {
    const caller = await agoraCaller({ startingMs: 0, listNames: true });
    const pubBotToken = rtcToken({ seconds: 86_400 });
    await caller.join(joinBody({ name: 'old', rtcConfig: { pubBotToken } }));
    expect(await page(caller, '')).toMatchObject({ data: { list: [{ name: 'old' }] } });
    caller.advance(86_402_000);
    expect(await page(caller, 'state=6')).toMatchObject({ data: { count: 0 } });
    expect(await page(caller, 'state=6&from_time=0')).toMatchObject({ data: { count: 1 } });
  });
});

describe('the life of a task', () => {
  test.each([
    ['idle', 'STOPPED', 'Idle for too long'],
    ['lifetime', 'STOPPED', 'Task exceeded maximum lifetime'],
    ['failed', 'FAILED', 'Fatal ASR error'],
  ] as const)('can end by itself: %s', async (cause, status, message) => {
    const caller = await agoraCaller();
    const agentId = await caller.join();
    const ended = await caller.request('POST', `/tasks/${agentId}/end`, { cause });
    expect(ended.status).toBe(204);
    const query = await caller.api('GET', `/agents/${agentId}`);
    expect(query).toMatchObject({ status: 200, body: { status, message } });
    expect(caller.simulator.ledger().tasks).toMatchObject([{ status, endCause: cause }]);
  });

  test('ends when its token expires, at that very time', async () => {
    const caller = await agoraCaller();
    const agentId = await caller.join();
    caller.advance(7_200_000);
    const query = await caller.api('GET', `/agents/${agentId}`);
    expect(query.body).toMatchObject({ status: 'FAILED', message: 'RTC connection error' });
    const [task] = caller.simulator.ledger().tasks;
    expect(task?.endedAt).toBe(task?.tokenExpiresAt);
  });

  test('is unknown to query and list once it vanished', async () => {
    const caller = await agoraCaller({ startingMs: 0 });
    const agentId = await caller.join();
    caller.simulator.endTask(agentId, 'vanished');
    expect((await caller.api('GET', `/agents/${agentId}`)).status).toBe(404);
    expect(await page(caller, 'state=4')).toMatchObject({ data: { count: 0 } });
  });

  test('can be hidden from queries after its end', async () => {
    const caller = await agoraCaller({ endedQuery: 'not-found' });
    const agentId = await caller.join();
    await caller.api('POST', `/agents/${agentId}/leave`);
    expect(await caller.api('GET', `/agents/${agentId}`)).toMatchObject({
      status: 404,
      body: { message: 'task already ended', agent_id: agentId, status: 'FAILED' },
    });
  });
});

describe('faults', () => {
  test('a lost response leaves one task, which a second join finds without blame', async () => {
    const caller = await agoraCaller();
    await caller.request('POST', '/faults', {
      operation: 'join',
      fault: { kind: 'lost-response' },
    });
    await expect(caller.api('POST', '/join', joinBody())).rejects.toThrow('fetch failed');
    const { calls, tasks } = caller.simulator.ledger();
    expect(tasks).toHaveLength(1);
    expect(calls).toMatchObject([{ operation: 'join', status: null, fault: 'lost-response' }]);
    const second = await caller.api('POST', '/join', joinBody());
    expect(second).toMatchObject({ status: 409, body: { agent_id: tasks[0]?.agentId } });
    expect(rulesBroken(caller)).toEqual([]);
  });

  test('a reset or a hang without effect starts nothing', async () => {
    const caller = await agoraCaller();
    caller.simulator.inject({ operation: 'any', fault: { kind: 'reset' } });
    await expect(caller.api('POST', '/join', joinBody())).rejects.toThrow('fetch failed');
    caller.simulator.inject({ operation: 'join', fault: { kind: 'hang', ms: 1, effect: false } });
    expect((await caller.api('POST', '/join', joinBody())).status).toBe(504);
    expect(caller.simulator.ledger().tasks).toEqual([]);
  });

  test('an error strikes after and as often as told, and still uses up the sequenceId', async () => {
    const caller = await agoraCaller();
    const agentId = await caller.join();
    const fault = { kind: 'status', status: 429, retryAfterSeconds: 9 } as const;
    caller.simulator.inject({ operation: 'update', fault, after: 1, times: 2 });
    const answers = [];
    for (const sequenceId of [1, 2, 3, 4]) {
      caller.advance(SPACING_MS);
      const reply = await caller.update(agentId, sequenceId, { languages: ['fr-FR'] });
      answers.push([reply.status, reply.headers.get('retry-after')]);
    }
    expect(answers).toEqual([
      [200, null],
      [429, '9'],
      [429, '9'],
      [200, null],
    ]);
    expect(rulesBroken(caller)).toEqual([]);
  });

  test('can be cleared', async () => {
    const caller = await agoraCaller();
    caller.simulator.inject({ operation: 'any', fault: { kind: 'status', status: 503 } });
    await caller.request('DELETE', '/faults');
    expect((await caller.api('GET', '/agents')).status).toBe(200);
    const bad = await caller.request('POST', '/faults', { operation: 'dance' });
    expect(bad.status).toBe(400);
  });
});

describe('the ledger', () => {
  test('is JSON over HTTP, by channel, without secrets', async () => {
    const caller = await agoraCaller();
    const agentId = await caller.join();
    await caller.join(joinOf('elsewhere', 'other'));
    await caller.api('GET', `/agents/${agentId}`);
    const { body } = await caller.request('GET', '/ledger?channel=room');
    expect(body).toMatchObject({
      calls: [
        { operation: 'join', status: 200, agentId, response: { agent_id: agentId } },
        { operation: 'query', status: 200, agentId },
      ],
      tasks: [{ agentId, channel: 'room', subscribeAudioUids: ['all'], endedAt: null }],
      violations: [],
    });
    expect(JSON.stringify(body)).not.toContain('007eJ');
    expect(JSON.stringify(body)).toContain('[redacted]');
  });

  test('survives, with the tasks, in the state file', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'agora-simulator-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const stateFile = path.join(folder, 'state', 'agora.json');
    const before = await agoraCaller({ stateFile });
    const agentId = await before.join();
    await before.api('GET', '/agents?state=9');
    await before.simulator.close();
    expect(await readFile(stateFile, 'utf8')).not.toContain('007eJ');

    const after = await agoraCaller({ stateFile });
    expect(after.simulator.ledger()).toEqual(before.simulator.ledger());
    expect((await after.api('POST', '/join', joinBody())).status).toBe(409);
    after.advance(SPACING_MS);
    expect((await after.update(agentId, 1, { languages: ['fr-FR'] })).status).toBe(200);
  });
});

async function page(caller: Caller, queryString: string): Promise<Record<string, unknown>> {
  const { body } = await caller.api('GET', `/agents?${queryString}`);
  return body;
}

function listed(agentId: string, status: string): object {
  return {
    data: { count: 1, list: [{ start_ts: expect.any(Number), status, agent_id: agentId }] },
    meta: { cursor: '', total: 1 },
    status: 'ok',
  };
}
