// What `npm start`, `npm test` and `npm run cli` need on a fresh clone: the dependencies (with them Node 24) and,
// but for the last, the Temporal server's binary. Instant when both are there. Runs on the machine's own Node, without
// dependencies.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CommandError, Interrupted, runVisibly, withLock } from './run-visibly.mjs';
import {
  cachedTemporalBinary,
  findTemporalBinary,
  TEMPORAL_CLI_VERSION,
} from './temporal-binary.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const GO_PACKAGE = `github.com/temporalio/cli/cmd/temporal@v${TEMPORAL_CLI_VERSION}`;
const STALLED_DOWNLOAD_MS = 60_000;

const forStart = process.env.npm_lifecycle_event === 'prestart';
const forCommandLine = process.env.npm_lifecycle_event === 'precli';
const say = (message) => console.error(`  ${message}`);

try {
  await installDependencies();
  if (existsSync(join(ROOT, '.env'))) process.loadEnvFile?.(join(ROOT, '.env'));
  const isElsewhere = forCommandLine || (forStart && hasTemporalOfItsOwn(process.env));
  if (!isElsewhere) await provideTemporal(process.env);
} catch (error) {
  if (error instanceof Interrupted) process.exit(130);
  if (error instanceof CommandError && error.tail) console.error(error.tail);
  console.error(`\n${error.message}`);
  process.exit(1);
}

async function installDependencies() {
  if (isInstalled()) return;
  await withLock(join(ROOT, '.durascribe', 'setup.lock'), 'waiting for another setup', async () => {
    if (isInstalled()) return;
    // Node itself is one of the development dependencies, so they are needed whatever NODE_ENV says.
    const args = ['ci', '--include=dev', '--no-audit', '--no-fund'];
    await runVisibly('installing dependencies', 'npm', args, { cwd: ROOT }).catch((error) => {
      if (!(error instanceof CommandError)) throw error;
      const advice = 'npm ci failed: check the network and its words above, then run this again.';
      throw new CommandError(advice, error.tail || error.message);
    });
    say('dependencies installed');
  });
}

// Compares what npm noted as installed with the lock file, entry by entry: unlike time stamps this is
// also right after a git checkout, an `npm install` by hand or an interrupted install.
function isInstalled() {
  const installed = packagesIn(join(ROOT, 'node_modules', '.package-lock.json'));
  const wanted = packagesIn(join(ROOT, 'package-lock.json'));
  return Object.entries(wanted).every(([path, { version, integrity, optional }]) => {
    if (path === '') return true;
    const found = installed[path];
    if (!found) return Boolean(optional); // Left out: made for another platform.
    return found.version === version && found.integrity === integrity;
  });
}

/** @param {string} lockFile */
function packagesIn(lockFile) {
  return existsSync(lockFile) ? JSON.parse(readFileSync(lockFile, 'utf8')).packages : {};
}

/** @param {NodeJS.ProcessEnv} env */
function hasTemporalOfItsOwn(env) {
  return Boolean(env.TEMPORAL_ADDRESS || env.TEMPORAL_PROFILE || env.TEMPORAL_CONFIG_FILE);
}

/** @param {NodeJS.ProcessEnv} env */
async function provideTemporal(env) {
  if (findTemporalBinary(env, say)) return;
  const target = cachedTemporalBinary(env);
  const folder = dirname(target);
  await withLock(`${folder}.lock`, 'waiting for another setup to get Temporal', async () => {
    if (existsSync(target)) return;
    // Made beside its place, so that one rename puts it there whole or not at all. What an earlier
    // setup left when it was killed goes first; nobody else is at work, as we hold the lock.
    const prefix = `${basename(folder)}.making-`;
    for (const name of readdirSync(dirname(folder))) {
      if (name.startsWith(prefix)) rmSync(join(dirname(folder), name), { recursive: true });
    }
    const workshop = mkdtempSync(join(dirname(folder), prefix));
    try {
      const made = (await download(workshop)) ?? (await build(workshop));
      mkdirSync(folder, { recursive: true });
      renameSync(made, target);
      say(`Temporal is ready, kept in ${folder}`);
    } finally {
      rmSync(workshop, { recursive: true, force: true });
    }
  });
}

/**
 * The Temporal SDK's own download; undefined where it cannot be reached.
 * @param {string} workshop
 */
async function download(workshop) {
  const script = join(ROOT, 'scripts', 'sdk-download.mjs');
  const hasStalled = stallDetector(workshop);
  try {
    const args = [script, workshop, TEMPORAL_CLI_VERSION];
    await runVisibly('downloading the Temporal server', process.execPath, args, { hasStalled });
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const reason = error.tail.split('\n').at(-1) || error.message;
    say(`the download of the Temporal server is not possible here (${reason})`);
    return undefined;
  }
  return join(workshop, `temporal-v${TEMPORAL_CLI_VERSION}`);
}

/**
 * @param {string} workshop
 */
async function build(workshop) {
  const label = 'building the Temporal server with Go (once per machine, some minutes)';
  const env = { ...process.env, GOBIN: workshop };
  // Without symbols it is a third smaller.
  await runVisibly(label, 'go', ['install', '-ldflags=-s -w', GO_PACKAGE], { env }).catch(
    (error) => {
      if (!(error instanceof CommandError)) throw error;
      const problem = error.code === 'ENOENT' ? 'there is no Go to build it' : 'go install failed';
      const elsewhere = forStart ? ', or TEMPORAL_ADDRESS to a Temporal server that you have' : '';
      throw new CommandError(
        `No Temporal server was found or could be downloaded, and ${problem}: install Go or the ` +
          `temporal CLI and run this again, or set TEMPORAL_CLI to a temporal binary${elsewhere}.`,
        error.tail,
      );
    },
  );
  return join(workshop, 'temporal');
}

/**
 * Tells when the files in a folder have not grown for a minute: slow is fine, stuck is not.
 * @param {string} folder
 */
function stallDetector(folder) {
  let size = 0;
  let grewAtMs = Date.now();
  return () => {
    const sizes = readdirSync(folder).map(
      (name) => statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0,
    );
    const sizeNow = sizes.reduce((sum, each) => sum + each, 0);
    if (sizeNow !== size) [size, grewAtMs] = [sizeNow, Date.now()];
    return Date.now() - grewAtMs > STALLED_DOWNLOAD_MS;
  };
}
