import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { waitUntil } from '../src/local/polling.ts';
import { freePort, isListening } from '../src/local/ports.ts';
import { startProcess, type ManagedProcess } from '../src/local/processes.ts';
import { superviseParts, type Supervisor } from '../src/local/supervision.ts';
import { startEmbeddedServer } from '../src/temporal/embedded-server.ts';
import { agoraEnvironment, amazonEnvironment, HOST, type VendorPorts } from './vendors.ts';

/** TASK_QUEUE_TYPE_ACTIVITY */
const ACTIVITIES = 2;
/** More than this machine does: the bench is about us, not about Agora's ten calls a second. */
const CALLS_PER_SECOND = 10_000;
const READY_WITHIN_MS = 60_000;

const run = promisify(execFile);

export const QUEUES = { durascribe: 'durascribe', raw: 'raw' } as const;
export type SideName = keyof typeof QUEUES;

/** Processes of their own, all on this machine, with a Temporal server of their own. */
export type Stage = {
  readonly client: Client;
  readonly apiUrl: string;
  readonly vendorPorts: VendorPorts;
  /** The groups of its processes, by what they are called. */
  readonly groups: ReadonlyMap<string, number>;
  startWorker(side: SideName, environment?: NodeJS.ProcessEnv): Promise<ManagedProcess>;
  startApi(): Promise<void>;
  /** Ends a worker as a deployment does. */
  stopWorker(worker: ManagedProcess): Promise<void>;
};

export type StageOptions = {
  /** Whether recordings are on, too. */
  readonly hasRecordings: boolean;
  readonly environment?: NodeJS.ProcessEnv;
};

/** Does `work` on a stage that is cleared away afterwards, whatever becomes of it. */
export async function onStage<T>(
  options: StageOptions,
  work: (stage: Stage) => Promise<T>,
): Promise<T> {
  const parts = superviseParts();
  try {
    return await Promise.race([work(await openStage(options, parts)), haltedEarly(parts)]);
  } finally {
    await parts.stopAll();
  }
}

async function haltedEarly(parts: Supervisor): Promise<never> {
  return new Promise((_resolve, reject) => {
    parts.halted.addEventListener('abort', () => reject(parts.halted.reason));
  });
}

async function openStage(
  { hasRecordings, environment: more }: StageOptions,
  parts: Supervisor,
): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'durascribe-bench-'));
  parts.add(async () => rmSync(folder, { recursive: true, force: true }));
  const groups = new Map<string, number>();
  const server = await startEmbeddedServer({
    dbFile: join(folder, 'temporal.sqlite'),
    log: join(folder, 'temporal.log'),
    signal: parts.halted,
  });
  parts.add(() => server.stop(), server.ended);
  groups.set('server', server.group);

  const bundle = join(folder, 'workflows');
  await run(process.execPath, [scriptAt('../scripts/bundle-workflows.ts'), bundle]);
  const vendorPorts = {
    agora: await freePort(HOST),
    s3: await freePort(HOST),
    transcribe: await freePort(HOST),
    api: await freePort(HOST),
  };
  const environment = {
    PATH: process.env['PATH'],
    TEMPORAL_ADDRESS: server.address,
    DURASCRIBE_PORT: String(vendorPorts.api),
    DURASCRIBE_RATE_LIMIT_PER_MINUTE: '100000000',
    // A look at each task every so often would be the same on both sides, and in the way of what is measured.
    DURASCRIBE_WATCH_SECONDS: '86400',
    DURASCRIBE_RECONCILE_SECONDS: '0',
    // As in production.
    DURASCRIBE_WORKFLOW_BUNDLE: bundle,
    ...agoraEnvironment(vendorPorts),
    ...(hasRecordings ? amazonEnvironment(vendorPorts) : {}),
    ...more,
  };
  let count = 0;
  const start = (called: string, file: string, args: string[], own: NodeJS.ProcessEnv) => {
    count += 1;
    const logFile = join(folder, `${count}-${called}.log`);
    const child = startProcess({
      name: called,
      command: 'env',
      args: ['-i', ...assignments({ ...environment, ...own }), ...nodeWith(file, args)],
      logFile,
    });
    groups.set(called, child.group);
    const letGo = parts.add(() => child.stop(5_000), child.ended);
    return { child, logFile, letGo };
  };
  const patience = { everyMs: 50, withinMs: READY_WITHIN_MS, signal: parts.halted };
  start('simulators', 'simulators.ts', [JSON.stringify(vendorPorts)], {});
  const isServed = (name: keyof VendorPorts) => () => isListening(HOST, vendorPorts[name]);
  await waitUntil('The simulators did not listen', isServed('agora'), patience);

  const connection = Connection.lazy({ address: server.address });
  parts.add(() => connection.close());
  const client = new Client({ connection });
  const letGoes = new Map<ManagedProcess, () => void>();
  return {
    client,
    apiUrl: `http://${HOST}:${vendorPorts.api}`,
    vendorPorts,
    groups,
    startWorker: async (side, own = {}) => {
      const file = side === 'raw' ? 'raw/worker.ts' : '../src/worker.ts';
      const called = side === 'raw' ? 'raw worker' : 'worker';
      const queue = { DURASCRIBE_TASK_QUEUE: QUEUES[side] };
      const { child, logFile, letGo } = start(called, file, [], { ...queue, ...own });
      letGoes.set(child, letGo);
      const isWorking = async () => readFileSync(logFile, 'utf8').includes('working');
      await waitUntil(`The ${called} took up no work`, isWorking, patience);
      await liftLimit(client, `${QUEUES[side]}.agora`);
      return child;
    },
    startApi: async () => {
      start('api', '../src/api.ts', [], { DURASCRIBE_TASK_QUEUE: QUEUES.durascribe });
      await waitUntil('The API did not listen', isServed('api'), patience);
    },
    stopWorker: async (worker) => {
      letGoes.get(worker)?.();
      await worker.stop(30_000);
    },
  };
}

function assignments(environment: NodeJS.ProcessEnv): string[] {
  return Object.entries(environment).map(([name, value]) => `${name}=${value ?? ''}`);
}

function nodeWith(file: string, args: readonly string[]): string[] {
  const flags = process.env['BENCH_NODE_FLAGS']?.split(' ') ?? [];
  return [process.execPath, ...flags, scriptAt(file), ...args];
}

function scriptAt(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}

/** As `temporal task-queue config set` does: it wins over what workers say. */
async function liftLimit(client: Client, taskQueue: string): Promise<void> {
  await client.workflowService.updateTaskQueueConfig({
    namespace: client.options.namespace,
    taskQueue,
    taskQueueType: ACTIVITIES,
    updateQueueRateLimit: { rateLimit: { requestsPerSecond: CALLS_PER_SECOND } },
  });
}
