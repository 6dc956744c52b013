import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { labelled, list, listAll, untilListed, untilNextRun } from './support/lists.ts';
import { startSession, startStack, stopSession, type Stack } from './support/stack.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.stop());

test('the list leaves out none that goes on in a new run while pages are read', async () => {
  const { metadata, query } = labelled();
  const names = ['list-run-0', 'list-run-1', 'list-run-2'];
  for (const name of names) await startSession(stack, name, { metadata });
  const [first = '', ...others] = names.map((name) => `agora:${name}`);
  await untilListed(stack, query, [...others.toReversed(), first]);
  const ids = await listAll(stack, query, 1, async () => {
    await untilNextRun(stack, first);
    await untilListed(stack, query, [first, ...others.toReversed()]);
  });
  expect(ids).toEqual([...others.toReversed(), first]);
  for (const name of names) await stopSession(stack, `/v1/sessions/agora:${name}`);
});

describe('a page', () => {
  const { metadata, query } = labelled();
  const names = Array.from({ length: 5 }, (_, index) => `agora:page-${index}`);
  beforeAll(async () => {
    for (const name of names) await startSession(stack, name.slice(6), { metadata });
    await untilListed(stack, query, names.toReversed());
  });
  afterAll(async () => {
    for (const name of names) await stopSession(stack, `/v1/sessions/${name}`);
  });

  test('is followed by the next one, and none is left out or there twice', async () => {
    expect(await listAll(stack, query, 2)).toEqual(names.toReversed());
  });

  test('that has everything is the last', async () => {
    expect((await list(stack, `${query}&pageSize=100`)).next).toBeNull();
  });

  test('is asked for with the filters of the one before', async () => {
    const { next } = await list(stack, `${query}&pageSize=2`);
    const path = `/v1/sessions?${query}&status=running&pageToken=${next}`;
    expect((await stack.api('GET', path)).status).toBe(400);
  });

  test('is not at a token that was cut', async () => {
    const { next } = await list(stack, `${query}&pageSize=2`);
    for (let length = 1; length < (next ?? '').length; length += 1) {
      const path = `/v1/sessions?${query}&pageToken=${next?.slice(0, length)}`;
      const { status, body } = await stack.api('GET', path);
      expect([length, status, body['detail']]).toEqual([
        length,
        400,
        expect.stringContaining('pageToken'),
      ]);
    }
  });

  test.for<[string, boolean]>([
    ['startedSince=0000-01-01T00:00:00Z', true],
    ['changedSince=0000-01-01T00:00:00Z', true],
    ['startedSince=9999-12-31T23:59:59-23:59', false],
    ['changedSince=9999-12-31T23:59:59-23:59', false],
  ])('with %s has what there is', async ([since, isAll]) => {
    expect((await list(stack, `${query}&${since}`)).ids).toEqual(isAll ? names.toReversed() : []);
  });

  test.for<[string]>([
    ['pageSize=0'],
    ['pageSize=0x10'],
    ['pageSize=1e1'],
    ['pageSize=%205'],
    ['pageSize=101'],
    ['pageSize=1.5'],
    ['pageSize=many'],
    ['pageSize='],
    ['pageToken='],
    ['pageToken=nonsense'],
    ['pageToken=AAAAAAAAAAAAAAAAAAAAAAAAAAAA'],
    ['provider=nobody'],
    ['status=asleep'],
    ['status=running&status=failed'],
    ['channel='],
    ['startedSince=yesterday'],
    ['changedSince=2026-01-01'],
    ['changedSince=2026-02-30T00:00:00Z'],
    ['metadata=team'],
    ['metadata==support'],
    ['language=en-US'],
  ])('with %s is a 400 that names it', async ([wrong]) => {
    const answer = await stack.api('GET', `/v1/sessions?${wrong}`);
    expect(answer).toMatchObject({ status: 400, body: { status: 400 } });
    expect(String(answer.body['detail'])).toContain(wrong.split('=')[0]);
  });

  test.for<[string]>([[`it's`], ['"'], ['\\'], ['\u0000'], ["' OR 1=1 --"], ['♡'], ['%']])(
    'of the channel %j is empty',
    async ([channel]) => {
      const { ids, next } = await list(stack, `channel=${encodeURIComponent(channel)}`);
      expect({ ids, next }).toEqual({ ids: [], next: null });
    },
  );
});
