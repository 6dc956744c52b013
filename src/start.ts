import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createAgoraSimulator } from '../simulators/agora/simulator.ts';
import { SIMULATED_AGORA } from '../simulators/credentials.ts';
import { type Config, readConfig } from './config.ts';
import { waitUntil } from './polling.ts';
import { portProblem, type WantedPort } from './ports.ts';
import { startProcess } from './processes.ts';
import { lazyClient } from './temporal/connection.ts';
import { startEmbeddedServer } from './temporal/embedded-server.ts';

const HOST = '127.0.0.1';
const TEMPORAL_PORT = 7233;
const TEMPORAL_UI_PORT = 8233;
const SIMULATOR_PORT = 4010;
const DATA_FOLDER = '.durascribe';
const LOG_FOLDER = join(DATA_FOLDER, 'logs');

const READY_WITHIN_MS = 60_000;
const STOP_API_WITHIN_MS = 10_000;
// The worker gives activities 15 s to finish.
const STOP_WORKER_WITHIN_MS = 20_000;

/** Why everything stops: the reason of `halt`. */
class Interrupt extends Error {}

const halt = new AbortController();
/** How to stop what runs, in the order of starting. */
const stops: (() => Promise<void>)[] = [];

haltOnSignals();
haltWithNpm();
try {
  await start();
  await new Promise((resolve) => halt.signal.addEventListener('abort', resolve));
  halt.signal.throwIfAborted();
} catch (error) {
  if (!(error instanceof Interrupt)) {
    process.exitCode = 1;
    console.error(`\n${explain(error)}`);
  }
}
console.log('\nStopping. Sessions are kept, and go on after the next start.');
for (const stop of stops.toReversed()) await stop();

/** The whole product on this machine; returns when it serves. */
async function start(): Promise<void> {
  const startedAtMs = Date.now();
  const config = readConfig();
  const embedded = !hasTemporalOfItsOwn();
  const simulated = config.agora === null;
  await refuseTakenPorts(config, embedded, simulated);
  mkdirSync(LOG_FOLDER, { recursive: true });

  // What is provided here becomes the environment of the processes started below.
  if (embedded) Object.assign(process.env, await provideTemporal());
  if (simulated) Object.assign(process.env, await simulateAgora());
  const apiUrl = `http://${config.host}:${config.port}`;
  await startWorkerAndApi(config, apiUrl);

  const seconds = ((Date.now() - startedAtMs) / 1_000).toFixed(1);
  console.log(`\nDurascribe is running, after ${seconds} s.\n`);
  console.log(`  API           ${apiUrl}`);
  if (embedded) console.log(`  Temporal UI   ${config.temporalUiUrl}`);
  if (simulated) {
    console.log(`  Simulated     agora, as no AGORA_APP_ID is set`);
    console.log(`  Its ledger    http://${HOST}:${SIMULATOR_PORT}/ledger`);
  }
  console.log(`  Logs          ${LOG_FOLDER}\n`);
  console.log(`Start a session:\n`);
  console.log(`  curl -X POST ${apiUrl}/v1/sessions -H 'content-type: application/json' \\`);
  console.log(`    -d '{"provider":"agora","channel":"room-1","languages":["en-US"]}'\n`);
  console.log('Ctrl-C stops everything.');
}

/** Whether the environment names a Temporal server to use, by address or by profile. */
function hasTemporalOfItsOwn(): boolean {
  const { TEMPORAL_ADDRESS, TEMPORAL_PROFILE, TEMPORAL_CONFIG_FILE } = process.env;
  return Boolean(TEMPORAL_ADDRESS || TEMPORAL_PROFILE || TEMPORAL_CONFIG_FILE);
}

async function refuseTakenPorts(
  { host, port }: Config,
  embedded: boolean,
  simulated: boolean,
): Promise<void> {
  const alternative = `or set TEMPORAL_ADDRESS=${HOST}:${TEMPORAL_PORT} if that is a Temporal server to use`;
  const wanted: WantedPort[] = [
    { host, port, purpose: 'the API', alternative: 'or set DURASCRIBE_PORT to another one' },
  ];
  if (embedded) {
    wanted.push({ host: HOST, port: TEMPORAL_PORT, purpose: 'Temporal', alternative });
    wanted.push({ host: HOST, port: TEMPORAL_UI_PORT, purpose: "Temporal's Web UI" });
  }
  if (simulated) {
    wanted.push({ host: HOST, port: SIMULATOR_PORT, purpose: 'the Agora simulator' });
  }
  const problems = (await Promise.all(wanted.map(portProblem))).filter((text) => text !== null);
  if (problems.length > 0) throw new Error(problems.join('\n'));
}

