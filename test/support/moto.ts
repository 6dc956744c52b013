import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findMotoPython } from '../../scripts/moto-server.mjs';
import { waitUntil } from '../../src/local/polling.ts';
import { freePort } from '../../src/local/ports.ts';
import { startProcess } from '../../src/local/processes.ts';

const HOST = '127.0.0.1';
const READY_WITHIN_MS = 50_000;
const STOP_WITHIN_MS = 5_000;

/** An emulator of AWS that others wrote: it tells whether we, and our simulators, understood AWS. */
export type Moto = {
  /** The endpoint of every service. */
  readonly url: string;
  /** Forgets all that was made in it. */
  reset(): Promise<void>;
  stop(): Promise<void>;
};

/** Starts a moto server on a free port; returns once it answers. */
export async function startMoto(): Promise<Moto> {
  const command = findMotoPython(process.env);
  if (command === undefined) {
    throw new Error('moto is not on this machine: node scripts/setup-moto.mjs installs it.');
  }
  const port = await freePort(HOST);
  const url = `http://${HOST}:${port}`;
  const logFile = join(tmpdir(), `durascribe-moto-${port}.log`);
  const args = ['-m', 'moto.server', '-H', HOST, '-p', String(port)];
  const server = startProcess({ name: 'moto', command, args, logFile });
  const stop = async () => {
    await server.stop(STOP_WITHIN_MS);
    rmSync(logFile, { force: true });
  };
  const answers = async () => (await fetch(`${url}/moto-api/data.json`)).ok;
  const patience = { everyMs: 100, withinMs: READY_WITHIN_MS, signal: server.ended };
  try {
    await waitUntil('moto did not answer', answers, patience);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url,
    reset: async () => {
      const { ok, status } = await fetch(`${url}/moto-api/reset`, { method: 'POST' });
      if (!ok) throw new Error(`moto was not reset: HTTP ${status}`);
    },
    stop,
  };
}
