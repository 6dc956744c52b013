import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { findMotoPython } from '../../scripts/moto-server.mjs';

const SCRIPT = fileURLToPath(new URL('../../scripts/setup-moto.mjs', import.meta.url));

/** Installs moto where it is missing. When that fails, the tests that need it say so, and fail. */
export async function setup(): Promise<void> {
  if (findMotoPython(process.env) !== undefined) return;
  // A process of its own: the script has its own way to be interrupted.
  await once(spawn(process.execPath, [SCRIPT], { stdio: 'inherit' }), 'exit');
}
