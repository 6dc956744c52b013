import { expect, test } from 'vitest';
import { naturalSessionId, sessionIdFault } from '../../src/domain/identity.ts';
import { backoffMs, nextUpdateAtMs, rotateAtMs } from '../../src/domain/spacing.ts';

test("the next update waits 5 s, or the vendor's Retry-After if that is longer", () => {
  expect(nextUpdateAtMs(1_000)).toBe(6_000);
  expect(nextUpdateAtMs(1_000, 2_000)).toBe(6_000);
  expect(nextUpdateAtMs(1_000, 9_000)).toBe(10_000);
});

test('tries of a start back off from 1 s to 30 s, and no less than the vendor asks for', () => {
  expect([1, 2, 3, 6, 20].map((attempt) => backoffMs(attempt))).toEqual([
    1_000, 2_000, 4_000, 30_000, 30_000,
  ]);
  expect(backoffMs(1, 60_000)).toBe(60_000);
});

test('an id of the caller must not pass for a natural one', () => {
  const natural = naturalSessionId('agora', 'room-1');
  expect(natural).toBe('agora:room-1');
  expect(sessionIdFault(natural, natural)).toBeNull();
  expect(sessionIdFault('my-session_1.a:b', natural)).toBeNull();
  expect(sessionIdFault('agora:room-2', natural)).toContain('agora:room-1');
  for (const prefix of ['agora-legacy', 'videosdk', 'vonage', 'vonage-call', 'media']) {
    expect(sessionIdFault(`${prefix}:x`, natural)).toContain(prefix);
  }
  for (const id of ['', 'a b', 'a/b', 'ä', 'x'.repeat(129)]) {
    expect(sessionIdFault(id, natural)).toContain('1 to 128');
  }
});

test('a task is replaced after four fifths of its life, or 10 minutes before its end', () => {
  expect(rotateAtMs(0, 50_000)).toBe(40_000);
  expect(rotateAtMs(0, 86_400_000)).toBe(85_800_000);
});
