import { fastify } from 'fastify';
import type { FastifyInstance } from 'fastify';
import { registerApi } from './api-routes.ts';
import { registerControls } from './control-routes.ts';
import { Faults } from './faults.ts';
import type { Fault } from './faults.ts';
import { Records, viewLedger } from './ledger.ts';
import type { Ledger } from './ledger.ts';
import type { Project } from './operations.ts';
import { loadState, StateFile } from './state-file.ts';
import { Tasks } from './tasks.ts';
import type { EndCause } from './tasks.ts';

const STARTING_MS = 200;

export type AgoraSimulatorOptions = {
  readonly appId: string;
  readonly appCertificate: string;
  readonly customerId: string;
  readonly customerSecret: string;
  /** Where tasks and ledger outlive the process; in memory only without it. */
  readonly stateFile?: string;
  readonly log?: boolean;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** How long a task is STARTING before it is RUNNING, in ms (200). */
  readonly startingMs?: number;
  /** What a query of an ended task answers, which Agora leaves open: its last status, or 404. */
  readonly endedQuery?: 'status' | 'not-found';
  /** Whether `list` gives the names of tasks too, which the reference doesn't say. */
  readonly listNames?: boolean;
};

export type AgoraSimulator = {
  /** For the caller to listen with. */
  readonly app: FastifyInstance;
  /** Of one channel, or of all. */
  ledger(channel?: string): Ledger;
  inject(fault: Fault): void;
  clearFaults(): void;
  /** Ends a task as the vendor does by itself; throws where it can't end so. */
  endTask(agentId: string, cause: EndCause): void;
  close(): Promise<void>;
};

/**
 * A strict simulator of Agora's Real-Time STT REST API v7 (join, query, list, update, leave).
 * It refuses whatever the documentation forbids, and keeps a ledger of all it saw.
 */
export function createAgoraSimulator(options: AgoraSimulatorOptions): AgoraSimulator {
  const { now = Date.now, stateFile } = options;
  const saved = loadState(stateFile);
  const tasks = new Tasks(now, saved.tasks);
  const records = new Records(saved);
  const faults = new Faults();
  const { calls, violations } = records;
  const state =
    stateFile === undefined
      ? undefined
      : new StateFile(stateFile, () => ({ version: 1, tasks: tasks.all(), calls, violations }));
  const changed = (): void => state?.schedule();
  const project: Project = {
    appId: options.appId,
    appCertificate: options.appCertificate,
    endedQuery: options.endedQuery ?? 'status',
    listNames: options.listNames ?? false,
    now,
    tasks,
    records,
  };

  const app = plainFastify(options.log ?? false);
  const simulator: AgoraSimulator = {
    app,
    ledger: (channel) => viewLedger(records, tasks, channel),
    inject: (fault) => faults.inject(fault),
    clearFaults: () => faults.clear(),
    endTask: (agentId, cause) => {
      const task = tasks.get(agentId);
      if (!task) throw new Error(`there is no task ${agentId}`);
      tasks.end(task, cause);
      changed();
    },
    close: async () => {
      await app.close();
      await state?.flush();
    },
  };
  registerControls(app, simulator);
  registerApi(app, {
    project,
    faults,
    authorization: Buffer.from(`${options.customerId}:${options.customerSecret}`).toString(
      'base64',
    ),
    startingMs: options.startingMs ?? STARTING_MS,
    changed,
  });
  return simulator;
}

/** Bodies stay text, whatever their type: what is wrong with them is for the vendor's rules. */
function plainFastify(log: boolean): FastifyInstance {
  const app: FastifyInstance = fastify({
    logger: log && { name: 'agora-simulator' },
    forceCloseConnections: true,
    exposeHeadRoutes: false,
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  return app;
}
