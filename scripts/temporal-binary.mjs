// Where the Temporal server's binary is. Plain JavaScript without dependencies, because setup.mjs
// runs it before anything is installed; src/temporal/embedded-server.ts uses the same lookup.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** The newest CLI that `go install` accepts; it runs Temporal server 1.29.1. */
export const TEMPORAL_CLI_VERSION = '1.5.1';

// What the worker relies on (updates with start, fairness, the new matcher) is complete from here on.
const OLDEST_SERVER = [1, 29];

/** @param {NodeJS.ProcessEnv} env */
export function cachedTemporalBinary(env) {
  const cache = env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return join(cache, 'durascribe', `temporal-${TEMPORAL_CLI_VERSION}`, 'temporal');
}

/**
 * TEMPORAL_CLI, else `temporal` on the PATH (if it is new enough), else the cache.
 * @param {NodeJS.ProcessEnv} env
 * @param {(message: string) => void} [note] is told why a binary was passed over
 * @returns {string | undefined}
 */
export function findTemporalBinary(env, note = () => {}) {
  if (env.TEMPORAL_CLI) {
    if (isExecutable(env.TEMPORAL_CLI)) return env.TEMPORAL_CLI;
    throw new Error(
      `TEMPORAL_CLI is ${env.TEMPORAL_CLI}, which is not an executable file: correct or unset it.`,
    );
  }
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const onPath = folders.map((folder) => join(folder, 'temporal')).find(isExecutable);
  if (onPath && isNewEnough(onPath, note)) return onPath;
  const cached = cachedTemporalBinary(env);
  return isExecutable(cached) ? cached : undefined;
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * @param {string} binary
 * @param {(message: string) => void} note
 */
function isNewEnough(binary, note) {
  const { stdout } = spawnSync(binary, ['--version'], { encoding: 'utf8', timeout: 10_000 });
  const [, major, minor] = /Server (\d+)\.(\d+)/.exec(stdout ?? '') ?? [];
  const enough =
    Number(major) > OLDEST_SERVER[0] ||
    (Number(major) === OLDEST_SERVER[0] && Number(minor) >= OLDEST_SERVER[1]);
  if (!enough) {
    const version = major ? `runs Temporal server ${major}.${minor}` : 'does not tell its version';
    note(`${binary} ${version}; ${OLDEST_SERVER.join('.')} or newer is needed, so it is not used`);
  }
  return enough;
}
