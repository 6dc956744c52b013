import { expect, test } from 'vitest';
import { usualCachedSessions } from '../src/temporal/cached-sessions.ts';

test('a worker keeps no more sessions in memory than its heap takes', () => {
  expect(usualCachedSessions(100)).toBe(10);
  expect(usualCachedSessions(712)).toBe(300);
  expect(usualCachedSessions(4_096)).toBe(1_000);
});
