import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { SIMULATED_S3 } from '../simulators/credentials.ts';
import { secretsRemover } from '../src/doctor/secrets.ts';
import { freePort } from '../src/local/ports.ts';
import { startEmbeddedServer } from '../src/temporal/embedded-server.ts';
import { diagnosis, doctor, sight } from './support/doctor.ts';
import { listen } from './support/listen.ts';
import {
  AUDIO_BUCKET,
  CAPTIONS_BUCKET,
  eventually,
  startStack,
  type Stack,
} from './support/stack.ts';

const SECRETS = [
  'AGORA_APP_CERTIFICATE',
  'AGORA_CUSTOMER_SECRET',
  'VIDEOSDK_SECRET',
  'AWS_SECRET_ACCESS_KEY',
  'DURASCRIBE_TRANSCRIPTION_EVENT_SECRET',
  'VONAGE_SIGNATURE_SECRET',
];

let stack: Stack;
beforeAll(async () => {
  const environment = {
    AGORA_LEGACY: 'true',
    AGORA_CAPTION_STORAGE_REGION: '0',
    AGORA_CAPTION_STORAGE_BUCKET: CAPTIONS_BUCKET,
    AGORA_CAPTION_STORAGE_ACCESS_KEY: SIMULATED_S3.accessKeyId,
    AGORA_CAPTION_STORAGE_SECRET_KEY: SIMULATED_S3.secretAccessKey,
  };
  stack = await startStack({ environment });
});
afterAll(() => stack?.stop());

test('where all is well nothing is wrong, nothing is left behind, and no vendor is told what it forbids', async () => {
  await eventually(async () => expect((await stack.api('GET', '/readyz')).status).toBe(200));
  const { code, findings } = await diagnosis(stack, {});
  expect(findings.filter(({ outcome }) => outcome === 'fault')).toEqual([]);
  expect(findings.filter(({ outcome }) => outcome === 'unchecked')).toEqual([]);
  expect(code).toBe(0);
  const wellOf = (section: string) =>
    findings
      .filter((finding) => finding.section === section && finding.outcome === 'well')
      .map(({ subject }) => subject);
  const vendors = ['agora', 'agora-legacy', 'videosdk', 'amazon-transcribe', 'vonage'];
  expect(wellOf('Vendors')).toEqual(vendors);
  expect(wellOf('Temporal')).toEqual([
    'server',
    'namespace',
    'search attributes',
    'encryption',
    'workflows',
    'activities',
    'activities of callbacks',
    'activities of agora',
    'activities of agora-legacy',
    'activities of videosdk',
    'activities of recordings',
    'activities of amazon-transcribe.starts',
    'activities of amazon-transcribe',
    'activities of amazon-transcribe.transcripts',
  ]);
  const buckets = ['S3_AUDIO_BUCKET', 'S3_TRANSCRIPTS_BUCKET', 'AGORA_CAPTION_STORAGE_BUCKET'];
  expect(wellOf('Buckets')).toEqual(buckets);
  expect(wellOf('Clock')).toEqual(['clock']);
  expect(findings).toContainEqual(
    expect.objectContaining({
      subject: '/webhooks/answer',
      found: expect.stringContaining('401'),
      advice: expect.stringContaining(`${stack.url}/webhooks/answer`),
    }),
  );

  for (const bucket of [AUDIO_BUCKET, 'transcripts', CAPTIONS_BUCKET]) {
    expect(stack.s3.keys(bucket)).toEqual([]);
  }
  expect(stack.simulator.ledger().violations).toEqual([]);
  expect(stack.simulator.ledger().tasks).toEqual([]);
  expect(stack.videosdk.ledger().violations).toEqual([]);
  expect(stack.transcribe.ledger().violations).toEqual([]);
});

