import { fastify } from 'fastify';
import { expect, onTestFinished, test, vi } from 'vitest';
import { parseConfig } from '../src/config.ts';
import { CodecAccess } from '../src/http/codec/access.ts';
import { ENCRYPTION_KEY } from './support/stack.ts';

test('a pass is good for twelve hours', async () => {
  const { apiKeys, encryptionKeys } = parseConfig({
    DURASCRIBE_API_KEYS: 'operator:write:write-key-of-an-operator',
    DURASCRIBE_ENCRYPTION_KEYS: ENCRYPTION_KEY,
  });
  const access = new CodecAccess({
    apiKeys,
    encryptionKeys,
    temporalUiUrl: 'https://temporal.example.com',
    publicUrl: null,
  });
  const app = fastify();
  app.post('/codec/decode', async (asked) => (await access.keyOf(asked))?.name ?? 'nobody');
  onTestFinished(() => app.close());
  const [key] = apiKeys;
  if (key === undefined) throw new Error('there is no key');
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => void vi.useRealTimers());
  const [cookie = ''] = (await access.passFor(key))?.split(';') ?? [];
  const whose = async () =>
    (await app.inject({ method: 'POST', url: '/codec/decode', headers: { cookie } })).body;
  vi.setSystemTime(Date.now() + 43_199_000);
  expect(await whose()).toBe('operator');
  vi.setSystemTime(Date.now() + 2_000);
  expect(await whose()).toBe('nobody');
});
