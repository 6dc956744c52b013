import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findToolPython, SCHEMATHESIS } from '../../scripts/python-tools.mjs';
import { EVENT_SECRET, startStack, type Stack } from '../support/stack.ts';

const CONFIG = fileURLToPath(new URL('schemathesis.toml', import.meta.url));
const RUN = 'from schemathesis.cli import schemathesis; schemathesis()';
const KEY = 'a-key-of-schemathesis-alone';

const AUTHORIZED = { authorization: `Bearer ${KEY}`, prefer: 'wait=20' };

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({
    // With everything on that has routes, and what keeps strangers out.
    environment: {
      AGORA_NOTIFICATION_SECRET: 'secret-of-the-tests',
      AGORA_LEGACY: 'true',
      DURASCRIBE_API_KEYS: `schemathesis:write:${KEY}`,
    },
  });
  await start({ provider: 'agora', channel: 'kept', languages: ['en-US'] });
  await start({ provider: 'videosdk', roomId: 'heard' });
  await stack.api('POST', '/v1/sessions/videosdk:heard/stop', undefined, AUTHORIZED);
});
afterAll(() => stack.stop());

test('the API does what its OpenAPI document says, whatever it is sent', async () => {
  const python = findToolPython(SCHEMATHESIS, process.env);
  if (python === undefined)
    throw new Error(`there is no schemathesis: node ${SCHEMATHESIS.script}`);
  const args = ['--config-file', CONFIG, 'run', `${stack.url}/openapi.json`];
  const child = spawn(python, ['-c', RUN, ...args], {
    // Where it leaves its notes.
    cwd: tmpdir(),
    env: { ...process.env, API_KEY: KEY, EVENT_SECRET },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [code]: unknown[] = await once(child, 'exit');
  expect(code).toBe(0);
});

/** Starts a session for those operations that have little to do without one. */
async function start(body: Record<string, unknown>): Promise<void> {
  const { status } = await stack.api('POST', '/v1/sessions', body, AUTHORIZED);
  expect(status).toBe(201);
}
