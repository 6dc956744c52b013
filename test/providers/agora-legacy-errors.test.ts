import { expect, test } from 'vitest';
import { meaningOf } from '../../src/providers/agora-legacy/errors.ts';

/** Agora's own table (Real-Time STT v6, Common errors): status, body, and what it means here. */
test.for<[number, unknown, Record<string, unknown>]>([
  [201, { taskId: 'T1' }, { kind: 'already-running', taskId: 'T1' }],
  [409, { message: 'conflict' }, { kind: 'already-running', taskId: null }],
  [400, { code: 49, reason: 'repeated' }, { kind: 'already-running', taskId: null }],
  [
    400,
    { message: 'The task has been started, current status is STARTED, taskId is T-2_x' },
    { kind: 'already-running', taskId: 'T-2_x' },
  ],
  [404, { message: 'The task is not found' }, { kind: 'gone' }],
  [400, { message: 'The task is not found' }, { kind: 'gone' }],
  [400, { code: 404 }, { kind: 'gone' }],
  [400, { message: 'malformed' }, { error: { kind: 'rejected', message: 'malformed' } }],
  [401, { message: 'Invalid authentication credentials' }, { error: { kind: 'rejected' } }],
  [429, { message: 'API rate limit exceeded' }, { error: { kind: 'throttled' } }],
  [200, '', { error: { kind: 'unavailable' } }],
  [206, { message: 'no host' }, { error: { kind: 'unavailable' } }],
  [408, {}, { error: { kind: 'unavailable' } }],
  [500, {}, { error: { kind: 'unavailable' } }],
  [504, {}, { error: { kind: 'unavailable' } }],
  [400, { message: 'invalid_appid!' }, { error: { kind: 'rejected' } }],
  [400, { message: 'body schema check fail, languages' }, { error: { kind: 'rejected' } }],
  [
    400,
    { message: 'the product name does not match with builderToken' },
    { error: { kind: 'rejected', facts: { isNameSpent: true } } },
  ],
  [
    400,
    { message: 'resourceId reaches out the limited time interval!' },
    { error: { kind: 'rejected', facts: { isNameSpent: true } } },
  ],
  [
    400,
    { message: 'The taskId does not match with builderToken.' },
    { error: { kind: 'rejected', facts: {} } },
  ],
  [400, { code: 1 }, { error: { kind: 'unavailable' } }],
  [
    400,
    { code: 2, reason: 'invalid parameter' },
    { error: { kind: 'rejected', message: 'invalid parameter' } },
  ],
  [400, { code: 6 }, { error: { kind: 'unavailable' } }],
  [400, { code: 20 }, { error: { kind: 'unavailable', facts: { retryAfterMs: 3_000 } } }],
  [400, { code: 23 }, { error: { kind: 'unavailable' } }],
  [400, { code: 53 }, { error: { kind: 'rejected' } }],
  [400, { code: 62 }, { error: { kind: 'rejected' } }],
  [400, { code: 501 }, { error: { kind: 'unavailable', facts: { retryAfterMs: 1_000 } } }],
  [400, { code: 502 }, { error: { kind: 'unavailable', facts: { retryAfterMs: 1_000 } } }],
  [400, { code: 504 }, { error: { kind: 'unavailable', facts: { retryAfterMs: 1_000 } } }],
  [400, { code: 1001 }, { error: { kind: 'rejected', facts: { isNameSpent: true } } }],
  [400, { code: 1003 }, { error: { kind: 'rejected', facts: { isNameSpent: true } } }],
])('%i %j', ([status, json, expected]) => {
  const response = { status, json, text: JSON.stringify(json), retryAfterMs: undefined };
  expect(meaningOf(response, 'Agora')).toMatchObject(expected);
});

test('code 62 is a network problem at a start, and final at an acquire', () => {
  const response = {
    status: 400,
    json: { code: 62 },
    text: '{"code":62}',
    retryAfterMs: undefined,
  };
  expect(meaningOf(response, 'Agora', 'start')).toMatchObject({ error: { kind: 'unavailable' } });
  expect(meaningOf(response, 'Agora')).toMatchObject({ error: { kind: 'rejected' } });
});
