import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { findToolPython, SCHEMATHESIS } from '../../scripts/python-tools.mjs';
import { listedReceivers } from '../support/receiver.ts';
import { EVENT_SECRET, eventually, startStack, type Stack } from '../support/stack.ts';

const CONFIG = fileURLToPath(new URL('schemathesis.toml', import.meta.url));
const RUN = 'from schemathesis.cli import schemathesis; schemathesis()';
const KEY = 'a-key-of-schemathesis-alone';

const AUTHORIZED = { authorization: `Bearer ${KEY}`, prefer: 'wait=20' };

const Delivery = z.object({ id: z.string() });
const Operations = z.looseObject({
  paths: z.looseObject({
    '/v1/sessions': z.looseObject({
      get: z.looseObject({ parameters: z.array(z.looseObject({ name: z.string() })) }),
    }),
  }),
});

const receivers = await listedReceivers(1);

let stack: Stack;
let delivery: string | undefined;
beforeAll(async () => {
  stack = await startStack({
    // With everything on that has routes, and what keeps strangers out.
    environment: {
      AGORA_NOTIFICATION_SECRET: 'secret-of-the-tests',
      AGORA_LEGACY: 'true',
      ...receivers.environment,
      DURASCRIBE_WEBHOOK_SECRET: `whsec_${randomBytes(32).toString('base64')}`,
      DURASCRIBE_API_KEYS: `schemathesis:write:${KEY}`,
    },
  });
  await start({ provider: 'agora', channel: 'kept', languages: ['en-US'] });
  await start({ provider: 'videosdk', roomId: 'heard' });
  await stack.api('POST', '/v1/sessions/videosdk:heard/stop', undefined, AUTHORIZED);
  const told = { channel: 'told', callbackUrl: receivers.one().url };
  await start({ provider: 'agora', languages: ['en-US'], ...told });
  await eventually(async () => {
    const path = '/v1/sessions/agora:told/deliveries';
    const { body } = await stack.api('GET', path, undefined, AUTHORIZED);
    delivery = z.object({ deliveries: z.array(Delivery).min(1) }).parse(body).deliveries[0]?.id;
  });
});
afterAll(async () => {
  await stack.stop();
  await receivers.close();
});

test('the API does what its OpenAPI document says, whatever it is sent', async () => {
  const python = findToolPython(SCHEMATHESIS, process.env);
  if (python === undefined)
    throw new Error(`there is no schemathesis: node ${SCHEMATHESIS.script}`);
  const folder = await mkdtemp(join(tmpdir(), 'schemathesis-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'openapi.json');
  await writeFile(file, JSON.stringify(await documentWithoutTokens()));
  const args = ['--config-file', CONFIG, 'run', file, '--url', stack.url];
  const child = spawn(python, ['-c', RUN, ...args], {
    // Where it leaves its notes.
    cwd: folder,
    env: { ...process.env, API_KEY: KEY, EVENT_SECRET, DELIVERY: delivery },
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

/** Nobody can make up where a list goes on. */
async function documentWithoutTokens(): Promise<unknown> {
  const { body } = await stack.api('GET', '/openapi.json');
  const document = Operations.parse(body);
  const { get } = document.paths['/v1/sessions'];
  get.parameters = get.parameters.filter(({ name }) => name !== 'pageToken');
  return document;
}
