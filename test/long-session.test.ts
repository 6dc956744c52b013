import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Ledger } from '../simulators/agora/ledger.ts';
import { keepHistory } from './support/histories.ts';
import { rulesBroken, tasksOf, updatesOf } from './support/ledger.ts';
import {
  eventually,
  startSession,
  startStack,
  stopSession,
  untilSession,
  type Stack,
} from './support/stack.ts';

/** Tokens this short are replaced every 16 s. */
const MAX_TOKEN_SECONDS = 20;

let stack: Stack;
let shortLived: Stack;
beforeAll(async () => {
  [stack, shortLived] = await Promise.all([
    startStack(),
    startStack({
      environment: { AGORA_LEGACY: 'true', AGORA_MAX_TOKEN_SECONDS: String(MAX_TOKEN_SECONDS) },
    }),
  ]);
});
afterAll(() => Promise.all([stack.stop(), shortLived.stop()]));

const ENDLESS = { maxDurationSeconds: 0 };

/** How long there was no task, and how long there were two, between one task and the next, in ms. */
function seams(tasks: Ledger['tasks']): { gapMs: number; overlapMs: number }[] {
  return tasks.slice(1).map((task, index) => {
    const before = tasks[index]?.endedAt;
    const overlapMs = before ? Date.parse(before) - Date.parse(task.startedAt) : Infinity;
    return { gapMs: Math.max(-overlapMs, 0), overlapMs };
  });
}

describe.concurrent('a session that outlives its tokens', () => {
  test.for(['agora', 'agora-legacy'])(
    'goes from task to task without a gap (%s)',
    async (provider) => {
      const channel = `rotating ${provider}`;
      const path = await startSession(shortLived, channel, { ...ENDLESS, provider });
      await shortLived.api('PATCH', path, { languages: ['fr-FR'] }, { prefer: 'wait=20' });
      await untilSession(shortLived, path, { generation: 3, status: 'running' });
      const change = { subscribeAudioUids: ['7'] };
      const { status } = await shortLived.api('PATCH', path, change, { prefer: 'wait=30' });
      expect(status).toBe(200);
      await stopSession(shortLived, path);

      const tasks = tasksOf(shortLived, channel);
      expect(tasks.length).toBeGreaterThanOrEqual(3);
      expect(tasks.map(({ endCause }) => endCause)).toEqual(tasks.map(() => 'left'));
      expect(tasks.slice(1).map(({ languages }) => languages)).toEqual(
        tasks.slice(1).map(() => ['fr-FR']),
      );
      expect(new Set(tasks.map(({ botUid }) => botUid)).size).toBe(tasks.length);
      for (const { gapMs, overlapMs } of seams(tasks)) {
        expect(gapMs).toBe(0);
        expect(overlapMs).toBeLessThan(5_000);
      }
      expect(rulesBroken(shortLived, channel)).toEqual([]);
      await keepHistory(shortLived, `${provider}:${channel}`, `rotation-${provider}`);
    },
  );

  test('keeps a change that was accepted while it rotated', async () => {
    const channel = 'change while rotating';
    const path = await startSession(shortLived, channel, ENDLESS);
    const operation = 'join';
    shortLived.simulator.inject({ operation, channel, fault: { kind: 'latency', ms: 2_000 } });
    await eventually(() => expect(tasksOf(shortLived, channel)).toHaveLength(2));
    const change = { languages: ['de-DE'] };
    const { status } = await shortLived.api('PATCH', path, change, { prefer: 'wait=30' });
    expect(status).toBe(200);
    expect(tasksOf(shortLived, channel).at(-1)).toMatchObject(change);
    await stopSession(shortLived, path);
    await keepHistory(shortLived, `agora:${channel}`, 'change-during-rotation');
    expect(rulesBroken(shortLived, channel)).toEqual([]);
  });

  test('leaves nothing behind when it is stopped while it rotates', async () => {
    const channel = 'stop while rotating';
    const path = await startSession(shortLived, channel, ENDLESS);
    const operation = 'join';
    shortLived.simulator.inject({ operation, channel, fault: { kind: 'latency', ms: 2_000 } });
    await eventually(() => expect(tasksOf(shortLived, channel)).toHaveLength(2));
    await stopSession(shortLived, path);
    for (const task of tasksOf(shortLived, channel)) expect(task.endCause).toBe('left');
    await keepHistory(shortLived, `agora:${channel}`, 'stop-during-rotation');
  });

  test('serves on with the old task while the vendor refuses another', async () => {
    const channel = 'refused rotation';
    const path = await startSession(shortLived, channel, ENDLESS);
    const fault = { kind: 'status', status: 422, message: 'quota' } as const;
    shortLived.simulator.inject({ operation: 'join', channel, fault });
    await untilSession(shortLived, path, { generation: 3, status: 'running' });
    await stopSession(shortLived, path);
    const tasks = tasksOf(shortLived, channel);
    expect(tasks.map(({ endCause }) => endCause)).toEqual(['token-expired', 'left']);
    await keepHistory(shortLived, `agora:${channel}`, 'rotation-refused');
  });
});

describe.concurrent('a session of many changes', () => {
  test('goes through several runs and loses nothing', async () => {
    const path = await startSession(stack, 'many', ENDLESS);
    const first = (await stack.api('GET', path)).body;
    const key = { 'idempotency-key': 'before the runs' };
    const before = await stack.api('PATCH', path, { languages: ['it-IT'] }, key);
    const handle = stack.client.workflow.getHandle('agora:many');
    let accepted = 0;
    for (let round = 0; round < 60; round += 1) {
      const changes = Array.from({ length: 10 }, (_, index) => String(round * 10 + index + 1));
      const answers = await Promise.all(
        changes.map((uid) => stack.api('PATCH', path, { subscribeAudioUids: [uid] })),
      );
      accepted += answers.filter(({ status }) => status === 202).length;
      await handle.signal('requestChange', { subscribeAudioUids: ['4000'] });
      accepted += 1;
    }
    expect(accepted).toBe(660);
    await stack.api('PATCH', path, { subscribeAudioUids: ['5000'] }, { prefer: 'wait=30' });
    const { body: last } = await stack.api('GET', path);
    expect(last).toMatchObject({
      revision: 662,
      appliedRevision: 662,
      createdAt: first['createdAt'],
    });
    expect(last['runId']).not.toBe(first['runId']);
    expect((await handle.describe()).historyLength).toBeLessThan(1_500);

    const repeated = await stack.api('PATCH', path, { languages: ['it-IT'] }, key);
    expect(repeated.body['revision']).toBe(before.body['revision']);
    expect((await stack.api('PATCH', path, { languages: ['de-DE'] }, key)).status).toBe(422);
    const metadata = await handle.query('__temporal_workflow_metadata');
    expect(JSON.stringify(metadata)).toContain('running');
    await stopSession(stack, path);

    const updates = updatesOf(stack, 'many');
    expect(updates.map(({ query }) => query['sequenceId'])).toEqual(
      updates.map((_, index) => String(index + 1)),
    );
    expect(tasksOf(stack, 'many')).toMatchObject([
      { languages: ['it-IT'], subscribeAudioUids: ['5000'] },
    ]);
    expect(rulesBroken(stack, 'many')).toEqual([]);
    await keepHistory(stack, 'agora:many', 'last-of-several-runs');
  });
});
