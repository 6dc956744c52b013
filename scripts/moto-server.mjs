// Where the moto server is, an emulator of AWS that some tests run against. Plain JavaScript without
// dependencies, because setup-moto.mjs uses the same lookup as the tests.
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export const MOTO_VERSION = '5.2.5';

/**
 * The folder of its virtual environment, which is there whole or not at all.
 * @param {NodeJS.ProcessEnv} env
 */
export function motoFolder(env) {
  const cache = env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return join(cache, 'durascribe', `moto-${MOTO_VERSION}`);
}

/**
 * The Python that can run it, as `python -m moto.server`; undefined when it is not set up.
 * @param {NodeJS.ProcessEnv} env
 * @returns {string | undefined}
 */
export function findMotoPython(env) {
  const python = join(motoFolder(env), 'bin', 'python');
  // Follows the link, so that a Python that was removed since counts as missing too.
  return existsSync(python) ? python : undefined;
}
