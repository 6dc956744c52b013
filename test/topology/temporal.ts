import { execFileSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Connection } from '@temporalio/client';
import { findTemporalBinary } from '../../scripts/temporal-binary.mjs';
import { findTemporalServer } from '../../scripts/temporal-server.mjs';
import { isListening } from '../../src/local/ports.ts';
import { startProcess, type ManagedProcess } from '../../src/local/processes.ts';
import { eventually } from '../support/stack.ts';

const HOST = '127.0.0.1';
/** What docker-compose.yml mounts into its containers. */
const SETTINGS = fileURLToPath(new URL('../../deploy/temporal', import.meta.url));
/** The ports of the server's parts, from its own, as deploy/temporal/durascribe.yaml has them. */
const PARTS = [0, 1, 2, 6, -300, -299, -298, -294];
const PATIENCE_MS = 60_000;

/** Temporal's server on a database, as docker-compose.yml runs it. */
export type TemporalServer = {
  readonly address: string;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Returns once it serves. */
  start(): Promise<void>;
};

/** Sets the database up, starts the server on it, and makes the namespace: with the scripts of docker-compose.yml. */
export async function startTemporal(
  folder: string,
  database: NodeJS.ProcessEnv,
): Promise<TemporalServer> {
  const programs = findTemporalServer(process.env);
  const cli = findTemporalBinary(process.env);
  if (programs === undefined || cli === undefined) {
    throw new Error('There is no Temporal server for PostgreSQL: run npm run topology.');
  }
  symlinkSync(cli, join(folder, 'temporal'));
  const port = await freePorts();
  const address = `${HOST}:${port}`;
  const environment: NodeJS.ProcessEnv = {
    ...database,
    HOME: folder,
    PATH: [programs, folder, process.env['PATH']].join(delimiter),
    TEMPORAL_BIND_ON_IP: HOST,
    TEMPORAL_PORT: String(port),
    TEMPORAL_FOLDER: SETTINGS,
    TEMPORAL_ADDRESS: address,
    TEMPORAL_NAMESPACE: 'default',
    TEMPORAL_RETENTION: '720h',
  };
  const script = (name: string) =>
    execFileSync(join(SETTINGS, name), { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  script('set-up-database.sh');

  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  const flags = ['--root', dirname(SETTINGS), '--config', 'temporal', '--env', 'durascribe'];
  let server: ManagedProcess | undefined;
  const temporal: TemporalServer = {
    address,
    kill: async () => server?.kill(),
    start: async () => {
      const args = ['-i', ...variables, 'temporal-server', ...flags, '--allow-no-auth', 'start'];
      const logFile = join(folder, 'temporal.log');
      server = startProcess({ name: 'Temporal', command: 'env', args, logFile });
      await eventually(async () => {
        server?.ended.throwIfAborted();
        const connection = await Connection.connect({ address, connectTimeout: '1 second' });
        await connection.close();
      }, PATIENCE_MS);
    },
  };
  await temporal.start();
  script('set-up-namespace.sh');
  return temporal;
}

/** A port that is free for the server, with those of its parts. */
async function freePorts(): Promise<number> {
  for (let port = 21_000; port < 30_000; port += 10) {
    const taken = await Promise.all(PARTS.map((part) => isListening(HOST, port + part)));
    if (!taken.includes(true)) return port;
  }
  throw new Error('There are no free ports for a Temporal server.');
}
