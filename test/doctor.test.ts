import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SIMULATED_S3 } from '../simulators/credentials.ts';
import { CAPTIONS_BUCKET, startStack, type Stack } from './support/stack.ts';

const DOCTOR = fileURLToPath(new URL('../src/doctor.ts', import.meta.url));
const CAPTIONS = {
  AGORA_LEGACY: 'true',
  AGORA_NOTIFICATION_SECRET: 'a-notification-secret',
  AGORA_CAPTION_STORAGE_REGION: '0',
  AGORA_CAPTION_STORAGE_BUCKET: CAPTIONS_BUCKET,
  AGORA_CAPTION_STORAGE_ACCESS_KEY: SIMULATED_S3.accessKeyId,
  AGORA_CAPTION_STORAGE_SECRET_KEY: SIMULATED_S3.secretAccessKey,
};

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ environment: CAPTIONS });
});
afterAll(() => stack.stop());

test('all is well', async () => {
  const { code, output } = await doctor({});
  console.log(output);
  expect(code).toBe(0);
});

async function doctor(changes: NodeJS.ProcessEnv, ...options: string[]) {
  const environment = { ...stack.environment, ...changes };
  const child = spawn(process.execPath, [DOCTOR, ...options], { env: environment, cwd: '/' });
  const [output, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  return { code: Number(code), output: output + errors };
}
