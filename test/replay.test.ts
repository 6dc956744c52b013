import { fileURLToPath } from 'node:url';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { expect, test } from 'vitest';
import {
  SIMULATED_AGORA,
  SIMULATED_S3,
  SIMULATED_VIDEOSDK,
  SIMULATED_VONAGE,
} from '../simulators/credentials.ts';
import * as workflows from '../src/workflows/index.ts';
import { goldenHistories, readableText, readHistory, replay } from './support/histories.ts';
import { EVENT_SECRET } from './support/stack.ts';

test("today's workflows replay every golden history", async () => {
  Runtime.install({ logger: new DefaultLogger('WARN') });
  // Others can be tried too: docs/changing-workflows.md.
  const others = process.env['REPLAY']?.split(',') ?? [];
  const golden = [...goldenHistories(), ...others.map(readHistory)];
  const results = await replay(fileURLToPath(new URL('..', import.meta.url)), golden);
  expect(golden).not.toEqual([]);
  expect(results).toStrictEqual(Object.fromEntries(golden.map(({ name }) => [name, undefined])));
});

test('every type of workflow has a golden history', () => {
  const types = goldenHistories().map(({ type }) => type);
  expect(new Set(types)).toEqual(new Set(Object.keys(workflows)));
});

const { customerId, customerSecret, appCertificate } = SIMULATED_AGORA;
const SECRETS = [
  appCertificate,
  customerSecret,
  Buffer.from(`${customerId}:${customerSecret}`).toString('base64'),
  SIMULATED_VIDEOSDK.secret,
  SIMULATED_S3.secretAccessKey,
  SIMULATED_VONAGE.signatureSecret,
  EVENT_SECRET,
  'PRIVATE KEY',
  'whsec_',
  'X-Amz-Signature',
  'secret words',
  'topsecret',
  // A JWT, a token of Agora's, and the phone numbers of the tests.
  /eyJ[\w-]{10,}\.eyJ/,
  /007[A-Za-z0-9+/=]{20}/,
  /4477009\d{5}/,
];

test('no golden history has a secret, a token or a phone number', () => {
  const found = goldenHistories().flatMap(({ name, history }) => {
    const text = readableText(history);
    const isIn = (secret: string | RegExp) =>
      typeof secret === 'string' ? text.includes(secret) : secret.test(text);
    return SECRETS.filter(isIn).map((secret) => `${name}: ${String(secret)}`);
  });
  expect(found).toEqual([]);
});
