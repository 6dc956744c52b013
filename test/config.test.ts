import { expect, test } from 'vitest';
import { parseConfig } from '../src/config.ts';

const AGORA = {
  AGORA_APP_ID: 'a'.repeat(32),
  AGORA_APP_CERTIFICATE: 'b'.repeat(32),
  AGORA_CUSTOMER_ID: 'id',
  AGORA_CUSTOMER_SECRET: 'secret',
};

test('an empty environment has defaults, and no provider', () => {
  expect(parseConfig({ AGORA_APP_ID: '' })).toEqual({
    host: '127.0.0.1',
    port: 3000,
    taskQueue: 'transcription',
    temporalUiUrl: 'http://127.0.0.1:8233',
    watchMs: 60_000,
    agora: null,
  });
});

test('a provider is on when its variables are set', () => {
  expect(parseConfig({ ...AGORA, AGORA_BASE_URL: 'http://127.0.0.1:4010/' }).agora).toMatchObject({
    baseUrl: 'http://127.0.0.1:4010',
    customerSecret: 'secret',
  });
});

test('all faults are told at once, by name and without a value', () => {
  const faulty = { DURASCRIBE_PORT: 'http', DURASCRIBE_HOST: '0.0.0.0', AGORA_APP_ID: 'topsecret' };
  const read = () => parseConfig(faulty);
  for (const name of ['DURASCRIBE_PORT', 'DURASCRIBE_HOST', 'AGORA_APP_ID', 'AGORA_CUSTOMER_ID']) {
    expect(read).toThrow(name);
  }
  expect(read).not.toThrow('topsecret');
});

test('a half-set provider is a fault that names what is missing', () => {
  const { AGORA_CUSTOMER_SECRET: _, ...half } = AGORA;
  expect(() => parseConfig(half)).toThrow(/AGORA_CUSTOMER_SECRET: must be set too/);
});
