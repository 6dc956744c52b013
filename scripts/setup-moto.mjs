// Installs the moto server for the tests that need it, in a virtual environment in the user's cache.
// Instant when it is there. Needs Python 3.10 or newer with pip, and the network.
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CommandError, Interrupted, runVisibly, withLock } from './run-visibly.mjs';
import { findMotoPython, MOTO_VERSION, motoFolder } from './moto-server.mjs';

const REQUIREMENT = `moto[server]==${MOTO_VERSION}`;
const PIP = ['-m', 'pip', 'install', '--no-input', '--disable-pip-version-check'];

try {
  if (!findMotoPython(process.env)) await install(motoFolder(process.env));
} catch (error) {
  if (error instanceof Interrupted) process.exit(130);
  if (error instanceof CommandError && error.tail) console.error(error.tail);
  console.error(`\n${error.message}`);
  process.exit(1);
}

/** @param {string} folder */
async function install(folder) {
  await withLock(`${folder}.lock`, 'waiting for another setup to install moto', async () => {
    if (findMotoPython(process.env)) return;
    // Made beside its place, so that one rename puts it there whole or not at all. What an earlier
    // setup left when it was killed goes first; nobody else is at work, as we hold the lock.
    const prefix = `${basename(folder)}.making-`;
    for (const name of readdirSync(dirname(folder))) {
      if (name.startsWith(prefix)) rmSync(join(dirname(folder), name), { recursive: true });
    }
    rmSync(folder, { recursive: true, force: true }); // Its Python is gone.
    mkdirSync(dirname(folder), { recursive: true });
    const workshop = mkdtempSync(join(dirname(folder), prefix));
    try {
      await make(workshop);
      renameSync(workshop, folder);
      console.error(`  moto is ready, kept in ${folder}`);
    } finally {
      rmSync(workshop, { recursive: true, force: true });
    }
  });
}

/**
 * The machine's own pip fills the environment: one without pip is made in no time, also where Python
 * came without ensurepip, and the link to this Python stays right when `python3` becomes another.
 * @param {string} folder
 */
async function make(folder) {
  const venv = ['-m', 'venv', '--without-pip', folder];
  await runVisibly('making a Python environment', 'python3', venv).catch(explain);
  const [version] = readdirSync(join(folder, 'lib'));
  const target = join(folder, 'lib', version, 'site-packages');
  const label = 'installing moto, an emulator of AWS for the tests (once per machine)';
  await runVisibly(label, 'python3', [...PIP, '--target', target, REQUIREMENT]).catch(explain);
}

/** @param {unknown} error */
function explain(error) {
  if (!(error instanceof CommandError)) throw error;
  const problem = error.code === 'ENOENT' ? 'there is no python3' : 'Python or pip failed';
  throw new CommandError(
    `moto ${MOTO_VERSION}, which some tests need, was not installed, as ${problem}: install Python 3.10 ` +
      'or newer with pip, check the network, and run node scripts/setup-moto.mjs.',
    error.tail || error.message,
  );
}
