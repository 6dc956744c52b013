import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SIMULATORS, simulate, simulatorUrl, type SimulatorName } from '../simulators/local.ts';
import { type Config, readConfig } from './config.ts';
import { waitUntil } from './local/polling.ts';
import { portProblem, type WantedPort } from './local/ports.ts';
import { startProcess } from './local/processes.ts';
import { Interrupt, superviseParts } from './local/supervision.ts';
import { lazyClient } from './temporal/connection.ts';
import { startEmbeddedServer } from './temporal/embedded-server.ts';

const HOST = '127.0.0.1';
const TEMPORAL_PORT = 7233;
const TEMPORAL_UI_PORT = 8233;
const DATA_FOLDER = '.durascribe';
const LOG_FOLDER = join(DATA_FOLDER, 'logs');

const READY_WITHIN_MS = 60_000;
const STOP_API_WITHIN_MS = 10_000;
// The worker gives activities 15 s to finish.
const STOP_WORKER_WITHIN_MS = 20_000;

const parts = superviseParts();
try {
  await start();
  await new Promise((resolve) => parts.halted.addEventListener('abort', resolve));
  parts.halted.throwIfAborted();
} catch (error) {
  if (error instanceof Interrupt) {
    console.log('\nStopping. Sessions are kept, and go on after the next start.');
  } else {
    process.exitCode = 1;
    console.error(`\n${explain(error)}`);
  }
}
await parts.stopAll();

/** The whole product on this machine; returns when it serves. */
async function start(): Promise<void> {
  const startedAtMs = Date.now();
  const config = readConfig();
  const embedded = !hasTemporalOfItsOwn();
  const simulated = toBeSimulated(config);
  await refuseTakenPorts(config, embedded, simulated);
  mkdirSync(LOG_FOLDER, { recursive: true });

  // What is provided here becomes the environment of the processes started below.
  if (embedded) Object.assign(process.env, await provideTemporal());
  const host = config.host.includes(':') ? `[${config.host}]` : config.host;
  const apiUrl = `http://${host}:${config.port}`;
  if (hasAddress(config)) process.env['DURASCRIBE_PUBLIC_URL'] ||= apiUrl;
  await provideSimulators(simulated, apiUrl);
  await startWorkerAndApi(config, apiUrl);

  const seconds = ((Date.now() - startedAtMs) / 1_000).toFixed(1);
  console.log(`\nDurascribe is running, after ${seconds} s.\n`);
  console.log(`  API           ${apiUrl}`);
  if (embedded) console.log(`  Temporal UI   ${config.temporalUiUrl}`);
  for (const name of simulated) {
    const { replaces, unset } = SIMULATORS[name];
    console.log(`  Simulated     ${replaces}, as no ${unset} is set: ${simulatorUrl(name)}`);
  }
  console.log(`  Logs          ${LOG_FOLDER}\n`);
  console.log(`Start a session:\n`);
  console.log(`  curl -X POST ${apiUrl}/v1/sessions -H 'content-type: application/json' \\`);
  if (config.apiKeys.length > 0) console.log(`    -H 'authorization: Bearer <key>' \\`);
  console.log(`    -d '{"provider":"agora","channel":"demo","languages":["en-US"]}'\n`);
  console.log('Ctrl-C stops everything.');
}

/** Whether all whose webhooks are to come can reach us: they are on this machine, or know an address. */
function hasAddress({ publicUrl, providers }: Config): boolean {
  return publicUrl !== null || providers.videosdk === null;
}

function toBeSimulated(config: Config): SimulatorName[] {
  const { transcripts, providers, vonage } = config;
  const hasNoBuckets = transcripts === null && providers['amazon-transcribe'] === null;
  const isMissing = {
    s3: hasNoBuckets,
    transcribe: hasNoBuckets,
    // Its webhooks need an address, and one on this machine is none for a VideoSDK that is real.
    vonage: hasNoBuckets && vonage === null && hasAddress(config),
    agora: providers.agora === null,
    videosdk: providers.videosdk === null,
  } satisfies Record<SimulatorName, boolean>;
  return (['s3', 'agora', 'videosdk', 'transcribe', 'vonage'] as const).filter(
    (name) => isMissing[name],
  );
}

/** Whether the environment names a Temporal server to use, by address or by profile. */
function hasTemporalOfItsOwn(): boolean {
  const { TEMPORAL_ADDRESS, TEMPORAL_PROFILE, TEMPORAL_CONFIG_FILE } = process.env;
  return Boolean(TEMPORAL_ADDRESS || TEMPORAL_PROFILE || TEMPORAL_CONFIG_FILE);
}

async function refuseTakenPorts(
  { host, port }: Config,
  embedded: boolean,
  simulated: readonly SimulatorName[],
): Promise<void> {
  const alternative = `or set TEMPORAL_ADDRESS=${HOST}:${TEMPORAL_PORT} if that is a Temporal server to use`;
  const wanted: WantedPort[] = [
    { host, port, purpose: 'the API', alternative: 'or set DURASCRIBE_PORT to another one' },
  ];
  if (embedded) {
    wanted.push({ host: HOST, port: TEMPORAL_PORT, purpose: 'Temporal', alternative });
    wanted.push({ host: HOST, port: TEMPORAL_UI_PORT, purpose: "Temporal's Web UI" });
  }
  for (const name of simulated) {
    const { port: itsPort, replaces } = SIMULATORS[name];
    wanted.push({ host: HOST, port: itsPort, purpose: `the simulator of ${replaces}` });
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
    signal: parts.halted,
  });
  parts.add(() => server.stop(), server.ended);
  return {
    TEMPORAL_ADDRESS: server.address,
    TEMPORAL_NAMESPACE: 'default',
    TEMPORAL_TLS: 'false',
    // No file: else a profile in the user's home would have a say.
    TEMPORAL_CONFIG_FILE: '',
  };
}

/** Starts the simulators of all that the environment has no credentials for. */
async function provideSimulators(names: readonly SimulatorName[], apiUrl: string): Promise<void> {
  for (const name of names) {
    console.log(`Starting the simulator of ${SIMULATORS[name].replaces}`);
    const hasStorage = names.includes('s3');
    const simulated = await simulate(name, { folder: DATA_FOLDER, apiUrl, hasStorage });
    parts.add(() => simulated.close());
    Object.assign(process.env, simulated.environment);
  }
}

async function startWorkerAndApi({ taskQueue }: Config, apiUrl: string): Promise<void> {
  console.log('Starting the worker and the API');
  const sinceMs = Date.now();
  startEntryPoint('worker', 'The worker', STOP_WORKER_WITHIN_MS);
  startEntryPoint('api', 'The API', STOP_API_WITHIN_MS);
  const patience = { everyMs: 100, withinMs: READY_WITHIN_MS, signal: parts.halted };
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
  parts.add(() => child.stop(stopWithinMs), child.ended);
}

/** Whether a worker has asked for work since `sinceMs`; an earlier one may be gone. */
async function isPolled(taskQueue: string, sinceMs: number): Promise<boolean> {
  const client = lazyClient();
  try {
    const { pollers } = await client.withDeadline(Date.now() + 1_000, () =>
      client.workflowService.describeTaskQueue({
        namespace: client.options.namespace,
        taskQueue: { name: taskQueue },
      }),
    );
    const seconds = (pollers ?? []).map(({ lastAccessTime }) => Number(lastAccessTime?.seconds));
    return seconds.some((second) => (second + 1) * 1_000 > sinceMs);
  } finally {
    await client.connection.close();
  }
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
