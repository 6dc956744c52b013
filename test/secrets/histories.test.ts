import { deflateSync } from 'node:zlib';
import { Client, Connection } from '@temporalio/client';
import { expect, inject, onTestFinished, test } from 'vitest';
import { SIMULATED_AGORA } from '../../simulators/credentials.ts';
import { startEmbeddedServer } from '../../src/temporal/embedded-server.ts';
import { scanTemporal } from '../support/kept-by-temporal.ts';
import { dataConverterOf, ENCRYPTION_KEY } from '../support/stack.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const TOKEN = `007${deflateSync('a token of the kind that Agora has').toString('base64')}`;
const BUILDER_TOKEN = 'aB3'.repeat(43).slice(0, 128);

test('a secret is found wherever it may be kept', async () => {
  const server = await startEmbeddedServer();
  onTestFinished(() => server.stop());
  const { address } = server;
  const connection = await Connection.connect({ address });
  onTestFinished(() => connection.close());
  const inTheClear = new Client({ connection }).workflow;
  const dataConverter = dataConverterOf({ DURASCRIBE_ENCRYPTION_KEYS: ENCRYPTION_KEY });
  const encrypting = new Client({ connection, dataConverter }).workflow;
  const start = (workflow: typeof encrypting, workflowId: string, more: object) =>
    workflow.start('nothing', { workflowId, taskQueue: 'nobody', ...more });
  const { customerSecret } = SIMULATED_AGORA;
  const basic = base64(`id:${customerSecret}`);

  await start(encrypting, 'fine', { args: [{ builderToken: BUILDER_TOKEN }] });
  await start(encrypting, 'encrypted', { args: [{ token: TOKEN }] });
  await start(inTheClear, 'input', { args: [{ headers: { authorization: `Basic ${basic}` } }] });
  await start(inTheClear, 'nested', { args: [base64(base64(`?${base64(customerSecret)}`))] });
  await start(inTheClear, 'memo', { memo: { said: 'Hello, can you hear me?' } });
  await start(inTheClear, 'summary', { staticSummary: BUILDER_TOKEN });
  await start(inTheClear, 'of 447700900003', {});
  const url = 'https://s3.example.com/audio.mp3?X-Amz-Signature=0a60aa';
  const signal = await start(encrypting, 'signal', {});
  await inTheClear.getHandle('signal', signal.firstExecutionRunId).signal('news', url);
  const reason = `over: ${TOKEN}`;
  await (await start(encrypting, 'terminated', {})).terminate(reason);

  await expect.poll(async () => (await scanTemporal(address)).runs).toBe(9);
  const { found } = await scanTemporal(address);
  expect(found).toEqual([
    "encrypted: Agora's token, encrypted",
    'input: the customer secret',
    "memo: a transcript's text",
    'nested: the customer secret',
    'of 447700900003: a phone number',
    "signal: a presigned URL's signature",
    'summary: a builderToken',
    "terminated: Agora's token",
  ]);
});

test('no history of the tests has a secret, a token, a phone number or a transcript in the clear', async () => {
  const { runs, found } = await scanTemporal(inject('temporalAddress'));
  // There are none when no other test has run before.
  expect(runs).toBeGreaterThan(0);
  expect(found).toEqual([]);
});
