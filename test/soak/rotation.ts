import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Fault } from '../../simulators/agora/faults.ts';
import { gapsMs, rulesBroken, tasksOf, updatesOf } from '../support/ledger.ts';
import { startSession, startStack, stopSession, type Stack } from '../support/stack.ts';

const SECONDS = Number(process.env['SOAK_SECONDS'] ?? 600);
/** Tokens of this length are replaced after four fifths of it: every 30 s. */
const TOKEN_SECONDS = 38;
const CHANGE_EVERY_MS = 200;
const FAULT_EVERY_MS = 4_000;
/** A stop is tried again after a second, and after two. */
const LONGEST_OVERLAP_MS = 6_000;

const FAULTS: readonly Pick<Fault, 'operation' | 'fault'>[] = [
  { operation: 'update', fault: { kind: 'lost-response' } },
  { operation: 'update', fault: { kind: 'reset' } },
  { operation: 'update', fault: { kind: 'status', status: 503 } },
  { operation: 'update', fault: { kind: 'status', status: 429, retryAfterSeconds: 6 } },
  { operation: 'join', fault: { kind: 'lost-response' } },
  { operation: 'join', fault: { kind: 'status', status: 503 } },
  { operation: 'query', fault: { kind: 'status', status: 500 } },
  { operation: 'query', fault: { kind: 'reset' } },
  { operation: 'leave', fault: { kind: 'lost-response' } },
  { operation: 'leave', fault: { kind: 'status', status: 503 } },
];

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ environment: { AGORA_MAX_TOKEN_SECONDS: String(TOKEN_SECONDS) } });
});
afterAll(() => stack.stop());

test(`a session under changes, faults and rotations for ${SECONDS} s`, async () => {
  const path = await startSession(stack, 'soak', { maxDurationSeconds: 0 });
  const handle = stack.client.workflow.getHandle('agora:soak');
  const runs = new Set<string>();
  const endAtMs = Date.now() + SECONDS * 1_000;
  let accepted = 0;
  let last: string[] = [];
  const changes = (async () => {
    while (Date.now() < endAtMs) {
      last = [String(accepted + 1)];
      const { status } = await stack.api('PATCH', path, { subscribeAudioUids: last });
      expect(status).toBe(202);
      accepted += 1;
      runs.add((await handle.describe()).runId);
      await delay(CHANGE_EVERY_MS);
    }
  })();
  for (let index = 0; Date.now() < endAtMs; index += 1) {
    const fault = FAULTS[index % FAULTS.length];
    if (fault) stack.simulator.inject({ ...fault, channel: 'soak' });
    await delay(FAULT_EVERY_MS);
  }
  await changes;
  stack.simulator.clearFaults();
  const settled = await stack.api('PATCH', path, { languages: ['fr-FR'] }, { prefer: 'wait=60' });
  const session = await stopSession(stack, path);

  const tasks = tasksOf(stack, 'soak');
  const seams = tasks.slice(1).map(({ startedAt }, index) => {
    const before = tasks[index]?.endedAt ?? '';
    return Date.parse(before) - Date.parse(startedAt);
  });
  const updates = updatesOf(stack, 'soak');
  const { historyLength } = await handle.describe();
  console.table({
    'changes accepted': accepted,
    'updates sent': updates.length,
    'least time between two, ms': Math.min(...gapsMs(stack, 'soak')),
    tasks: tasks.length,
    'longest gap without a task, ms': Math.max(0, ...seams.map((overlapMs) => -overlapMs)),
    'longest overlap of two, ms': Math.max(...seams),
    runs: runs.size,
    'events of the last run': historyLength,
    'rules broken': rulesBroken(stack, 'soak').length,
  });
  expect(settled.status).toBe(200);
  expect(session).toMatchObject({ revision: accepted + 1, appliedRevision: accepted + 1 });
  expect(tasks.at(-1)).toMatchObject({ languages: ['fr-FR'], subscribeAudioUids: last });
  expect(tasks.every(({ endedAt }) => endedAt !== null)).toBe(true);
  expect(rulesBroken(stack, 'soak')).toEqual([]);
  expect(Math.min(...seams)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...seams)).toBeLessThan(LONGEST_OVERLAP_MS);
});
