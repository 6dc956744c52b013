// Installs a tool written in Python, in a virtual environment in the user's cache.
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { findToolPython, toolFolder } from './python-tools.mjs';
import { CommandError, Interrupted, runVisibly, withLock } from './run-visibly.mjs';

/** @typedef {import('./python-tools.mjs').PythonTool} PythonTool */

const PIP = ['-m', 'pip', 'install', '--no-input', '--disable-pip-version-check'];

/**
 * Installs the tool where it is missing, and returns the Python that can run it. Where that fails it says why, and
 * ends the process.
 * @param {PythonTool} tool
 * @returns {Promise<string>}
 */
export async function provideTool(tool) {
  try {
    return findToolPython(tool, process.env) ?? (await install(tool));
  } catch (error) {
    if (error instanceof Interrupted) process.exit(130);
    if (error instanceof CommandError && error.tail) console.error(error.tail);
    console.error(`\n${error.message}`);
    process.exit(1);
  }
}

/** @param {PythonTool} tool */
async function install(tool) {
  const { name } = tool;
  const folder = toolFolder(tool, process.env);
  return withLock(`${folder}.lock`, `waiting for another setup to install ${name}`, async () => {
    const python = findToolPython(tool, process.env);
    if (python) return python;
    // Made beside its place, so that one rename puts it there whole or not at all. What an earlier
    // setup left when it was killed goes first; nobody else is at work, as we hold the lock.
    const prefix = `${basename(folder)}.making-`;
    for (const each of readdirSync(dirname(folder))) {
      if (each.startsWith(prefix)) rmSync(join(dirname(folder), each), { recursive: true });
    }
    rmSync(folder, { recursive: true, force: true }); // Its Python is gone.
    mkdirSync(dirname(folder), { recursive: true });
    const workshop = mkdtempSync(join(dirname(folder), prefix));
    try {
      await make(tool, workshop);
      renameSync(workshop, folder);
      console.error(`  ${name} is ready, kept in ${folder}`);
    } finally {
      rmSync(workshop, { recursive: true, force: true });
    }
    return join(folder, 'bin', 'python');
  });
}

/**
 * The machine's own pip fills the environment: one without pip is made in no time, also where Python
 * came without ensurepip, and the link to this Python stays right when `python3` becomes another.
 * @param {PythonTool} tool
 * @param {string} folder
 */
async function make(tool, folder) {
  const explain = explainer(tool);
  const venv = ['-m', 'venv', '--without-pip', folder];
  await runVisibly('making a Python environment', 'python3', venv).catch(explain);
  const [version] = readdirSync(join(folder, 'lib'));
  const target = join(folder, 'lib', version, 'site-packages');
  const label = `installing ${tool.name}, ${tool.what} (once per machine)`;
  await runVisibly(label, 'python3', [...PIP, '--target', target, tool.requirement]).catch(explain);
}

/** @param {PythonTool} tool */
function explainer({ name, version, user, script }) {
  /** @param {unknown} error */
  return (error) => {
    if (!(error instanceof CommandError)) throw error;
    const problem = error.code === 'ENOENT' ? 'there is no python3' : 'Python or pip failed';
    throw new CommandError(
      `${name} ${version}, which ${user} needs, was not installed, as ${problem}: install ` +
        `Python 3.10 or newer with pip, check the network, and run node ${script}.`,
      error.tail || error.message,
    );
  };
}
