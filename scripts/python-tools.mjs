// The tools written in Python that tests and checks need, and where they are. Plain JavaScript without
// dependencies, because the scripts that install them use the same lookup as the tests.
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * @typedef {object} PythonTool
 * @property {string} name
 * @property {string} version
 * @property {string} requirement what pip is asked for
 * @property {string} what it is, in words
 * @property {string} user who needs it
 * @property {string} script what installs it
 */

/** @type {PythonTool} */
export const MOTO = {
  name: 'moto',
  version: '5.2.5',
  requirement: 'moto[server]==5.2.5',
  what: 'an emulator of AWS for the tests',
  user: 'a part of the tests',
  script: 'scripts/setup-moto.mjs',
};

/** @type {PythonTool} */
export const SCHEMATHESIS = {
  name: 'schemathesis',
  version: '4.32.5',
  requirement: 'schemathesis==4.32.5',
  what: 'a tester of HTTP APIs by their OpenAPI documents',
  user: 'npm run schemathesis',
  script: 'scripts/setup-schemathesis.mjs',
};

/**
 * The folder of its virtual environment, which is there whole or not at all.
 * @param {PythonTool} tool
 * @param {NodeJS.ProcessEnv} env
 */
export function toolFolder({ name, version }, env) {
  const cache = env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return join(cache, 'durascribe', `${name}-${version}`);
}

/**
 * The Python that can run it; undefined when it is not set up.
 * @param {PythonTool} tool
 * @param {NodeJS.ProcessEnv} env
 * @returns {string | undefined}
 */
export function findToolPython(tool, env) {
  const python = join(toolFolder(tool, env), 'bin', 'python');
  // Follows the link, so that a Python that was removed since counts as missing too.
  return existsSync(python) ? python : undefined;
}
