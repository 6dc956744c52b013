import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, expectTypeOf, test } from 'vitest';
import * as contract from '../src/contract/messages.js';
import type * as shared from '../src/contract/messages.js';
import type { Configuration, ConfigurationChange } from '../src/domain/configuration.ts';
import type { Session } from '../src/domain/sessions.ts';
import * as messages from '../src/workflows/messages.ts';

const FOLDER = new URL('../src/contract/', import.meta.url);

test('what `durascribe/messages` offers is what the workflows take, types and all', () => {
  expect(messages).toMatchObject({ ...contract });
  expectTypeOf<shared.Configuration>().toExtend<Configuration>();
  expectTypeOf<shared.ConfigurationChange>().toExtend<ConfigurationChange>();
  expectTypeOf<ConfigurationChange>().toExtend<shared.ConfigurationChange>();
  expectTypeOf<shared.Session>().toExtend<Session>();
  expectTypeOf<Session>().toExtend<shared.Session>();
  expectTypeOf<shared.AcceptedChange>().toExtend<messages.AcceptedChange>();
  expectTypeOf<messages.AcceptedChange>().toExtend<shared.AcceptedChange>();
  expectTypeOf<keyof shared.AcceptedChange>().toEqualTypeOf<keyof messages.AcceptedChange>();
  expectTypeOf<shared.VendorEvent>().toEqualTypeOf<messages.VendorEvent>();
  expectTypeOf(contract.CHANGE_ERRORS).toEqualTypeOf(messages.CHANGE_ERRORS);
});

test('it is a package of its own, in plain JavaScript, with nothing but types of Temporal’s', async () => {
  const { name, exports, ...rest } = JSON.parse(read('package.json'));
  expect([name, Object.keys(exports)]).toEqual(['durascribe', ['./messages']]);
  expect(importsOf(exports['./messages'].default)).toEqual([]);
  expect(importsOf(exports['./messages'].types)).toEqual([
    "import type { QueryDefinition, SignalDefinition, UpdateDefinition } from '@temporalio/common';",
  ]);
  expect(rest).toMatchObject({ peerDependencies: { '@temporalio/common': expect.any(String) } });
  expect(rest).not.toHaveProperty('dependencies');
  const pack = ['pack', '--dry-run', '--json'];
  const { stdout } = await promisify(execFile)('npm', pack, { cwd: fileURLToPath(FOLDER) });
  const [{ files }] = JSON.parse(stdout);
  expect(files.map(({ path }: { readonly path: string }) => path).toSorted()).toEqual([
    'messages.d.ts',
    'messages.js',
    'package.json',
  ]);
});

function importsOf(file: string): string[] {
  return read(file).match(/^.*\b(?:import|require|from)\b.*['"].*$/gm) ?? [];
}

function read(file: string): string {
  return readFileSync(new URL(file, FOLDER), 'utf8');
}
