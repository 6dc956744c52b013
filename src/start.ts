import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { SIMULATORS, simulatorUrl, usualPorts, type SimulatorName } from '../simulators/local.ts';
import { type Config, readConfig } from './config.ts';
import { portProblem, type WantedPort } from './local/ports.ts';
import { localProduct } from './local/product.ts';
import { explain, Interrupt, superviseParts } from './local/supervision.ts';

const HOST = '127.0.0.1';
const TEMPORAL_PORT = 7233;
const TEMPORAL_UI_PORT = 8233;
const DATA_FOLDER = '.durascribe';
const LOG_FOLDER = join(DATA_FOLDER, 'logs');

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

  const host = config.host.includes(':') ? `[${config.host}]` : config.host;
  const apiUrl = `http://${host}:${config.port}`;
  const isEncrypted = config.encryptionKeys.length > 0;
  const product = localProduct({
    parts,
    dataFolder: DATA_FOLDER,
    logFolder: LOG_FOLDER,
    temporalPort: TEMPORAL_PORT,
    temporalUiPort: TEMPORAL_UI_PORT,
    ...(isEncrypted ? { codecEndpoint: `${apiUrl}/codec` } : {}),
    simulatorPorts: usualPorts(),
    say: console.log,
  });
  if (embedded) await product.provideTemporal();
  if (hasAddress(config)) process.env['DURASCRIBE_PUBLIC_URL'] ||= apiUrl;
  await product.provideSimulators(simulated, apiUrl);
  await product.startWorkerAndApi(config.taskQueue, apiUrl);

  const seconds = ((Date.now() - startedAtMs) / 1_000).toFixed(1);
  console.log(`\nDurascribe is running, after ${seconds} s.\n`);
  console.log(`  API           ${apiUrl}`);
  if (embedded) console.log(`  Temporal UI   ${config.temporalUiUrl}`);
  if (isEncrypted && config.apiKeys.length > 0) {
    console.log(`  To read it    ${apiUrl}/codec: docs/encryption.md`);
  }
  for (const name of simulated) {
    const { port, replaces, unset } = SIMULATORS[name];
    console.log(`  Simulated     ${replaces}, as no ${unset} is set: ${simulatorUrl(port)}`);
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
