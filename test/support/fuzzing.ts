import { randomInt } from 'node:crypto';
import * as fc from 'fast-check';

/** What makes a run repeatable: that of `FUZZ_SEED`, or another one every time. It is printed. */
export const SEED = Number(process.env['FUZZ_SEED'] ?? randomInt(2 ** 31));
/** How many times as long as usual. */
export const RUNS = Number(process.env['FUZZ_RUNS'] ?? 1);

fc.configureGlobal({ seed: SEED, numRuns: 100 * RUNS });

const DEEP = 2_000;
const HUGE = 100_000;

/** What no vendor should send in the place of anything; undefined = nothing at all. */
const junk: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    undefined,
    null,
    true,
    0,
    -1,
    1.5,
    1e18,
    1e308,
    -1e308,
    '',
    '0',
    '\0',
    '\uD800',
    '{"',
    'http://[',
    '..',
    `' OR "x`,
    'x'.repeat(HUGE),
    [],
    [[]],
    {},
    JSON.parse('{"__proto__":{"id":1},"constructor":null}'),
    JSON.parse(`${'['.repeat(DEEP)}${']'.repeat(DEEP)}`),
  ),
  fc.jsonValue(),
);

type Path = readonly (string | number)[];

/** `sample` with junk in one to three of its places. */
export function mutated(sample: unknown): fc.Arbitrary<unknown> {
  const paths = pathsOf(sample);
  const change = fc.tuple(fc.constantFrom(...paths), junk);
  return fc
    .array(change, { minLength: 1, maxLength: 3 })
    .map((changes) => changes.reduce((value, [path, put]) => replaced(value, path, put), sample));
}

/** The bytes of a body: those of `sample` with junk in it, a part of them, or something else entirely. */
export function bodies(sample: unknown): fc.Arbitrary<Buffer> {
  const text = JSON.stringify(sample);
  return fc.oneof(
    { weight: 5, arbitrary: mutated(sample).map((value) => bytesOf(JSON.stringify(value) ?? '')) },
    fc.nat(Buffer.byteLength(text)).map((end) => bytesOf(text).subarray(0, end)),
    fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.concat([bytesOf(text), bytes])),
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    fc.json().map(bytesOf),
    fc.constantFrom(
      bytesOf(`\uFEFF${text}`),
      Buffer.from(text, 'utf16le'),
      bytesOf(`${text.slice(0, -1)},${text.slice(1)}`),
      bytesOf('<html><body>It works!</body></html>'),
      bytesOf('['.repeat(HUGE)),
      bytesOf('9'.repeat(HUGE)),
    ),
  );
}

/** Texts out of the pieces that a parser looks for. */
export function textsOf(...pieces: readonly string[]): fc.Arbitrary<string> {
  const piece = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...pieces) },
    fc.string({ unit: 'binary', maxLength: 8 }),
  );
  return fc.array(piece, { maxLength: 40 }).map((parts) => parts.join(''));
}

function bytesOf(text: string): Buffer {
  return Buffer.from(text);
}

function pathsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const below = Array.isArray(value)
    ? value.flatMap((part: unknown, index) => pathsOf(part, [...path, index]))
    : Object.entries(value).flatMap(([name, part]) => pathsOf(part, [...path, name]));
  return [path, ...below];
}

function replaced(value: unknown, [first, ...rest]: Path, put: unknown): unknown {
  if (first === undefined) return put;
  if (Array.isArray(value)) {
    return value.map((part: unknown, index) =>
      index === first ? replaced(part, rest, put) : part,
    );
  }
  // An earlier change may have taken what this one is for.
  if (typeof value !== 'object' || value === null) return value;
  const part: unknown = Reflect.get(value, first);
  return { ...value, [first]: replaced(part, rest, put) };
}
