// Where the moto server is, an emulator of AWS that some tests run against.
import { findToolPython, MOTO } from './python-tools.mjs';

/**
 * The Python that can run it, as `python -m moto.server`; undefined when it is not set up.
 * @param {NodeJS.ProcessEnv} env
 * @returns {string | undefined}
 */
export function findMotoPython(env) {
  return findToolPython(MOTO, env);
}
