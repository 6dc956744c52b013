import { expect, test } from 'vitest';
import {
  callbackId,
  deliveryWorkflowId,
  isDeliveryOf,
  meaningOf,
  MOST_TRIES,
  pauseMs,
} from '../../src/domain/callbacks.ts';

const RUN = '0198a1b2-0000-7000-8000-000000000001';

test('a callback is tried ten times, over the 75 hours and 35 minutes of the specification', () => {
  const pauses = Array.from({ length: MOST_TRIES - 1 }, (_, index) => pauseMs(index + 1, 0.5) ?? 0);
  expect(pauses.map((pause) => pause / 1_000)).toEqual([
    5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400,
  ]);
  expect(pauses.reduce((sum, pause) => sum + pause)).toBe(((75 * 60 + 35) * 60 + 5) * 1_000);
  expect(pauseMs(MOST_TRIES, 0.5)).toBeNull();
});

test('a pause is up to a tenth shorter or longer', () => {
  expect(pauseMs(2, 0)).toBe(270_000);
  expect(pauseMs(2, 0.999_999)).toBe(330_000);
});

test('a receiver may ask for a longer pause, of a day at most, and for no shorter one', () => {
  expect(pauseMs(1, 0.5, 60_000)).toBe(60_000);
  expect(pauseMs(2, 0.5, 60_000)).toBe(300_000);
  expect(pauseMs(1, 0.5, 10 ** 12)).toBe(86_400_000);
  expect(pauseMs(MOST_TRIES, 0.5, 60_000)).toBeNull();
});

test('a 2xx is a success, a 410 the last word, and anything else a failure', () => {
  expect([200, 204, 299].map(meaningOf)).toEqual(['delivered', 'delivered', 'delivered']);
  expect(meaningOf(410)).toBe('gone');
  expect([null, 199, 301, 404, 429, 500].map(meaningOf)).toEqual(Array(6).fill('failed'));
});

test('a delivery belongs to one session, whatever the ids of others begin with', () => {
  const id = callbackId(RUN, 3);
  expect(id).not.toContain('.');
  expect(deliveryWorkflowId('agora:room', id)).toBe(`callback:agora:room:${RUN}:3`);
  expect(isDeliveryOf('agora:room', `callback:agora:room:${RUN}:3`)).toBe(true);
  expect(isDeliveryOf('agora:room', `callback:agora:room:two:${RUN}:3`)).toBe(false);
  for (const other of ['msg_1', `${RUN}_3`, `msg_${RUN}_x`, `msg_${RUN}_1:2`]) {
    expect(deliveryWorkflowId('agora:room', other)).toBeNull();
  }
});
