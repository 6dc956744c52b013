import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { findTemporalBinary } from '../../scripts/temporal-binary.mjs';
import type { Stack } from './stack.ts';

/** A page of the documentation. */
export function page(name: string): string {
  return readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');
}

/** The commands of the Temporal CLI in a page of the documentation. */
export function commandsOf(name: string): string[] {
  return (page(name).match(/^ *temporal .*$/gm) ?? []).map((command) => command.trim());
}

/** What a command of the Temporal CLI prints. Throws when it fails. */
export async function inTerminal({ environment, url }: Stack, command: string): Promise<string> {
  const binary = findTemporalBinary(process.env) ?? 'temporal';
  const line = command.replace(/^temporal/, '"$TEMPORAL"');
  // A list has the memo of every session decrypted, one by one, and shows none.
  const codec = command.includes(' list ') ? {} : { TEMPORAL_CODEC_ENDPOINT: `${url}/codec` };
  // A home without profiles of its own.
  const env = { ...environment, ...codec, HOME: '/', TEMPORAL: binary };
  const { stdout } = await promisify(execFile)('sh', ['-c', line], { env });
  return stdout;
}
