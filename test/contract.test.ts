import { readFileSync } from 'node:fs';
import * as contract from 'durascribe/messages';
import type * as shared from 'durascribe/messages';
import { expect, expectTypeOf, test } from 'vitest';
import type { Configuration, ConfigurationChange } from '../src/domain/configuration.ts';
import type { Session } from '../src/domain/sessions.ts';
import * as messages from '../src/workflows/messages.ts';

test('what `durascribe/messages` offers is what the workflows take, types and all', () => {
  expect(messages).toMatchObject({ ...contract });
  expectTypeOf<shared.Configuration>().toExtend<Configuration>();
  expectTypeOf<shared.ConfigurationChange>().toExtend<ConfigurationChange>();
  expectTypeOf<ConfigurationChange>().toExtend<shared.ConfigurationChange>();
  expectTypeOf<shared.Session>().toExtend<Session>();
  expectTypeOf<Session>().toExtend<shared.Session>();
  expectTypeOf<shared.AcceptedChange>().toEqualTypeOf<messages.AcceptedChange>();
  expectTypeOf<shared.VendorEvent>().toEqualTypeOf<messages.VendorEvent>();
  expectTypeOf(contract.CHANGE_ERRORS).toEqualTypeOf(messages.CHANGE_ERRORS);
});

test('it stands on its own, in plain JavaScript, with nothing but types of Temporal’s', () => {
  const { exports } = JSON.parse(read('../package.json'));
  expect(importsOf(exports['./messages'].default)).toEqual([]);
  expect(importsOf(exports['./messages'].types)).toEqual([
    "import type { QueryDefinition, SignalDefinition, UpdateDefinition } from '@temporalio/common';",
  ]);
});

function importsOf(file: string): string[] {
  return read(`../${file}`).match(/^.*\b(?:import|require|from)\b.*['"].*$/gm) ?? [];
}

function read(file: string): string {
  return readFileSync(new URL(file, import.meta.url), 'utf8');
}
