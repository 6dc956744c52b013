import { readFileSync } from 'node:fs';
import { InvalidArgumentError } from '@commander-js/extra-typings';
import { CommandFailure, EXIT } from './failure.ts';

type Body = { [field: string]: unknown };

/** For an option that may be repeated, or have several values with commas between them. */
export function listed(value: string, before: string[] = []): string[] {
  return [...before, ...value.split(',').map((part) => part.trim())];
}

/** For an option that may be repeated. */
export function repeated(value: string, before: string[] = []): string[] {
  return [...before, value];
}

/** For labels: `team=support`, repeated. */
export function label(value: string, before: Record<string, string> = {}): Record<string, string> {
  const [name, text] = pair(value);
  return { ...before, [name]: text };
}

/** Two values with `=` between them. */
export function pair(value: string): [string, string] {
  const at = value.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('It must have the form a=b.');
  return [value.slice(0, at), value.slice(at + 1)];
}

export function wholeNumber(value: string): number {
  if (!/^\d{1,15}$/.test(value)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(value);
}

/** The header of `--wait`: as long as the API does at most. */
export function preferenceOf(wait: true | undefined): { readonly prefer?: string } {
  return wait ? { prefer: 'wait=60' } : {};
}

/** The fields of a request; what each may be is for the API to say, which names every fault. */
export type Fields<Request> = Request extends unknown
  ? { [Field in keyof Request]?: unknown }
  : never;

/**
 * The body of a request: what `--data` has, and over it the fields of the flags that were given.
 */
export function bodyOf<Request extends object>(
  data: string | undefined,
  fields: Fields<Request>,
): Request {
  return { ...dataOf(data), ...JSON.parse(JSON.stringify(fields)) };
}

/** The JSON object that `--data` gives: itself, `@file`, or `@-` of the standard input. */
function dataOf(data: string | undefined): Body {
  if (data === undefined) return {};
  const text = data.startsWith('@') ? read(data.slice(1)) : data;
  try {
    const body: unknown = JSON.parse(text);
    if (isBody(body)) return body;
  } catch (error) {
    throw new CommandFailure(EXIT.usage, `--data is no JSON: ${String(error)}`, error);
  }
  throw new CommandFailure(EXIT.usage, '--data must be a JSON object');
}

function read(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new CommandFailure(EXIT.usage, `--data: ${file} cannot be read`, error);
  }
}

function isBody(value: unknown): value is Body {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
