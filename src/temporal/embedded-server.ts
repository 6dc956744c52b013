import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { tmpdir } from 'node:os';
import { Connection } from '@temporalio/client';
import { findTemporalBinary } from '../../scripts/temporal-binary.mjs';
import { waitUntil } from '../local/polling.ts';
import { freePort, isListening, portProblem } from '../local/ports.ts';
import { startProcess } from '../local/processes.ts';

const HOST = '127.0.0.1';
const READY_WITHIN_MS = 30_000;
const STOP_WITHIN_MS = 10_000;

export type EmbeddedServerOptions = {
  /** The `temporal` CLI; by default the one that scripts/setup.mjs found or made. */
  readonly binary?: string;
  /** The SQLite file, made if it is not there; without one everything is in memory. */
  readonly dbFile?: string;
  /** By default a free one. */
  readonly port?: number;
  /** Without one there is no Web UI. */
  readonly uiPort?: number;
  /** Where the Web UI has payloads decrypted. */
  readonly codecEndpoint?: string;
  /** The file that gets the server's output, made anew; by default a temporary one. */
  readonly log?: string;
  /** Gives the start up, and stops the server; once it has started, only `stop()` does. */
  readonly signal?: AbortSignal;
};

export type EmbeddedServer = {
  /** host:port of the gRPC front end. */
  readonly address: string;
  readonly uiUrl: string | null;
  /** The group of its processes. */
  readonly group: number;
  /** Aborted when the server has ended, however; the reason is an Error with its last lines. */
  readonly ended: AbortSignal;
  stop(): Promise<void>;
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>;
};

/** Starts a Temporal dev server on this machine; returns once it serves requests. */
export async function startEmbeddedServer(
  options: EmbeddedServerOptions = {},
): Promise<EmbeddedServer> {
  const { dbFile, uiPort, port = await freePort(HOST), signal } = options;
  const logFile = options.log ?? join(tmpdir(), `durascribe-temporal-${port}.log`);
  const command = options.binary ?? findTemporalBinary(process.env);
  if (command === undefined) {
    throw new Error('There is no Temporal server on this machine: run node scripts/setup.mjs.');
  }
  await refuseTakenPorts(port, uiPort);
  for (const file of [dbFile, logFile]) if (file) mkdirSync(dirname(file), { recursive: true });

  const args = serverArguments(port, options);
  const server = startProcess({ name: 'The Temporal server', command, args, logFile });
  const stop = async () => {
    await server.stop(STOP_WITHIN_MS);
    if (options.log === undefined) rmSync(logFile, { force: true });
  };
  const address = `${HOST}:${port}`;
  try {
    await untilServing(port, AbortSignal.any(signal ? [signal, server.ended] : [server.ended]));
  } catch (error) {
    await stop();
    throw error;
  }
  const uiUrl = uiPort === undefined ? null : `http://${HOST}:${uiPort}`;
  const { group, ended } = server;
  return { address, uiUrl, group, ended, stop, kill: () => server.stop(0) };
}

async function refuseTakenPorts(port: number, uiPort: number | undefined): Promise<void> {
  const wanted = [{ host: HOST, port, purpose: 'the Temporal server' }];
  if (uiPort !== undefined) wanted.push({ host: HOST, port: uiPort, purpose: "Temporal's Web UI" });
  const problems = await Promise.all(wanted.map(portProblem));
  const found = problems.filter((problem) => problem !== null);
  if (found.length > 0) throw new Error(found.join('\n'));
}

function serverArguments(
  port: number,
  { uiPort, codecEndpoint, dbFile }: EmbeddedServerOptions,
): string[] {
  const codec = codecEndpoint === undefined ? [] : ['--ui-codec-endpoint', codecEndpoint];
  const ui = uiPort === undefined ? ['--headless'] : ['--ui-port', String(uiPort), ...codec];
  const dynamicConfig = [
    // One machine gains nothing by partitions, and pays for forwarding between them with seconds.
    'matching.numTaskqueueReadPartitions=1',
    'matching.numTaskqueueWritePartitions=1',
    // Fairness keys, which server 1.29 has behind these.
    'matching.useNewMatcher=true',
    'matching.enableFairness=true',
  ].flatMap((setting) => ['--dynamic-config-value', setting]);
  // A write-ahead log that is synced at checkpoints: 2.5 times the throughput of the default, still safe if the
  // process dies; only a power cut can cost the last moments.
  const pragmas = ['journal_mode=WAL', 'synchronous=NORMAL'];
  const database =
    dbFile === undefined
      ? []
      : ['--db-filename', dbFile, ...pragmas.flatMap((pragma) => ['--sqlite-pragma', pragma])];
  return [
    'server',
    'start-dev',
    '--ip',
    HOST,
    '--port',
    String(port),
    ...ui,
    ...dynamicConfig,
    ...database,
  ];
}

async function untilServing(port: number, signal: AbortSignal): Promise<void> {
  const patience = { everyMs: 50, withinMs: READY_WITHIN_MS, signal };
  // First plain TCP: a gRPC channel that was refused once waits a second before it tries again.
  await waitUntil('The Temporal server did not listen', () => isListening(HOST, port), patience);
  const connection = Connection.lazy({ address: `${HOST}:${port}` });
  try {
    const hasNamespace = () =>
      connection.withDeadline(Date.now() + 1_000, async () => {
        await connection.workflowService.describeNamespace({ namespace: 'default' });
        return true;
      });
    await waitUntil('The Temporal server did not answer', hasNamespace, patience);
  } finally {
    await connection.close();
  }
}