async function provideTemporal(): Promise<NodeJS.ProcessEnv> {
  console.log('Starting Temporal');
  const server = await startEmbeddedServer({
    dbFile: join(DATA_FOLDER, 'temporal.sqlite'),
    port: TEMPORAL_PORT,
    uiPort: TEMPORAL_UI_PORT,
    log: join(LOG_FOLDER, 'temporal.log'),
    signal: halt.signal,
  });
  supervise(server.ended, server.stop);
  return {
    TEMPORAL_ADDRESS: server.address,
    TEMPORAL_NAMESPACE: 'default',
    TEMPORAL_TLS: 'false',
    // No file: else a profile in the user's home would have a say.
    TEMPORAL_CONFIG_FILE: '',
  };
}

async function simulateAgora(): Promise<NodeJS.ProcessEnv> {
  console.log('Starting the Agora simulator');
  const stateFile = join(DATA_FOLDER, 'agora-simulator.json');
  const simulator = createAgoraSimulator({ ...SIMULATED_AGORA, stateFile });
  stops.push(() => simulator.close());
  await simulator.app.listen({ host: HOST, port: SIMULATOR_PORT });
  return {
    AGORA_BASE_URL: `http://${HOST}:${SIMULATOR_PORT}`,
    AGORA_APP_ID: SIMULATED_AGORA.appId,
    AGORA_APP_CERTIFICATE: SIMULATED_AGORA.appCertificate,
    AGORA_CUSTOMER_ID: SIMULATED_AGORA.customerId,
    AGORA_CUSTOMER_SECRET: SIMULATED_AGORA.customerSecret,
  };
}

async function startWorkerAndApi({ taskQueue }: Config, apiUrl: string): Promise<void> {
  console.log('Starting the worker and the API');
  const sinceMs = Date.now();
  startEntryPoint('worker', 'The worker', STOP_WORKER_WITHIN_MS);
  startEntryPoint('api', 'The API', STOP_API_WITHIN_MS);
  const patience = { everyMs: 100, withinMs: READY_WITHIN_MS, signal: halt.signal };
  await waitUntil('The worker took up no work', () => isPolled(taskQueue, sinceMs), patience);
  const isReady = async () => (await fetch(`${apiUrl}/readyz`)).ok;
  await waitUntil('The API was not ready', isReady, patience);
}

function startEntryPoint(file: 'worker' | 'api', name: string, stopWithinMs: number): void {
  const child = startProcess({
    name,
    command: process.execPath,
    args: [fileURLToPath(new URL(`${file}.ts`, import.meta.url))],
    logFile: join(LOG_FOLDER, `${file}.log`),
  });
  supervise(child.ended, () => child.stop(stopWithinMs));
}

/** Stops everything when a part ends by itself. */
function supervise(ended: AbortSignal, stop: () => Promise<void>): void {
  stops.push(stop);
  ended.addEventListener('abort', () => halt.abort(ended.reason));
}

/** Whether a worker has asked for work since `sinceMs`; an earlier one may be gone. */
async function isPolled(taskQueue: string, sinceMs: number): Promise<boolean> {
  const client = lazyClient();
  try {
    const { pollers } = await client.withDeadline(Date.now() + 1_000, () =>
      client.workflowService.describeTaskQueue({
        namespace: client.options.namespace,
        taskQueue: { name: taskQueue },
        taskQueueType: 1, // Workflow tasks.
      }),
    );
    const seconds = (pollers ?? []).map(({ lastAccessTime }) => Number(lastAccessTime?.seconds));
    return seconds.some((second) => (second + 1) * 1_000 > sinceMs);
  } finally {
    await client.connection.close();
  }
}

function haltOnSignals(): void {
  let firstAtMs: number | undefined;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      firstAtMs ??= Date.now();
      halt.abort(new Interrupt());
      // Under npm one Ctrl-C arrives twice at once, from the terminal and from npm. A later one is impatience:
      // leaving kills what is still there.
      if (Date.now() - firstAtMs > 500) process.exit(130);
    });
  }
}

/** Under npm, its end is ours too: killed outright, it can't pass the signal on. */
function haltWithNpm(): void {
  if (process.env.npm_lifecycle_event === undefined) return;
  const npm = process.ppid;
  const look = () => process.ppid === npm || halt.abort(new Interrupt());
  setInterval(look, 1_000).unref();
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
