import { fileURLToPath } from 'node:url';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { expect, test } from 'vitest';
import * as workflows from '../src/workflows/index.ts';
import { goldenHistories, readableText, readHistory, replay } from './support/histories.ts';
import { SECRETS, secretsIn, SIGNED } from './support/secrets.ts';

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

test('no golden history has a secret, a token or a phone number', () => {
  const found = goldenHistories().flatMap(({ name, history }) => {
    const text = Buffer.from(readableText(history));
    return secretsIn(text, [...SECRETS, ...SIGNED]).map((secret) => `${name}: ${secret}`);
  });
  expect(found).toEqual([]);
});
