import { describe, expect, test } from 'vitest';
import { agoraCaller, rulesBroken } from './agora-caller.ts';
import { acquire, query, start, startedTask, stop } from './legacy-caller.ts';

const MINUTE_MS = 60_000;

describe('acquire', () => {
  test('gives as many builderTokens for an instance as are wanted', async () => {
    const caller = await agoraCaller();
    const { status, body } = await caller.legacy('POST', '/builderTokens', { instanceId: 'a-B_9' });
    expect(status).toBe(200);
    expect(body).toEqual({
      createTs: expect.any(Number),
      instanceId: 'a-B_9',
      tokenName: expect.stringMatching(/^\S{64,}$/),
    });
    expect(await acquire(caller, 'a-B_9')).not.toBe(body['tokenName']);
  });

  test.each([[''], ['x'.repeat(65)], ['a room'], ['é']])(
    'refuses the instanceId "%s"',
    async (instanceId) => {
      const caller = await agoraCaller();
      const reply = await caller.legacy('POST', '/builderTokens', { instanceId });
      expect(reply).toMatchObject({ status: 400, body: { code: 2 } });
      expect(reply.body['reason']).toContain('Acquire: instanceId');
      expect(rulesBroken(caller)).toEqual(['body']);
    },
  );
});

describe('a builderToken', () => {
  test('starts within 5 minutes only', async () => {
    const caller = await agoraCaller();
    const builderToken = await acquire(caller);
    caller.advance(5 * MINUTE_MS + 1);
    expect(await start(caller, builderToken)).toMatchObject({
      status: 400,
      body: { message: 'resourceId reaches out the limited time interval!' },
    });
    await startedTask(caller);
    expect(rulesBroken(caller)).toEqual(['builder-token-late']);
  });

  test('can be given less time to start, and is good for its task for longer', async () => {
    const caller = await agoraCaller({ builderTokenMs: 1_000, startingMs: 0 });
    const task = await startedTask(caller);
    caller.advance(MINUTE_MS);
    expect((await query(caller, task)).body['status']).toBe('IN_PROGRESS');
    const late = await acquire(caller);
    caller.advance(1_001);
    expect((await start(caller, late)).status).toBe(400);
  });

  test('is one of many for its instance, but only one has a task at a time', async () => {
    const caller = await agoraCaller();
    const spare = await acquire(caller);
    const task = await startedTask(caller);
    expect((await start(caller, spare)).status).toBe(409);
    expect(caller.simulator.ledger().tasks).toHaveLength(1);
    await stop(caller, task);
    expect((await start(caller, spare)).status).toBe(200);
    expect(rulesBroken(caller)).toEqual(['instance-used']);
  });

  test('has to be known, and to be that of the task', async () => {
    const caller = await agoraCaller();
    const { taskId } = await startedTask(caller);
    const mismatch = { taskId, builderToken: await acquire(caller) };
    const unknown = { taskId, builderToken: 'invented' };
    const message = 'The taskId does not match with builderToken.';
    expect(await query(caller, mismatch)).toMatchObject({ status: 400, body: { message } });
    caller.simulator.setLegacyAnswers({ errors: 'code' });
    expect((await stop(caller, mismatch)).body).toEqual({ code: 53, reason: message });
    expect((await query(caller, unknown)).body).toMatchObject({ code: 1001 });
    expect((await start(caller, 'invented')).body).toMatchObject({ code: 1001 });
    expect((await caller.legacy('GET', `/tasks/${taskId}`)).body).toMatchObject({ code: 2 });
    expect(rulesBroken(caller)).toEqual([...Array(4).fill('builder-token'), 'query']);
  });

  test.each([
    ['201', 201, (taskId: string) => ({ taskId, status: 'PREPARING' })],
    ['409', 409, (taskId: string) => ({ message: started(taskId) })],
    ['code-49', 400, (taskId: string) => ({ code: 49, reason: started(taskId) })],
    ['code-49-bare', 400, () => ({ code: 49 })],
    ['message', 400, (taskId: string) => ({ message: started(taskId) })],
  ] as const)('never starts a second task, and says so: %s', async (form, status, body) => {
    const caller = await agoraCaller({ legacyAnswers: { repeatedStart: form } });
    const { taskId, builderToken } = await startedTask(caller);
    const again = await start(caller, builderToken);
    expect(again).toMatchObject({ status, body: body(taskId) });
    expect(caller.simulator.ledger().tasks).toHaveLength(1);
    expect(rulesBroken(caller)).toEqual(['start-repeated']);
  });

  test('is done with once its task was stopped', async () => {
    const caller = await agoraCaller({ legacyAnswers: { repeatedStart: '201' } });
    const task = await startedTask(caller);
    await stop(caller, task);
    const again = await start(caller, task.builderToken);
    expect(again.status).toBe(409);
    expect(again.body['message']).toContain('current status is STOPPED');
  });

  test('finds the task again whose start was lost, without blame', async () => {
    const caller = await agoraCaller();
    const builderToken = await acquire(caller);
    const fault = { kind: 'lost-response' } as const;
    caller.simulator.inject({ operation: 'start', channel: 'room', fault });
    await expect(start(caller, builderToken)).rejects.toThrow('fetch failed');
    const [task, ...others] = caller.simulator.ledger().tasks;
    expect(others).toEqual([]);
    const again = await start(caller, builderToken);
    expect(again.body).toEqual({ message: started(String(task?.agentId)) });
    expect(rulesBroken(caller)).toEqual([]);
  });
});

function started(taskId: string): string {
  return `The task has been started, current status is STARTED, taskId is ${taskId}`;
}
