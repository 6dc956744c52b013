import { afterAll, beforeAll, expect, test } from 'vitest';
import { diagnosis, sight } from './support/doctor.ts';
import { eventually, startSession, startStack, stopSession, type Stack } from './support/stack.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack?.stop());

test('what a missing key keeps unreadable is told, with that key', async () => {
  await stopSession(stack, await startSession(stack, 'locked'));
  const other = `2027:${Buffer.alloc(32, 9).toString('base64')}`;
  await eventually(async () => {
    const { code, findings } = await diagnosis(stack, { DURASCRIBE_ENCRYPTION_KEYS: other });
    expect(code).toBe(1);
    expect(sight(findings, 'encryption')).toMatchObject({
      outcome: 'fault',
      found: expect.stringContaining('the key "tests"'),
    });
  });
});
