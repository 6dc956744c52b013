// Builds the Temporal server that runs on PostgreSQL, once a machine, for `npm run topology`. Instant when it is there.
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CommandError, Interrupted, runVisibly, withLock } from './run-visibly.mjs';
import {
  findTemporalServer,
  TEMPORAL_SERVER_VERSION,
  temporalServerFolder,
} from './temporal-server.mjs';

/** Go names a program after its folder. */
const PROGRAMS = { server: 'temporal-server', 'tools/sql': 'temporal-sql-tool' };

try {
  if (findTemporalServer(process.env) === undefined) await provide();
} catch (error) {
  if (error instanceof Interrupted) process.exit(130);
  if (error instanceof CommandError && error.tail) console.error(error.tail);
  console.error(`\n${error.message}`);
  process.exit(1);
}

async function provide() {
  const folder = temporalServerFolder(process.env);
  await withLock(`${folder}.lock`, 'waiting for another setup to build the server', async () => {
    if (findTemporalServer(process.env) !== undefined) return;
    // As in scripts/setup.mjs: made beside its place, and what a killed setup left goes first.
    const prefix = `${basename(folder)}.making-`;
    for (const each of readdirSync(dirname(folder))) {
      if (each.startsWith(prefix)) rmSync(join(dirname(folder), each), { recursive: true });
    }
    const workshop = mkdtempSync(join(dirname(folder), prefix));
    try {
      await build(workshop);
      renameSync(workshop, folder);
      console.error(`  Temporal's server is ready, kept in ${folder}`);
    } finally {
      rmSync(workshop, { recursive: true, force: true });
    }
  });
}

/** @param {string} workshop */
async function build(workshop) {
  mkdirSync(workshop, { recursive: true });
  const label = `building Temporal's server for PostgreSQL with Go (once per machine, some minutes)`;
  const packages = Object.keys(PROGRAMS).map(
    (path) => `go.temporal.io/server/cmd/${path}@v${TEMPORAL_SERVER_VERSION}`,
  );
  const env = { ...process.env, GOBIN: workshop };
  await runVisibly(label, 'go', ['install', '-ldflags=-s -w', ...packages], { env }).catch(
    (error) => {
      if (!(error instanceof CommandError)) throw error;
      const problem = error.code === 'ENOENT' ? 'there is no Go' : 'go install failed';
      const advice = `The Temporal server was not built, as ${problem}: install Go, and run this again.`;
      throw new CommandError(advice, error.tail || error.message);
    },
  );
  for (const [path, name] of Object.entries(PROGRAMS)) {
    renameSync(join(workshop, basename(path)), join(workshop, name));
  }
}
