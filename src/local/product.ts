import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  simulate,
  SIMULATORS,
  type SimulatorName,
  type SimulatorPorts,
} from '../../simulators/local.ts';
import { lazyClient } from '../temporal/connection.ts';
import { startEmbeddedServer } from '../temporal/embedded-server.ts';
import { waitUntil } from './polling.ts';
import { startProcess } from './processes.ts';
import type { Supervisor } from './supervision.ts';

const READY_WITHIN_MS = 60_000;
const STOP_API_WITHIN_MS = 10_000;
// The worker gives activities 15 s to finish.
const STOP_WORKER_WITHIN_MS = 20_000;

export type LocalProductOptions = {
  /** What is started is added to them. */
  readonly parts: Supervisor;
  /** Where Temporal and the simulators keep what outlives them. */
  readonly dataFolder: string;
  readonly logFolder: string;
  readonly temporalPort: number;
  readonly temporalUiPort: number;
  /** Where Temporal's Web UI has payloads decrypted. */
  readonly codecEndpoint?: string;
  readonly simulatorPorts: SimulatorPorts;
  /** Is told what is about to be started. */
  readonly say: (what: string) => void;
};

/** The worker, as a process. */
type LocalWorker = {
  /** Ends it at once and without a word to it, as a crash does. */
  kill(): Promise<void>;
};

/**
 * The product on this machine, part by part: each takes its settings from the environment, and adds to it what the
 * next ones need.
 */
export type LocalProduct = {
  provideTemporal(): Promise<void>;
  provideSimulators(names: readonly SimulatorName[], apiUrl: string): Promise<void>;
  /** Returns when both serve. */
  startWorkerAndApi(taskQueue: string, apiUrl: string): Promise<LocalWorker>;
  /** Returns at once. */
  startWorker(): LocalWorker;
};

export function localProduct(options: LocalProductOptions): LocalProduct {
  const { parts, dataFolder, logFolder, simulatorPorts, codecEndpoint, say } = options;
  let workers = 0;

  const startEntryPoint = (file: 'worker' | 'api', log: string, name: string, withinMs: number) => {
    const child = startProcess({
      name,
      command: process.execPath,
      args: [fileURLToPath(new URL(`../${file}.ts`, import.meta.url))],
      logFile: join(logFolder, `${log}.log`),
    });
    const letGo = parts.add(() => child.stop(withinMs), child.ended);
    return {
      kill: async () => {
        letGo();
        await child.kill();
      },
    };
  };

  const startWorker = (): LocalWorker => {
    workers += 1;
    const log = workers === 1 ? 'worker' : `worker-${workers}`;
    return startEntryPoint('worker', log, 'The worker', STOP_WORKER_WITHIN_MS);
  };

  return {
    startWorker,

    provideTemporal: async () => {
      say('Starting Temporal');
      const server = await startEmbeddedServer({
        dbFile: join(dataFolder, 'temporal.sqlite'),
        port: options.temporalPort,
        uiPort: options.temporalUiPort,
        ...(codecEndpoint === undefined ? {} : { codecEndpoint }),
        log: join(logFolder, 'temporal.log'),
        signal: parts.halted,
      });
      parts.add(() => server.stop(), server.ended);
      Object.assign(process.env, {
        TEMPORAL_ADDRESS: server.address,
        TEMPORAL_NAMESPACE: 'default',
        TEMPORAL_TLS: 'false',
        // No file: else a profile in the user's home would have a say.
        TEMPORAL_CONFIG_FILE: '',
      });
    },

    provideSimulators: async (names, apiUrl) => {
      for (const name of names) {
        say(`Starting the simulator of ${SIMULATORS[name].replaces}`);
        const hasStorage = names.includes('s3');
        const settings = { ports: simulatorPorts, folder: dataFolder, apiUrl, hasStorage };
        const simulated = await simulate(name, settings);
        parts.add(() => simulated.close());
        Object.assign(process.env, simulated.environment);
      }
    },

    startWorkerAndApi: async (taskQueue, apiUrl) => {
      say('Starting the worker and the API');
      const sinceMs = Date.now();
      const worker = startWorker();
      startEntryPoint('api', 'api', 'The API', STOP_API_WITHIN_MS);
      const patience = { everyMs: 100, withinMs: READY_WITHIN_MS, signal: parts.halted };
      const isWorking = () => isPolled(taskQueue, sinceMs);
      await waitUntil('The worker took up no work', isWorking, patience);
      const isReady = async () => (await fetch(`${apiUrl}/readyz`)).ok;
      await waitUntil('The API was not ready', isReady, patience);
      return worker;
    },
  };
}

/** Whether a worker has asked for work since `sinceMs`; an earlier one may be gone. */
async function isPolled(taskQueue: string, sinceMs: number): Promise<boolean> {
  const client = lazyClient([]);
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