test('of a configuration that is wrong in many ways every fault is told, with what to do, and no secret', async () => {
  const elsewhere = await listen((_request, response) => {
    response.end(JSON.stringify({ status: 'ok' }));
  });
  const changes = {
    AGORA_CUSTOMER_SECRET: 'not-the-secret-of-agora',
    AGORA_NOTIFICATION_SECRET: 'the-secret-of-notifications',
    VIDEOSDK_SECRET: '',
    S3_AUDIO_BUCKET: 'never-made',
    DURASCRIBE_WATCH_SECONDS: 'often',
    DURASCRIBE_API_KEYS: 'short',
    DURASCRIBE_CALLBACK_HOSTS: 'http://127.0.0.1:1',
    VONAGE_APPLICATION_ID: '',
    VONAGE_PRIVATE_KEY: '',
    DURASCRIBE_PUBLIC_URL: elsewhere,
    TEMPORAL_ADDRESS: `127.0.0.1:${await freePort('127.0.0.1')}`,
  };
  const { code, output } = await doctor(stack, changes);
  expect(code).toBe(1);
  for (const line of [
    /✗ VIDEOSDK_SECRET +must be set too, for videosdk .*\n +→ set it, or unset/,
    /✗ DURASCRIBE_WATCH_SECONDS +must be a number\n +→ correct it/,
    /! callbacks +http, .*DURASCRIBE_CALLBACK_HOSTS\n/,
    /✓ DURASCRIBE_ENCRYPTION_KEYS +what Temporal keeps is encrypted, by the first of 1 key\n/,
    /– vonage +not checked, because VONAGE_APPLICATION_ID, VONAGE_PRIVATE_KEY are not right/,
    /– videosdk +off, because of VIDEOSDK_SECRET/,
    /✓ agora +on/,
    /✗ server +127\.0\.0\.1:\d+: .*\n +→ start Temporal there, or correct TEMPORAL_ADDRESS/,
    /– namespace +not checked, because Temporal does not answer/,
    /✗ agora +Invalid authentication credentials\n +→ compare AGORA_CUSTOMER_ID and AGORA_CUSTOMER_SECRET/,
    /✗ agora-legacy +Invalid authentication credentials\n +→ compare AGORA_CUSTOMER_ID and AGORA_CUSTOMER_SECRET/,
    /– videosdk +not checked, because VIDEOSDK_SECRET is not right/,
    /✓ amazon-transcribe +Amazon Transcribe lists jobs/,
    /✗ S3_AUDIO_BUCKET +there is no bucket never-made\n +→ make it .* or correct S3_AUDIO_BUCKET/,
    /✓ S3_TRANSCRIPTS_BUCKET +transcripts: written/,
    /✗ DURASCRIBE_PUBLIC_URL +somebody answers at .*, but not Durascribe's API.*\n +→ correct DURASCRIBE_PUBLIC_URL/,
    /– \/webhooks\/agora +not checked, because the API is not there/,
  ]) {
    expect(output).toMatch(line);
  }
  expect(output.match(/ DURASCRIBE_API_KEYS /g)).toHaveLength(1);
  expectNoSecret(output, changes);
});

