import { describe, expect, test } from 'vitest';
import { latenessOf, type VendorCall } from '../../bench/lateness.ts';
import { during, each } from '../../bench/load.ts';
import { distribution, quantile, spreadOf } from '../../bench/statistics.ts';

describe('of what was measured', () => {
  test('a quantile lies between the two values next to it', () => {
    expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
    expect(quantile([10, 20, 30], 0.99)).toBeCloseTo(29.8);
    expect(quantile([7], 0.99)).toBe(7);
    expect(quantile([], 0.5)).toBeNaN();
  });

  test('a spread tells the median and the extremes', () => {
    expect(spreadOf([9, 1, 5])).toEqual({ median: 5, least: 1, most: 9 });
  });

  test('a distribution ends with the largest value', () => {
    expect(distribution([3, 1, 2], 2)).toEqual([
      { x: 1, y: 0 },
      { x: 2, y: 0.5 },
      { x: 3, y: 1 },
    ]);
  });
});

describe('a load', () => {
  test('does everything once, with no more callers than were told', async () => {
    const done: number[] = [];
    let [atOnce, most] = [0, 0];
    const { operations, latenciesMs } = await each([1, 2, 3, 4, 5], 2, async (item) => {
      atOnce += 1;
      most = Math.max(most, atOnce);
      await Promise.resolve();
      atOnce -= 1;
      done.push(item);
    });
    expect(done).toEqual([1, 2, 3, 4, 5]);
    expect({ operations, most, measured: latenciesMs.length }).toEqual({
      operations: 5,
      most: 2,
      measured: 5,
    });
  });

  test('that fails says so', async () => {
    await expect(
      during(1, 2, async () => {
        throw new Error('no answer');
      }),
    ).rejects.toThrow('no answer');
  });
});

describe('lateness', () => {
  const tasks = new Set(['a']);
  const gap = 5_000;

  test('counts from when the vendor takes the next call', () => {
    const calls: VendorCall[] = [
      ['a', 1_000, 1_010],
      ['b', 1_500, 1_600],
      ['a', 6_030, 6_050],
    ];
    expect(latenessOf(calls, tasks, new Map(), gap)).toEqual({ lateMs: [20], early: 0 });
  });

  test('counts from when it was wanted, where that was later', () => {
    const calls: VendorCall[] = [
      ['a', 1_000, 1_010],
      ['a', 9_007, 9_010],
    ];
    const sent = new Map([['a', [500, 9_000, 9_500]]]);
    expect(latenessOf(calls, tasks, sent, gap).lateMs).toEqual([7]);
  });

  test('tells of a call that was too early', () => {
    const calls: VendorCall[] = [
      ['a', 1_000, 1_010],
      ['a', 6_009, 6_020],
    ];
    expect(latenessOf(calls, tasks, new Map(), gap)).toEqual({ lateMs: [-1], early: 1 });
  });
});
