import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { findTemporalBinary } from '../../scripts/temporal-binary.mjs';

/** What of the environment is no setting of the product's. */
const KEPT = new Set([
  'PATH',
  'TMPDIR',
  'TZ',
  'LANG',
  'TERM',
  'COLORTERM',
  'NO_COLOR',
  'FORCE_COLOR',
  'NODE_DISABLE_COLORS',
]);

/**
 * Leaves everything behind that could lead to a real vendor or to somebody's Temporal, for this process and those that
 * it starts: variables, a `.env`, profiles in the user's home. `folder` takes the place of both folders. Throws where
 * TEMPORAL_CLI, the one wish that is heeded, is no program.
 */
export function isolate(folder: string): void {
  if (existsSync('.env')) process.loadEnvFile('.env');
  const binary = findTemporalBinary(process.env);
  for (const name of Object.keys(process.env)) if (!KEPT.has(name)) delete process.env[name];
  if (binary !== undefined) process.env['TEMPORAL_CLI'] = resolve(binary);
  process.env['HOME'] = folder;
  process.chdir(folder);
}
