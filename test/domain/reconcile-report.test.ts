import { expect, test } from 'vitest';
import {
  cut,
  dueRuns,
  listed,
  progressAfter,
  progressed,
  roomFor,
  type OpenRun,
  type Progress,
} from '../../src/domain/reconcile-report.ts';

const NOW = new Date('2026-01-10T00:00:00.000Z');
const MIB = 1_048_576;

function runs(count: number, tries = 1): OpenRun[] {
  return Array.from({ length: count }, (_, index) => ({
    sessionId: `agora:${String(index).padStart(200, 'x')}`,
    runId: `01a1fe37-0000-0000-0000-${String(index).padStart(12, '0')}`,
    closedAt: new Date(NOW.getTime() - 60_000 + index).toISOString(),
    tries,
    triedAt: NOW.toISOString(),
  }));
}

function progress(more: Partial<Progress>): Progress {
  return { ...progressAfter(undefined, NOW), ...more };
}

test('a report is never too large for Temporal, however much there is to tell', () => {
  const full = progress({ open: runs(1_000) });
  expect(roomFor(100, full)).toBe(0);
  const { settled, ...rest } = progressed(full, NOW.toISOString(), {
    open: full.open,
    settled: runs(10_000),
    unowned: Array.from({ length: 400 }, () => 'x'.repeat(128)),
  });
  const told = { sessionId: 'x'.repeat(1_000), message: cut('x'.repeat(100_000)) };
  const lists = [0, 1, 2, 3].map(() => listed(Array.from({ length: 5_000 }, () => told)));
  expect(JSON.stringify({ settled, rest, lists }).length).toBeLessThan(2 * MIB);
});

test('what is open is not forgotten for what is new', () => {
  const open = runs(950);
  expect(roomFor(100, progress({ open }))).toBe(50);
  expect(
    progressed(progress({ open }), NOW.toISOString(), { open, settled: [], unowned: [] }),
  ).toMatchObject({ open });
});

test('so many ends at once that they can’t all be told from new ones are not looked at again', () => {
  const settled = runs(2_500);
  const after = progressed(progress({}), NOW.toISOString(), { open: [], settled, unowned: [] });
  expect(after.settled).toHaveLength(2_000);
  expect(after.since).toBe(settled[499]?.closedAt);
  expect(progressAfter({ progress: after }, NOW)).toEqual(after);
});

test('what was tried in vain for long is tried once an hour', () => {
  const often = progress({ open: runs(3, 12) });
  expect(dueRuns(often, NOW.getTime() + 300_000)).toEqual({ due: [], later: often.open });
  expect(dueRuns(often, NOW.getTime() + 3_600_000).due).toHaveLength(3);
  const many = dueRuns(progress({ open: runs(150) }), NOW.getTime());
  expect([many.due.length, many.later.length]).toEqual([100, 50]);
});
