import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import { expect, inject, vi } from 'vitest';
import { createAgoraSimulator } from '../../simulators/agora/simulator.ts';
import type { AgoraSimulator, AgoraSimulatorOptions } from '../../simulators/agora/simulator.ts';
import {
  SIMULATED_AGORA,
  SIMULATED_S3,
  SIMULATED_VIDEOSDK,
  SIMULATED_VONAGE,
} from '../../simulators/credentials.ts';
import { createS3Simulator, type S3Simulator } from '../../simulators/s3/simulator.ts';
import { createTranscribeSimulator } from '../../simulators/transcribe/simulator.ts';
import type {
  TranscribeSimulator,
  TranscribeSimulatorOptions,
} from '../../simulators/transcribe/simulator.ts';
import { createVideosdkSimulator } from '../../simulators/videosdk/simulator.ts';
import type {
  VideosdkSimulator,
  VideosdkSimulatorOptions,
} from '../../simulators/videosdk/simulator.ts';
import { newApplicationKey } from '../../simulators/vonage/application-key.ts';
import {
  createVonageSimulator,
  type VonageSimulator,
  type VonageSimulatorOptions,
} from '../../simulators/vonage/simulator.ts';
import { freePort } from '../../src/local/ports.ts';
import { EncryptionEnvironment } from '../../src/settings/encryption.ts';
import { dataConverterWith } from '../../src/temporal/encryption.ts';
import { printed, startService, type Service } from './service.ts';

export type { Service } from './service.ts';

const HOST = '127.0.0.1';

/** The product's own processes against the shared Temporal server and strict simulators of their own. */
export type Stack = {
  readonly api: Api;
  readonly url: string;
  readonly client: Client;
  readonly simulator: AgoraSimulator;
  readonly videosdk: VideosdkSimulator;
  readonly s3: S3Simulator;
  readonly transcribe: TranscribeSimulator;
  readonly vonage: VonageSimulator;
  readonly taskQueue: string;
  readonly environment: NodeJS.ProcessEnv;
  /** All that were started, the first one first. */
  readonly services: readonly Service[];
  /** One of another version of the product, where its folder is told, and with more in its environment. */
  startWorker(folder?: string, environment?: NodeJS.ProcessEnv): Promise<Service>;
  startApi(environment?: NodeJS.ProcessEnv): Promise<Service>;
  /** Ends every process that is left. */
  stop(): Promise<void>;
};

export type Answer = {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
};
type Api = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<Answer>;

export type StackOptions = {
  readonly temporalAddress?: string;
  readonly environment?: NodeJS.ProcessEnv;
  readonly simulator?: Partial<AgoraSimulatorOptions>;
  readonly videosdk?: Partial<VideosdkSimulatorOptions>;
  readonly transcribe?: Partial<TranscribeSimulatorOptions>;
  readonly vonage?: Partial<VonageSimulatorOptions>;
  /** How Agora's captions are written. */
  readonly captions?: Partial<NonNullable<AgoraSimulatorOptions['captions']>>;
};

export const TRANSCRIPTS_BUCKET = 'transcripts';
export const CAPTIONS_BUCKET = 'captions';
export const AUDIO_BUCKET = 'recordings';
/** One for all tests: whoever lists the sessions of the Temporal that they share reads those of others, too. */
export const ENCRYPTION_KEY = `tests:${Buffer.alloc(32, 'the key of all tests').toString('base64')}`;
export const EVENT_SECRET = 'an-event-secret-of-the-tests';
const APPLICATION_KEY = newApplicationKey();

