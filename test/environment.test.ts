import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { inspectConfig } from '../src/config.ts';

const SCRIPT = fileURLToPath(new URL('../scripts/make-environment.mjs', import.meta.url));

function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'durascribe-environment-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** Runs the script in `folder`; returns how it ended. */
function makeEnvironment(folder: string) {
  const { status, stderr } = spawnSync(process.execPath, [SCRIPT], {
    cwd: folder,
    encoding: 'utf8',
  });
  return { status, stderr };
}

function secretsIn(folder: string) {
  return parseEnv(readFileSync(join(folder, '.env'), 'utf8'));
}

test('the environment that is written is right, and its owner only may read it', () => {
  const folder = emptyFolder();
  expect(makeEnvironment(folder)).toEqual({ status: 0, stderr: '' });
  expect(statSync(join(folder, '.env')).mode & 0o777).toBe(0o600);
  const { faults, config } = inspectConfig(secretsIn(folder));
  expect(faults).toEqual([]);
  expect(config).toMatchObject({
    apiKeys: [{ name: 'owner', scope: 'write' }],
    callbacks: { secrets: [expect.stringMatching(/^whsec_/)] },
  });
});

test('its secrets are fresh each time, and none is overwritten', () => {
  const [one, other] = [emptyFolder(), emptyFolder()];
  for (const folder of [one, other]) makeEnvironment(folder);
  const before = secretsIn(one);
  for (const [name, secret] of Object.entries(secretsIn(other))) {
    expect([name, secret]).not.toEqual([name, before[name]]);
  }
  const again = makeEnvironment(one);
  expect(again.status).toBe(1);
  expect(again.stderr).toContain('move it away first');
  expect(secretsIn(one)).toEqual(before);
});
