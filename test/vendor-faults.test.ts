import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../src/local/ports.ts';
import type { Fault } from '../simulators/agora/faults.ts';
import { keepHistory } from './support/histories.ts';
import { callsOf, rulesBroken, tasksOf, updatesOf } from './support/ledger.ts';
import {
  eventually,
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

function inject(channel: string, operation: Fault['operation'], fault: Fault['fault'], times = 1) {
  stack.simulator.inject({ channel, operation, fault, times });
}

function agentOf(channel: string): string {
  return tasksOf(stack, channel).at(-1)?.agentId ?? 'no task';
}

describe.concurrent('a start', () => {
  test.for([
    ['lost after it took effect', { kind: 'lost-response' }],
    ['lost before it took effect', { kind: 'reset' }],
    ['answered with 503', { kind: 'status', status: 503 }],
    ['throttled', { kind: 'status', status: 429, retryAfterSeconds: 1 }],
  ] as const)('whose join is %s leads to exactly one task', async ([name, fault]) => {
    const channel = `start ${name}`;
    inject(channel, 'join', fault);
    const path = await startSession(stack, channel);
    const [task, ...others] = tasksOf(stack, channel);
    expect(others).toEqual([]);
    expect((await stack.api('GET', path)).body).toMatchObject({ task: { id: task?.agentId } });
    await stopSession(stack, path);
    expect(tasksOf(stack, channel)).toMatchObject([{ status: 'STOPPED' }]);
    await keepHistory(stack, `agora:${channel}`, `start-${name.replaceAll(' ', '-')}`);
    expect(rulesBroken(stack, channel)).toEqual([]);
  });

  test('that was lost adopts its own task and not that of another session of the channel', async () => {
    const channel = 'shared';
    const other = await startSession(stack, channel);
    inject(channel, 'join', { kind: 'lost-response' });
    const body = { provider: 'agora', channel, id: 'mine', languages: ['en-US'] };
    const { body: mine } = await stack.api('POST', '/v1/sessions', body, { prefer: 'wait=20' });
    const { body: theirs } = await stack.api('GET', other);
    expect(mine).toMatchObject({ status: 'running', task: { id: agentOf(channel) } });
    expect(mine['task']).not.toEqual(theirs['task']);
    expect(tasksOf(stack, channel)).toHaveLength(2);
    await stack.api('POST', '/v1/sessions/mine/stop');
    await stack.api('POST', `${other}/stop`);
  });

  test('that was lost twice in one channel leads to a task each', async () => {
    const channel = 'crowded';
    inject(channel, 'join', { kind: 'lost-response' }, 2);
    const body = { provider: 'agora', channel, languages: ['en-US'] };
    const answers = await Promise.all(
      ['one', 'two'].map((id) =>
        stack.api('POST', '/v1/sessions', { ...body, id }, { prefer: 'wait=20' }),
      ),
    );
    expect(new Set(answers.map(({ body: { task } }) => JSON.stringify(task))).size).toBe(2);
    expect(tasksOf(stack, channel)).toHaveLength(2);
    await Promise.all(['one', 'two'].map((id) => stopSession(stack, `/v1/sessions/${id}`)));
    expect(tasksOf(stack, channel).map(({ status }) => status)).toEqual(['STOPPED', 'STOPPED']);
  });

  test('that is stopped while the vendor throttles it ends at once, without a task', async () => {
    const channel = 'throttled';
    inject(channel, 'join', { kind: 'status', status: 429, retryAfterSeconds: 300 }, 10);
    const body = { provider: 'agora', channel, languages: ['en-US'] };
    await stack.api('POST', '/v1/sessions', body, { prefer: 'wait=1' });
    const stopped = await stack.api('POST', '/v1/sessions/agora:throttled/stop', undefined, {
      prefer: 'wait=20',
    });
    expect(stopped.body).toMatchObject({ status: 'stopped', endReason: 'requested', task: null });
    expect(callsOf(stack, channel)).toEqual(['join']);
    await keepHistory(stack, 'agora:throttled', 'stop-during-throttled-start');
  });

  test('that is stopped before its answer came leaves no task behind', async () => {
    const channel = 'slow join';
    inject(channel, 'join', { kind: 'latency', ms: 1_500 });
    const body = { provider: 'agora', channel, languages: ['en-US'] };
    const { body: session } = await stack.api('POST', '/v1/sessions', body);
    const path = `/v1/sessions/${encodeURIComponent(String(session['id']))}`;
    await eventually(() => expect(tasksOf(stack, channel)).toHaveLength(1));
    await stopSession(stack, path);
    await untilSession(stack, path, { status: 'stopped', endReason: 'requested' });
    for (const task of tasksOf(stack, channel)) expect(task.status).toBe('STOPPED');
    await keepHistory(stack, `agora:${channel}`, 'stop-during-start');
  });
});

describe('a vendor that cannot be reached', () => {
  test('keeps no session from being stopped before it began', async () => {
    const nowhere = `http://127.0.0.1:${await freePort('127.0.0.1')}`;
    const lonely = await startStack({ environment: { AGORA_BASE_URL: nowhere } });
    try {
      const body = { provider: 'agora', channel: 'far', languages: ['en-US'] };
      await lonely.api('POST', '/v1/sessions', body, { prefer: 'wait=1' });
      const path = '/v1/sessions/agora:far';
      expect(await stopSession(lonely, path)).toMatchObject({ status: 'stopped', task: null });
    } finally {
      await lonely.stop();
    }
  });
});

describe.concurrent('an update', () => {
  test.for([
    ['lost after it took effect', { kind: 'lost-response' }],
    ['lost before it took effect', { kind: 'reset' }],
    ['answered with 500', { kind: 'status', status: 500 }],
    ['throttled', { kind: 'status', status: 429, retryAfterSeconds: 6 }],
  ] as const)(
    'that is %s is sent again with the next sequence id, in time',
    async ([name, fault]) => {
      const channel = `update ${name}`;
      const path = await startSession(stack, channel);
      inject(channel, 'update', fault);
      await stack.api('PATCH', path, { languages: ['fr-FR'] }, { prefer: 'wait=30' });
      expect(updatesOf(stack, channel).map(({ query }) => query['sequenceId'])).toEqual(['1', '2']);
      expect(tasksOf(stack, channel)).toMatchObject([{ languages: ['fr-FR'] }]);
      expect(rulesBroken(stack, channel)).toEqual([]);
      await stopSession(stack, path);
      await keepHistory(stack, `agora:${channel}`, `update-${name.replaceAll(' ', '-')}`);
    },
  );

  test('whose outcome is unknown is undone at the vendor too when the change is undone', async () => {
    const channel = 'doubt';
    const path = await startSession(stack, channel);
    inject(channel, 'update', { kind: 'lost-response' });
    await stack.api('PATCH', path, { languages: ['fr-FR'] });
    await untilSession(stack, path, { sequenceId: 1 });
    await stack.api('PATCH', path, { languages: ['en-US'] }, { prefer: 'wait=20' });
    expect(tasksOf(stack, channel)).toMatchObject([{ languages: ['en-US'] }]);
    expect(updatesOf(stack, channel)).toHaveLength(2);
    await stopSession(stack, path);
    await keepHistory(stack, `agora:${channel}`, 'update-undone-in-doubt');
  });

  test('in flight does not delay a stop', async () => {
    const channel = 'slow update';
    const path = await startSession(stack, channel);
    inject(channel, 'update', { kind: 'latency', ms: 8_000 });
    await stack.api('PATCH', path, { languages: ['fr-FR'] });
    await eventually(() => expect(updatesOf(stack, channel).length).toBe(1));
    const body = await stopSession(stack, path);
    await keepHistory(stack, `agora:${channel}`, 'stop-during-update');
    expect(body).toMatchObject({ status: 'stopped', appliedRevision: 0 });
    expect(callsOf(stack, channel, 'update', 'leave')).toEqual(['update', 'leave']);
  });
});

describe.concurrent('a task', () => {
  test.for([
    ['idle', { status: 'stopped', endReason: 'idle' }],
    ['left', { status: 'stopped', endReason: 'vendor' }],
  ] as const)('that ends by itself (%s) ends its session', async ([cause, expected]) => {
    const channel = `end ${cause}`;
    const path = await startSession(stack, channel);
    stack.simulator.endTask(agentOf(channel), cause);
    expect(await untilSession(stack, path, expected)).toMatchObject({ failure: null });
    await keepHistory(stack, `agora:${channel}`, `end-${cause}`);
  });

  test('that fails is followed by another one with what was applied', async () => {
    const channel = 'failing';
    const path = await startSession(stack, channel);
    await stack.api('PATCH', path, { languages: ['fr-FR'] }, { prefer: 'wait=20' });
    stack.simulator.endTask(agentOf(channel), 'failed');
    await untilSession(stack, path, { status: 'running', generation: 2, sequenceId: 0 });
    expect(tasksOf(stack, channel)).toMatchObject([
      { status: 'FAILED' },
      { languages: ['fr-FR'], status: expect.stringMatching(/STARTING|RUNNING/) },
    ]);
    await stopSession(stack, path);
    await keepHistory(stack, `agora:${channel}`, 'restart');
  });

  test(
    'that the vendor no longer knows for 90 s counts as gone',
    { timeout: 150_000 },
    async () => {
      const channel = 'vanished';
      const path = await startSession(stack, channel);
      stack.simulator.endTask(agentOf(channel), 'vanished');
      await stack.api('PATCH', path, { languages: ['fr-FR'] });
      const gone = { status: 'stopped', endReason: 'vendor' };
      await eventually(async () => {
        expect((await stack.api('GET', path)).body).toMatchObject(gone);
      }, 140_000);
      const sinceMs = Date.parse(tasksOf(stack, channel)[0]?.endedAt ?? '');
      expect(updatesOf(stack, channel)).toHaveLength(1);
      const { body } = await stack.api('GET', path);
      expect(Date.parse(String(body['endedAt'])) - sinceMs).toBeGreaterThanOrEqual(90_000);
      await keepHistory(stack, 'agora:vanished', 'end-vanished');
    },
  );
});

describe.concurrent('a stop', () => {
  test('is tried until the vendor confirms it', async () => {
    const channel = 'hard to stop';
    const path = await startSession(stack, channel);
    inject(channel, 'leave', { kind: 'status', status: 503 }, 2);
    await stopSession(stack, path);
    expect(callsOf(stack, channel, 'leave')).toHaveLength(3);
    expect(tasksOf(stack, channel)).toMatchObject([{ status: 'STOPPED' }]);
  });

  test('of a task that is gone already is a success', async () => {
    const channel = 'gone';
    const path = await startSession(stack, channel);
    inject(channel, 'leave', { kind: 'lost-response' });
    const body = await stopSession(stack, path);
    expect(body).toMatchObject({ status: 'stopped', endReason: 'requested', failure: null });
  });
});

describe('a vendor that no longer answers for a task that has ended', () => {
  test('still tells by its list how it ended', async () => {
    const forgetful = await startStack({ simulator: { endedQuery: 'not-found' } });
    try {
      const [idle, failing] = await Promise.all([
        startSession(forgetful, 'idle'),
        startSession(forgetful, 'failing'),
      ]);
      forgetful.simulator.endTask(tasksOf(forgetful, 'idle')[0]?.agentId ?? '', 'idle');
      forgetful.simulator.endTask(tasksOf(forgetful, 'failing')[0]?.agentId ?? '', 'failed');
      await untilSession(forgetful, idle, { status: 'stopped', endReason: 'idle' });
      await untilSession(forgetful, failing, { status: 'running', generation: 2 });
      expect(callsOf(forgetful, 'idle', 'leave')).toEqual([]);
      await stopSession(forgetful, failing);
    } finally {
      await forgetful.stop();
    }
  });
});
