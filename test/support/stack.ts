import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { expect, inject, vi } from 'vitest';
import { createAgoraSimulator } from '../../simulators/agora/simulator.ts';
import type { AgoraSimulator, AgoraSimulatorOptions } from '../../simulators/agora/simulator.ts';
import { SIMULATED_AGORA } from '../../simulators/credentials.ts';
import { freePort } from '../../src/local/ports.ts';

const HOST = '127.0.0.1';

/** A process of the product, as `node src/….ts` runs it. */
export type Service = {
  readonly process: ChildProcess;
  /** Everything that it has printed. */
  output(): string;
  /** Ends it, at once and without a word to it (SIGKILL) unless another signal is given. */
  end(signal?: NodeJS.Signals): Promise<void>;
};

/** The product's own processes against the shared Temporal server and a strict simulator of their own. */
export type Stack = {
  readonly api: Api;
  readonly url: string;
  readonly client: Client;
  readonly simulator: AgoraSimulator;
  readonly taskQueue: string;
  readonly environment: NodeJS.ProcessEnv;
  startWorker(): Promise<Service>;
  startApi(): Promise<Service>;
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
};

/** Starts simulator, worker and API. */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const stack = await prepareStack(options);
  await Promise.all([stack.startWorker(), stack.startApi()]);
  return stack;
}

/** Starts the simulator only. */
export async function prepareStack(options: StackOptions = {}): Promise<Stack> {
  const temporalAddress = options.temporalAddress ?? inject('temporalAddress');
  const simulator = createAgoraSimulator({ ...SIMULATED_AGORA, ...options.simulator });
  const agoraUrl = await simulator.app.listen({ host: HOST, port: 0 });
  const port = await freePort(HOST);
  const taskQueue = `test-${randomUUID()}`;
  const environment = {
    PATH: process.env['PATH'],
    TEMPORAL_ADDRESS: temporalAddress,
    DURASCRIBE_PORT: String(port),
    DURASCRIBE_TASK_QUEUE: taskQueue,
    DURASCRIBE_WATCH_SECONDS: '1',
    AGORA_BASE_URL: agoraUrl,
    AGORA_APP_ID: SIMULATED_AGORA.appId,
    AGORA_APP_CERTIFICATE: SIMULATED_AGORA.appCertificate,
    AGORA_CUSTOMER_ID: SIMULATED_AGORA.customerId,
    AGORA_CUSTOMER_SECRET: SIMULATED_AGORA.customerSecret,
    ...options.environment,
  };
  const url = `http://${HOST}:${port}`;
  const services: Service[] = [];
  const start = (file: string) => {
    const service = startService(file, environment);
    services.push(service);
    return service;
  };
  const connection = Connection.lazy({ address: temporalAddress });
  return {
    api: apiAt(url),
    url,
    client: new Client({ connection }),
    simulator,
    taskQueue,
    environment,
    startWorker: async () => {
      const worker = start('src/worker.ts');
      await vi.waitUntil(() => printed(worker, '"msg":"working"'), WITHIN);
      return worker;
    },
    startApi: async () => {
      const api = start('src/api.ts');
      await vi.waitUntil(() => printed(api, 'Server listening'), WITHIN);
      return api;
    },
    stop: async () => {
      await Promise.all(services.map((service) => service.end()));
      await connection.close();
      await simulator.close();
    },
  };
}

const WITHIN = { timeout: 30_000, interval: 50 };

/** Waits until `assertion` no longer throws. Unlike `expect.poll`, also in concurrent tests. */
export async function eventually(
  assertion: () => void | Promise<void>,
  timeout = WITHIN.timeout,
): Promise<void> {
  await vi.waitFor(assertion, { ...WITHIN, timeout });
}

/** A file of the product as a process, with nothing but `environment`. */
function startService(file: string, environment: NodeJS.ProcessEnv): Service {
  const path = fileURLToPath(new URL(`../../${file}`, import.meta.url));
  const child = spawn(process.execPath, [path], { env: environment, cwd: '/' });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  return {
    process: child,
    output: () => output,
    end: async (signal = 'SIGKILL') => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exit = once(child, 'exit');
      child.kill(signal);
      await exit;
    },
  };
}

function printed(service: Service, text: string): boolean {
  if (service.process.exitCode !== null) throw new Error(`it ended: ${service.output()}`);
  return service.output().includes(text);
}

function apiAt(url: string): Api {
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
