import { CancelledFailure } from '@temporalio/common';
import { fastify } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ProviderError } from '../../src/providers/errors.ts';
import { measured, observed, type ProviderCall } from '../../src/providers/measured.ts';
import { objectStore } from '../../src/storage/object-store.ts';

/** A store that answers as the key says: with a status, or never. */
const store = fastify({ forceCloseConnections: true });
store.get<{ Params: { '*': string } }>('/*', async (request, reply) => {
  const status = Number(request.params['*'].split('/').at(-1));
  if (status === 0) return new Promise(() => {});
  return reply.code(status).type('application/xml').send('<Error><Code>Some</Code></Error>');
});
let url: string;
beforeAll(async () => {
  url = await store.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(() => store.close());

async function outcomeOf(work: () => Promise<unknown>): Promise<string> {
  const calls: ProviderCall[] = [];
  const call = { provider: 'agora', operation: 'look' };
  await observed(call, work, (one) => calls.push(one)).catch(() => undefined);
  expect(calls).toMatchObject([call]);
  return calls[0]?.outcome ?? '';
}

test.for<[string, unknown]>([
  ['rejected', new ProviderError('rejected', 'no')],
  ['not-found', new ProviderError('not-found', 'no')],
  ['timeout', new ProviderError('unavailable', 'no answer', { isTimeout: true })],
  ['unavailable', new ProviderError('unavailable', 'no answer')],
  ['aborted', new CancelledFailure('CANCELLED')],
  ['internal', new TypeError('undefined is not a function')],
])('a call that fails is told as %s', async ([outcome, error]) => {
  expect(await outcomeOf(() => Promise.reject(error))).toBe(outcome);
});

test.for<[string, string]>([
  ['rejected', '403'],
  ['throttled', '429'],
  ['unavailable', '500'],
  ['timeout', '0'],
])('an object store’s own error is told as %s', async ([outcome, key]) => {
  const calls: ProviderCall[] = [];
  const credentials = { accessKeyId: 'id', secretAccessKey: 'secret' };
  const bucket = { bucket: 'some', region: 'us-east-1', forcePathStyle: true, endpoint: url };
  const s3 = measured('s3', objectStore({ ...bucket, credentials }, 500), (call) =>
    calls.push(call),
  );
  expect(s3.bucket).toBe('some');
  await expect(s3.read(key)).rejects.toThrow(/./);
  expect(calls).toMatchObject([{ provider: 's3', operation: 'read', outcome }]);
});

test('what a provider does not have stays missing, and what it returns is returned', async () => {
  const calls: ProviderCall[] = [];
  const provider = { name: 'agora', update: null, look: async (id: string) => `${id} runs` };
  const one = measured('agora', provider, (call) => calls.push(call));
  expect([one.name, one.update, await one.look('task')]).toEqual(['agora', null, 'task runs']);
  expect(calls).toMatchObject([{ operation: 'look', outcome: 'ok' }]);
  expect(calls[0]?.seconds).toBeGreaterThanOrEqual(0);
});