test('a vendor that echoes secrets, and a public address that does, are not repeated; a clock that is wrong is told', async () => {
  const secrets = SECRETS.map((name) => stack.environment[name] ?? '');
  const url = await listen((request, response) => {
    const words = `${request.headers.authorization} ${secrets.join(' ')} \u001B[31m`;
    const [status, body] =
      request.url === '/healthz' ? [200, { status: 'ok' }] : [503, { detail: words }];
    response.statusCode = request.url?.startsWith('/ai') ? 403 : status;
    response.setHeader('content-type', 'application/problem+json');
    response.setHeader('date', new Date(Date.now() - 3_600_000).toUTCString());
    response.end(JSON.stringify(body));
  });
  const changes = { DURASCRIBE_PUBLIC_URL: url, VIDEOSDK_BASE_URL: url };
  const { code, output } = await doctor(stack, changes);
  expect(code).toBe(1);
  expect(output).toMatch(/✗ videosdk +.*\[.*\n +→ compare VIDEOSDK_API_KEY and VIDEOSDK_SECRET/);
  expect(output).toMatch(/✗ \/readyz +the API says: .*\[secret\]/);
  expect(output).toMatch(/✗ clock +3\d\d\d s from a vendor's/);
  for (const sequence of ['\u001B', '[31m']) expect(output).not.toContain(sequence);
  expectNoSecret(output, changes);
});

test.each<[string, (secret: string) => string]>([
  ['as it is', (secret) => secret],
  ['in a URL', encodeURIComponent],
  ['in base64', (secret) => btoa(secret)],
  ['in base64 behind a user', (secret) => btoa(`a:${secret}`)],
  ['in base64 behind a longer one', (secret) => btoa(`ab:${secret}`)],
  ['in base64url', (secret) => Buffer.from(`:${secret}.`).toString('base64url')],
  ['with what a terminal obeys in it', (secret) => secret.replace('word', '\u001B[31mword')],
])('a secret is taken out %s', (_, write) => {
  const secret = 'a pass/word?>that~nobody+may~see';
  const clean = secretsRemover({ VONAGE_SIGNATURE_SECRET: secret });
  expect(clean(`refused: ${write(secret)}\n`)).toMatch(
    /^refused: [\w=]{0,4}\[secret\][\w=]{0,4} $/,
  );
});

test('what never answers is waited for a while only, and all else is looked at', async () => {
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  onTestFinished(() => void silent.close());
  const address = silent.address();
  if (typeof address !== 'object' || address === null) throw new Error('it has no port');
  const { code, findings } = await diagnosis(stack, {
    TEMPORAL_ADDRESS: `127.0.0.1:${address.port}`,
    AGORA_BASE_URL: `http://127.0.0.1:${address.port}`,
    AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${address.port}`,
    DURASCRIBE_PUBLIC_URL: `http://127.0.0.1:${address.port}`,
  });
  expect(code).toBe(1);
  const faults = findings.filter(({ outcome }) => outcome === 'fault');
  const subjects = faults.map(({ subject }) => subject);
  for (const one of ['server', 'agora', 'S3_AUDIO_BUCKET', 'DURASCRIBE_PUBLIC_URL']) {
    expect(subjects).toContain(one);
  }
  expect(faults.every(({ advice }) => advice !== null)).toBe(true);
  expect(findings).toContainEqual(
    expect.objectContaining({ section: 'Vendors', subject: 'videosdk', outcome: 'well' }),
  );
});

test('Temporal without workers, without the namespace, and without search attributes is told by what to run', async () => {
  const server = await startEmbeddedServer();
  onTestFinished(() => server.stop());
  const idle = await diagnosis(stack, { DURASCRIBE_TASK_QUEUE: 'nobody' });
  const nowhere = await diagnosis(stack, { TEMPORAL_NAMESPACE: 'nowhere' });
  const fresh = await diagnosis(stack, { TEMPORAL_ADDRESS: server.address });
  expect([idle.code, nowhere.code, fresh.code]).toEqual([1, 1, 1]);
  expect(sight(idle.findings, 'activities of agora')).toMatchObject({
    outcome: 'fault',
    found: 'nobody.agora: no worker takes its work',
    advice: expect.stringContaining('node src/worker.ts'),
  });
  expect(sight(nowhere.findings, 'namespace')).toMatchObject({
    outcome: 'fault',
    advice: expect.stringContaining('namespace create --namespace nowhere'),
  });
  expect(sight(nowhere.findings, 'search attributes')).toMatchObject({ outcome: 'unchecked' });
  expect(sight(fresh.findings, 'search attributes')).toMatchObject({
    outcome: 'fault',
    found: expect.stringContaining('DurascribeStatus'),
    advice: expect.stringContaining('--name DurascribeStatus --type Keyword'),
  });
});

test('rights that a bucket does not give are told by their names, and a webhook that the API lacks by its variable', async () => {
  for (const operation of ['GetObject', 'DeleteObjects'] as const) {
    stack.s3.inject({ operation, fault: { kind: 'status', status: 403 }, times: 100 });
  }
  onTestFinished(() => stack.s3.clearFaults());
  const { code, findings } = await diagnosis(stack, {
    AGORA_NOTIFICATION_SECRET: 'only-known-here',
  });
  expect(code).toBe(1);
  const left = stack.s3.keys('transcripts')[0] ?? 'nothing';
  expect(sight(findings, 'S3_TRANSCRIPTS_BUCKET')).toMatchObject({
    outcome: 'fault',
    found: expect.stringMatching(/s3:GetObject: AccessDenied .*s3:DeleteObject: AccessDenied/),
    advice: expect.stringMatching(`transcripts/transcripts/ .*; remove transcripts/${left}$`),
  });
  expect(sight(findings, '/webhooks/agora')).toMatchObject({
    outcome: 'fault',
    advice: expect.stringContaining('AGORA_NOTIFICATION_SECRET'),
  });
});

test('a bucket that loses answers, or hangs, keeps nothing, and is not said to refuse anything', async () => {
  const inject = stack.s3.inject.bind(stack.s3);
  const keys = () => [AUDIO_BUCKET, 'transcripts'].map((bucket) => stack.s3.keys(bucket));
  const before = keys();
  const lost = { operation: 'PutObject', fault: { kind: 'lost-response' }, times: 100 } as const;
  inject({ ...lost, keyPrefix: 'recordings/' });
  const hang = { kind: 'hang', ms: 60_000, effect: true } as const;
  inject({ operation: 'GetObject', fault: hang, times: 100, keyPrefix: 'transcripts/' });
  onTestFinished(() => stack.s3.clearFaults());
  const { findings } = await diagnosis(stack, {});
  const audio = sight(findings, 'S3_AUDIO_BUCKET')?.found;
  expect(audio).toMatch(/^\S+ could not be tried: s3:PutObject: [^;]+$/);
  const transcripts = sight(findings, 'S3_TRANSCRIPTS_BUCKET')?.found;
  expect(transcripts).toBe('transcripts could not be tried: s3:GetObject: no answer in time');
  expect(keys()).toEqual(before);
});

function expectNoSecret(output: string, changes: NodeJS.ProcessEnv): void {
  const environment = { ...stack.environment, ...changes };
  const secrets = [...SECRETS, 'AGORA_NOTIFICATION_SECRET'].map((name) => environment[name] ?? '');
  for (const secret of secrets.filter((one) => one !== '')) expect(output).not.toContain(secret);
  expect(output).not.toMatch(/eyJ|Basic \w|PRIVATE KEY/);
}
