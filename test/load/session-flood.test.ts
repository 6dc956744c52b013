import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rulesBroken, updatesOf } from '../support/ledger.ts';
import { startSession, startStack, stopSession, type Stack } from '../support/stack.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.stop());

const ENDLESS = { maxDurationSeconds: 0 };

describe('a session', () => {
  test(
    'accepts a flood or says when to come again, and pays with a handful of calls',
    { timeout: 120_000 },
    async () => {
      const path = await startSession(stack, 'flood', ENDLESS);
      const statuses = new Map<number, number>();
      const waits = new Set<string | null>();
      let sent = 0;
      const sender = async () => {
        while (sent < 10_000) {
          sent += 1;
          const change = { subscribeAudioUids: [String(sent)] };
          const { status, headers } = await stack.api('PATCH', path, change);
          statuses.set(status, (statuses.get(status) ?? 0) + 1);
          if (status !== 202) waits.add(headers.get('retry-after'));
        }
      };
      await Promise.all(Array.from({ length: 150 }, sender));
      expect([202, 429, 503]).toEqual(expect.arrayContaining([...statuses.keys()]));
      expect([...waits].filter((seconds) => !(Number(seconds) > 0))).toEqual([]);
      const { body } = await stack.api('GET', path);
      // Of a 503 nothing is known to be stored.
      expect(body['revision']).toBeGreaterThanOrEqual(statuses.get(202) ?? Infinity);
      await stopSession(stack, path);
      expect(updatesOf(stack, 'flood').length).toBeLessThan(20);
      expect(rulesBroken(stack, 'flood')).toEqual([]);
    },
  );

  test(
    'that cannot start yet keeps its history bounded under a flood',
    { timeout: 120_000 },
    async () => {
      const fault = { kind: 'status', status: 429, retryAfterSeconds: 300 } as const;
      stack.simulator.inject({ operation: 'join', channel: 'waiting', fault, times: 9 });
      const body = { provider: 'agora', channel: 'waiting', languages: ['en-US'] };
      await stack.api('POST', '/v1/sessions', body);
      const path = '/v1/sessions/agora:waiting';
      const statuses = new Set<number>();
      let sent = 0;
      const sender = async () => {
        while (sent < 10_000 && !statuses.has(429)) {
          sent += 1;
          const { status } = await stack.api('PATCH', path, { subscribeAudioUids: [String(sent)] });
          statuses.add(status);
        }
      };
      await Promise.all(Array.from({ length: 10 }, sender));
      expect(statuses).toEqual(new Set([202, 429]));
      const { historyLength } = await stack.client.workflow.getHandle('agora:waiting').describe();
      expect(historyLength).toBeLessThan(6_000);
      expect(await stopSession(stack, path)).toMatchObject({ endReason: 'requested', task: null });
    },
  );
});
