import { expect, test } from 'vitest';
import { inspectConfig, parseConfig } from '../src/config.ts';

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
    apiKeys: [],
    requestsPerMinute: 60_000,
    encryptionKeys: [],
    callbacks: { secrets: [], hosts: [] },
    taskQueue: 'transcription',
    deployment: null,
    workflowBundle: null,
    temporalUiUrl: 'http://127.0.0.1:8233',
    publicUrl: null,
    simulatedVonageUrl: null,
    transcriptWaitMs: 1_800_000,
    transcripts: null,
    watchMs: 60_000,
    metricsAddress: null,
    cachedSessions: null,
    logLevel: 'info',
    areTracesWanted: false,
    reconcile: { everySeconds: 300, graceSeconds: 900, stopsUnowned: false },
    providers: { agora: null, 'agora-legacy': null, videosdk: null, 'amazon-transcribe': null },
    transcriptionEventSecret: null,
    vonage: null,
    defaultLanguages: ['en-US', 'es-ES'],
    agoraNotificationSecret: null,
  });
});

test('a provider is on when its variables are set', () => {
  const { agora, 'agora-legacy': legacy } = parseConfig({
    ...AGORA,
    AGORA_BASE_URL: 'http://127.0.0.1:4010/',
    AGORA_ENCRYPTION_SECRET_support: 'hidden',
  }).providers;
  expect(agora).toMatchObject({
    baseUrl: 'http://127.0.0.1:4010',
    customerSecret: 'secret',
    maxTokenSeconds: 86_400,
    captionStorage: null,
    encryptionKeys: { support: { secret: 'hidden', salt: null } },
  });
  expect(legacy).toBeNull();
  expect(parseConfig({ ...AGORA, AGORA_LEGACY: 'true' }).providers['agora-legacy']).toMatchObject({
    bodyShape: 'v6',
  });
});

test("the legacy API is nothing without Agora's variables", () => {
  expect(() => parseConfig({ AGORA_LEGACY: 'true' })).toThrow(/AGORA_APP_ID: must be set too/);
});

test('all faults are told at once, by name and without a value', () => {
  const faulty = { DURASCRIBE_PORT: 'http', DURASCRIBE_HOST: '0.0.0.0', AGORA_APP_ID: 'topsecret' };
  const read = () => parseConfig(faulty);
  for (const name of ['DURASCRIBE_PORT', 'DURASCRIBE_HOST', 'AGORA_APP_ID', 'AGORA_CUSTOMER_ID']) {
    expect(read).toThrow(name);
  }
  expect(read).not.toThrow('topsecret');
});

test('a value that is too much, or none at all, is told in plain words', () => {
  expect(() => parseConfig({ DURASCRIBE_PORT: '70000' })).toThrow('must be 65535 or less');
  expect(() => parseConfig({ DURASCRIBE_PORT: 'http' })).toThrow('must be a number');
  const secret = { DURASCRIBE_TRANSCRIPTION_EVENT_SECRET: 'short' };
  expect(() => parseConfig(secret)).toThrow('must have 8 characters or more');
});

test('a half-set provider is a fault that names what is missing', () => {
  const { AGORA_CUSTOMER_SECRET: _, ...half } = AGORA;
  expect(() => parseConfig(half)).toThrow(/AGORA_CUSTOMER_SECRET: must be set too/);
});

test('a worker has a version when its deployment and its build are told', () => {
  const DURASCRIBE_DEPLOYMENT = 'durascribe';
  const version = { DURASCRIBE_DEPLOYMENT, DURASCRIBE_BUILD_ID: '1.4.0' };
  expect(parseConfig(version).deployment).toEqual({
    deploymentName: 'durascribe',
    buildId: '1.4.0',
  });
  expect(() => parseConfig({ DURASCRIBE_DEPLOYMENT })).toThrow(/DURASCRIBE_BUILD_ID: must be set/);
  const wrong = { ...version, DURASCRIBE_DEPLOYMENT: 'a.b' };
  expect(() => parseConfig(wrong)).toThrow(/DURASCRIBE_DEPLOYMENT: must not/);
});

test('what is right goes on where something else is wrong, and no credentials go where they were not meant to', () => {
  const VONAGE_APPLICATION_ID = 'application';
  const { faults, dropped, config } = inspectConfig({ ...AGORA, VONAGE_APPLICATION_ID });
  expect(faults.map(({ variable }) => variable)).toContain('VONAGE_PRIVATE_KEY');
  expect(dropped).toMatchObject([{ name: 'vonage', set: ['VONAGE_APPLICATION_ID'] }]);
  expect(config.vonage).toBeNull();
  expect(config.providers.agora).toMatchObject({ customerId: 'id' });

  const lost = inspectConfig({ ...AGORA, AGORA_BASE_URL: 'nowhere', VIDEOSDK_API_KEY: 'key' });
  expect(lost.config.providers).toMatchObject({ agora: null, videosdk: null });
  expect(lost.dropped).toMatchObject([
    { name: 'agora', because: ['AGORA_BASE_URL'] },
    { name: 'videosdk', because: ['VIDEOSDK_SECRET'] },
  ]);
});

test('so short a grace that a session may still be starting can’t go with stopping', () => {
  const stopping = { DURASCRIBE_RECONCILE_STOP_UNOWNED: 'true' };
  const variable = 'DURASCRIBE_RECONCILE_GRACE_SECONDS';
  expect(inspectConfig({ ...stopping, [variable]: '660' }).faults).toMatchObject([{ variable }]);
  expect(inspectConfig({ ...stopping, [variable]: '661' }).faults).toEqual([]);
});