/** Starts simulators, worker and API. */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const stack = await prepareStack(options);
  try {
    await Promise.all([stack.startWorker(), stack.startApi()]);
    return stack;
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

/** Starts the simulators only. */
export async function prepareStack(options: StackOptions = {}): Promise<Stack> {
  const temporalAddress = options.temporalAddress ?? inject('temporalAddress');
  const s3 = createS3Simulator({
    ...SIMULATED_S3,
    folder: null,
    buckets: [TRANSCRIPTS_BUCKET, CAPTIONS_BUCKET, AUDIO_BUCKET],
  });
  const s3Url = await s3.app.listen({ host: HOST, port: 0 });
  const captions = { endpoint: s3Url, ...options.captions };
  const simulator = createAgoraSimulator({ ...SIMULATED_AGORA, ...options.simulator, captions });
  const videosdk = createVideosdkSimulator({ ...SIMULATED_VIDEOSDK, ...options.videosdk });
  const port = await freePort(HOST);
  const url = `http://${HOST}:${port}`;
  const transcribe = createTranscribeSimulator({
    ...SIMULATED_S3,
    s3Endpoint: s3Url,
    events: { url: `${url}/webhooks/transcription`, secret: EVENT_SECRET },
    ...options.transcribe,
  });
  const vonage = createVonageSimulator({
    ...SIMULATED_VONAGE,
    publicKey: APPLICATION_KEY.publicKey,
    answerUrl: `${url}/webhooks/answer`,
    eventUrl: `${url}/webhooks/events`,
    ...options.vonage,
  });
  const simulators = [simulator, videosdk, transcribe, vonage];
  const [agoraUrl, videosdkUrl, transcribeUrl, vonageUrl] = await Promise.all(
    simulators.map(({ app }) => app.listen({ host: HOST, port: 0 })),
  );
  const taskQueue = `test-${randomUUID()}`;
  const environment = {
    PATH: process.env['PATH'],
    TEMPORAL_ADDRESS: temporalAddress,
    DURASCRIBE_PORT: String(port),
    DURASCRIBE_ENCRYPTION_KEYS: ENCRYPTION_KEY,
    DURASCRIBE_TASK_QUEUE: taskQueue,
    DURASCRIBE_WATCH_SECONDS: '1',
    // Who wants a reconciliation says so: none is to come in between.
    DURASCRIBE_RECONCILE_SECONDS: '0',
    AGORA_BASE_URL: agoraUrl,
    AGORA_APP_ID: SIMULATED_AGORA.appId,
    AGORA_APP_CERTIFICATE: SIMULATED_AGORA.appCertificate,
    AGORA_CUSTOMER_ID: SIMULATED_AGORA.customerId,
    AGORA_CUSTOMER_SECRET: SIMULATED_AGORA.customerSecret,
    DURASCRIBE_PUBLIC_URL: url,
    VIDEOSDK_BASE_URL: videosdkUrl,
    VIDEOSDK_API_KEY: SIMULATED_VIDEOSDK.apiKey,
    VIDEOSDK_SECRET: SIMULATED_VIDEOSDK.secret,
    AWS_ENDPOINT_URL_S3: s3Url,
    AWS_REGION: SIMULATED_S3.region,
    AWS_ACCESS_KEY_ID: SIMULATED_S3.accessKeyId,
    AWS_SECRET_ACCESS_KEY: SIMULATED_S3.secretAccessKey,
    S3_FORCE_PATH_STYLE: 'true',
    S3_TRANSCRIPTS_BUCKET: TRANSCRIPTS_BUCKET,
    S3_AUDIO_BUCKET: AUDIO_BUCKET,
    AWS_ENDPOINT_URL_TRANSCRIBE: transcribeUrl,
    DURASCRIBE_TRANSCRIPTION_EVENT_SECRET: EVENT_SECRET,
    VONAGE_APPLICATION_ID: SIMULATED_VONAGE.applicationId,
    VONAGE_SIGNATURE_SECRET: SIMULATED_VONAGE.signatureSecret,
    VONAGE_PRIVATE_KEY: APPLICATION_KEY.privateKey,
    VONAGE_RECORDING_HOSTS: vonageUrl,
    OTHER_PHONE_NUMBERS: '447700900003',
    ...options.environment,
  };
  const services: Service[] = [];
  const start = (file: string, more: NodeJS.ProcessEnv = {}) => {
    const service = startService(file, { ...environment, ...more });
    services.push(service);
    return service;
  };
  const connection = Connection.lazy({ address: temporalAddress });
  return {
    api: apiAt(url),
    url,
    client: new Client({ connection, dataConverter: dataConverterOf(environment) }),
    simulator,
    videosdk,
    s3,
    transcribe,
    vonage,
    taskQueue,
    environment,
    services,
    startWorker: async (folder = '', more) => {
      const worker = start(join(folder, 'src/worker.ts'), more);
      await vi.waitUntil(() => printed(worker, '"msg":"working"'), STARTED_WITHIN);
      return worker;
    },
    startApi: async (more) => {
      const api = start('src/api.ts', more);
      await vi.waitUntil(() => printed(api, 'Server listening'), STARTED_WITHIN);
      return api;
    },
    stop: async () => {
      await Promise.all(services.map((service) => service.end()));
      await connection.close();
      await Promise.all([...simulators, s3].map((one) => one.close()));
    },
  };
}

/** As the product's processes have it with such an environment. */
export function dataConverterOf(environment: NodeJS.ProcessEnv): DataConverter {
  const { DURASCRIBE_ENCRYPTION_KEYS: set } = environment;
  const variables = set ? { DURASCRIBE_ENCRYPTION_KEYS: set } : {};
  return dataConverterWith(EncryptionEnvironment.parse(variables).DURASCRIBE_ENCRYPTION_KEYS);
}

/** On a machine that has much else to do. */
const STARTED_WITHIN = { timeout: 100_000, interval: 50 };
const WITHIN = { timeout: 30_000, interval: 50 };

/** Waits until `assertion` no longer throws. Unlike `expect.poll`, also in concurrent tests. */
export async function eventually(
  assertion: () => void | Promise<void>,
  timeout = WITHIN.timeout,
): Promise<void> {
  await vi.waitFor(assertion, { ...WITHIN, timeout });
}

/** Requests to the API at `url`, with JSON. */
export function apiAt(url: string): Api {
  return async (method, path, body, headers = {}) => {
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      // oxlint-disable-next-line unicorn/no-invalid-fetch-options -- a null body is none
      body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await response.text();
    const parsed: Record<string, unknown> = text === '' ? {} : JSON.parse(text);
    return { status: response.status, headers: response.headers, body: parsed };
  };
}

/** `POST /v1/sessions` for `channel`, waited for until it runs; returns the session's path. */
export async function startSession(
  { api }: Stack,
  channel: string,
  more: Record<string, unknown> = {},
): Promise<string> {
  const body = { provider: 'agora', channel, languages: ['en-US'], ...more };
  const { status, body: session } = await api('POST', '/v1/sessions', body, { prefer: 'wait=20' });
  expect({ status, session }).toMatchObject({ status: 201, session: { status: 'running' } });
  return `/v1/sessions/${encodeURIComponent(String(session['id']))}`;
}

/** Stops the session at `path`, waits until it has ended, and returns it. */
export async function stopSession({ api }: Stack, path: string): Promise<Answer['body']> {
  const { body } = await api('POST', `${path}/stop`, undefined, { prefer: 'wait=20' });
  expect(body).toMatchObject({ endedAt: expect.any(String) });
  return body;
}

/** Waits until the session at `path` looks like `expected`, and returns it. */
export async function untilSession(
  { api }: Stack,
  path: string,
  expected: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  return vi.waitFor(async () => {
    const { body } = await api('GET', path);
    expect(body).toMatchObject(expected);
    return body;
  }, WITHIN);
}
