import { randomBytes } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test, vi } from 'vitest';
import { SIMULATED_AGORA, SIMULATED_S3, SIMULATED_VIDEOSDK } from '../../simulators/credentials.ts';
import { freePort } from '../../src/local/ports.ts';
import { balance } from '../support/balancer.ts';
import { listedReceivers } from '../support/receiver.ts';
import { printed, startService, type Service } from '../support/service.ts';
import { CAPTIONS_BUCKET, eventually, prepareStack } from '../support/stack.ts';
import { Client } from './client.ts';
import { startDatabase } from './database.ts';
import { Players } from './players.ts';
import { startTemporal } from './temporal.ts';
import { recordedCalls, verdict } from './verdict.ts';

const BUNDLER = fileURLToPath(new URL('../../scripts/bundle-workflows.ts', import.meta.url));
const PATIENCE_MS = 120_000;
/** From the death of a process to its next life. */
const GONE_FOR_MS = 2_000;
/** How much has to be accepted after each death, for life to go on. */
const LIFE = 30;

const startedAtMs = Date.now();
function tell(mark: '✓' | '✗' | ' ', text: string): void {
  const seconds = ((Date.now() - startedAtMs) / 1_000).toFixed(1).padStart(6);
  console.log(`${seconds} s ${mark} ${text}`);
}

function secret(): string {
  return randomBytes(32).toString('hex');
}

/** A process that can be killed, and started again. */
type Mortal = {
  readonly name: string;
  kill(): Promise<void>;
  /** Returns when it is of use again. */
  start(): Promise<void>;
  /** What has to be seen while it is gone. */
  readonly meanwhile?: () => Promise<void>;
};

