import { spawnSync } from 'node:child_process';
import { chownSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../src/local/ports.ts';
import { startProcess, type ManagedProcess } from '../../src/local/processes.ts';
import { eventually } from '../support/stack.ts';

const HOST = '127.0.0.1';
const USER = 'temporal';
/** Debian's nobody: PostgreSQL won't run as root. */
const NOBODY = 65_534;
const PATIENCE_MS = 60_000;

/** A PostgreSQL of one's own. */
export type Database = {
  /** How temporal-sql-tool, and the server's configuration, find it. */
  readonly environment: NodeJS.ProcessEnv;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Returns once it takes connections. */
  start(): Promise<void>;
  /** Everything in it, as it is stored: what is kept as bytes is there as these bytes. */
  content(): string;
};

/** Makes one in `folder`, and starts it; `password` is asked for by it. */
export async function startDatabase(folder: string, password: string): Promise<Database> {
  const data = join(folder, 'data');
  const port = String(await freePort(HOST));
  const passwordFile = join(folder, 'password');
  mkdirSync(folder, { recursive: true });
  writeFileSync(passwordFile, password);
  if (isRoot()) for (const path of [folder, passwordFile]) chownSync(path, NOBODY, NOBODY);
  const authentication = ['-A', 'scram-sha-256', '--pwfile', passwordFile];
  run(program('initdb', '-D', data, '-U', USER, '-E', 'UTF8', '--locale', 'C', ...authentication));

  const environment = { SQL_HOST: HOST, SQL_PORT: port, SQL_USER: USER, SQL_PASSWORD: password };
  const client = { PGPASSWORD: password };
  const address = ['-h', HOST, '-p', port, '-U', USER];
  let server: ManagedProcess | undefined;
  const database: Database = {
    environment,
    kill: async () => server?.kill(),
    start: async () => {
      await eventually(async () => {
        const where = ['-D', data, '-h', HOST, '-p', port, '-k', folder];
        const [command = '', ...args] = program('postgres', ...where);
        const logFile = join(folder, 'postgresql.log');
        // What was killed may not be quite gone.
        if (server === undefined || server.ended.aborted) {
          server = startProcess({ name: 'PostgreSQL', command, args, logFile });
        }
        run(program('psql', ...address, '-d', 'postgres', '-qc', 'SELECT 1'), client);
      }, PATIENCE_MS);
    },
    content: () =>
      ['temporal', 'temporal_visibility']
        .map((name) => run(program('pg_dump', ...address, '--data-only', name), client))
        .join('')
        .replaceAll(/\\\\x([0-9a-f]+)/g, (_, hex: string) => Buffer.from(hex, 'hex').toString()),
  };
  await database.start();
  return database;
}

/** The command of one of PostgreSQL's programs, by whoever may run it. */
function program(name: string, ...args: string[]): string[] {
  const [folder] = readdirSync(ROOT, { encoding: 'utf8' })
    .toSorted((a, b) => Number(b) - Number(a))
    .map((version) => join(ROOT, version, 'bin'));
  if (folder === undefined) throw new Error(`There is no PostgreSQL in ${ROOT}: ${REMEDY}`);
  const drop = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];
  return [...(isRoot() ? drop : []), join(folder, name), ...args];
}

/** Where Debian keeps its versions. */
const ROOT = '/usr/lib/postgresql';
const REMEDY = 'apt-get install postgresql';

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** Runs a command to its end, and returns its output. Throws when it fails. */
function run([command = '', ...args]: string[], environment: NodeJS.ProcessEnv = {}): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    env: { ...process.env, ...environment },
    cwd: '/',
    maxBuffer: 2 ** 30,
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`${command} ended with ${status}: ${stderr}`);
  return stdout;
}
