// Where the Temporal server that runs on PostgreSQL is, with its tool for the schema: docker-compose.yml has the same
// version as an image. Plain JavaScript without dependencies, as scripts/setup-temporal-server.mjs uses it too.
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export const TEMPORAL_SERVER_VERSION = '1.29.1';

/**
 * The folder of its programs, `temporal-server` and `temporal-sql-tool`, which is there whole or not at all.
 * @param {NodeJS.ProcessEnv} env
 */
export function temporalServerFolder(env) {
  const cache = env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return join(cache, 'durascribe', `temporal-server-${TEMPORAL_SERVER_VERSION}`);
}

/**
 * That folder; undefined when it is not set up.
 * @param {NodeJS.ProcessEnv} env
 * @returns {string | undefined}
 */
export function findTemporalServer(env) {
  const folder = temporalServerFolder(env);
  return existsSync(folder) ? folder : undefined;
}