test('whichever process dies, nothing accepted is lost, and nothing is kept in the clear', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'durascribe-topology-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  // Who runs the database has to come to its folder in there.
  chmodSync(folder, 0o711);
  const [password, key] = [secret(), secret()];
  const database = await startDatabase(join(folder, 'postgresql'), password);
  onTestFinished(() => database.kill());
  tell(' ', 'PostgreSQL runs');
  const temporal = await startTemporal(folder, database.environment);
  onTestFinished(() => temporal.kill());
  tell(' ', 'Temporal runs on it');

  const bundle = join(folder, 'workflow-bundle');
  execFileSync(process.execPath, [BUNDLER, bundle], { stdio: 'pipe' });
  const receivers = await listedReceivers(1);
  const receiver = receivers.one();
  await receiver.up();
  onTestFinished(async () => void (await receivers.close()));
  const encryptionKey = randomBytes(32).toString('base64');
  const stack = await prepareStack({
    temporalAddress: temporal.address,
    environment: {
      ...receivers.environment,
      NODE_ENV: 'production',
      DURASCRIBE_WORKFLOW_BUNDLE: bundle,
      DURASCRIBE_API_KEYS: `topology:${key}`,
      DURASCRIBE_ENCRYPTION_KEYS: `topology:${encryptionKey}`,
      DURASCRIBE_WEBHOOK_SECRET: `whsec_${randomBytes(32).toString('base64')}`,
      DURASCRIBE_RECONCILE_SECONDS: '10',
      DURASCRIBE_JOB_POLL_SECONDS: '2',
      AGORA_LEGACY: 'true',
      AGORA_CAPTION_STORAGE_REGION: '0',
      AGORA_CAPTION_STORAGE_BUCKET: CAPTIONS_BUCKET,
      AGORA_CAPTION_STORAGE_ACCESS_KEY: SIMULATED_S3.accessKeyId,
      AGORA_CAPTION_STORAGE_SECRET_KEY: SIMULATED_S3.secretAccessKey,
    },
  });
  onTestFinished(() => stack.stop());

  const service = (name: string, file: string, sign: string, port: number): Mortal => {
    let running: Service | undefined;
    onTestFinished(async () => running?.end());
    return {
      name,
      kill: async () => running?.end('SIGKILL'),
      start: async () => {
        const next = startService(file, { ...stack.environment, DURASCRIBE_PORT: String(port) });
        running = next;
        await vi.waitUntil(() => printed(next, sign), { timeout: PATIENCE_MS, interval: 50 });
      },
    };
  };
  const worker = (name: string) => service(name, 'src/worker.ts', '"msg":"working"', 0);
  const ports = [await freePort('127.0.0.1'), await freePort('127.0.0.1')];
  const apis = ports.map((port, index) =>
    service(`API ${index + 1}`, 'src/api.ts', 'Server listening', port),
  );
  const workers = [worker('worker 1'), worker('worker 2')];
  await Promise.all([...workers, ...apis].map((mortal) => mortal.start()));
  const { url } = await balance(ports, Number(new URL(stack.url).port));
  tell(' ', 'Two workers and two APIs run, encrypting, behind a balancer');

  const client = new Client(url, key);
  const players = new Players(stack, client, receiver.url);
  const played = players.play();
  void Promise.allSettled([played]); // One that fails is noticed where it is waited for.
  const goesOn = async () => {
    const before = client.accepted;
    await Promise.race([
      played,
      eventually(() => expect(client.accepted).toBeGreaterThan(before + LIFE), PATIENCE_MS),
    ]);
  };
  /** Whoever asks meanwhile is told to come back. */
  const isRefused = async () => {
    await eventually(async () => {
      const { status, headers } = await client.once('GET', '/v1/sessions');
      expect([status, Number(headers.get('retry-after')) > 0]).toEqual([503, true]);
    }, PATIENCE_MS);
    tell(' ', 'The API answers 503, with Retry-After');
  };
  const temporalDies: Mortal = { name: 'Temporal', ...temporal, meanwhile: isRefused };
  const databaseDies: Mortal = { name: 'PostgreSQL', ...database, meanwhile: isRefused };

  await goesOn();
  for (const mortal of [...workers, ...apis, temporalDies, databaseDies]) {
    await mortal.kill();
    tell('✗', `kill -9: ${mortal.name}`);
    await Promise.all([mortal.meanwhile?.(), delay(GONE_FOR_MS)]);
    await mortal.start();
    tell(' ', `${mortal.name} runs again`);
    await goesOn();
    tell(
      '✓',
      `Life goes on: ${client.accepted} requests accepted, ${client.refused} told to come back`,
    );
  }
  players.end();
  await played;
  tell(
    '✓',
    `${players.rooms.length} rooms and ${players.recordings.length} recordings came to their end`,
  );

  await eventually(
    () => expect(verdict(stack, players, receiver.received)).toEqual([]),
    PATIENCE_MS,
  );
  expect(client.wrong).toEqual([]);
  const calls = recordedCalls(stack, players.calls);
  expect(calls.length).toBeGreaterThan(5);
  tell(
    '✓',
    `${calls.length} of ${players.calls.length} calls were recorded: each has one job and its transcript`,
  );
  tell(
    '✓',
    'Each room had one task, with the last accepted configuration; none runs; no rule was broken',
  );

  const content = database.content();
  // What has to be there shows that what has not would be found.
  expect(content).toContain('agora:long');
  const secrets = { 'a payload': players.secret, 'a key of the API': key, encryptionKey };
  const vendors = {
    agora: SIMULATED_AGORA.customerSecret,
    certificate: SIMULATED_AGORA.appCertificate,
    videosdk: SIMULATED_VIDEOSDK.secret,
    s3: SIMULATED_S3.secretAccessKey,
  };
  const found = Object.entries({ ...secrets, ...vendors }).filter(([, text]) =>
    content.includes(text),
  );
  expect(found.map(([name]) => `${name} is in the clear`)).toEqual([]);
  tell('✓', `PostgreSQL has ${Math.round(content.length / 1e6)} MB, and no secret in the clear`);
});
