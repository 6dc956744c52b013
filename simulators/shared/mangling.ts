import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';

const HUGE_BYTES = 32 * 1_024 * 1_024;
const PIECE_BYTES = 64 * 1_024;
const DRIP_MS = 100;
const PAGE = '<!doctype html><html><body>Please log in to the network.</body></html>';

type Mangle = (body: string, reply: FastifyReply) => string | Buffer | Readable;

/** The ways in which an answer can be none. Each keeps its status, but for a redirect. */
const WAYS = {
  /** A part of it, as if that were all. */
  truncated: (body) => body.slice(0, Math.ceil(body.length / 2)),
  /** A part of it, and then the connection breaks. */
  cut: (body, reply) => {
    reply.header('content-length', Buffer.byteLength(body) + 1);
    return Readable.from(cut(body, reply), { objectMode: false });
  },
  empty: () => '',
  null: () => 'null',
  /** The same fields, each with a value of another type. */
  retyped: (body) => JSON.stringify(retyped(parsed(body))),
  html: (_body, reply) => {
    reply.type('text/html');
    return PAGE;
  },
  redirect: (_body, reply) => {
    reply.code(302).header('location', '/elsewhere');
    return '';
  },
  /** The right answer, after more blanks than anybody should read. */
  huge: (body) => Readable.from(huge(body), { objectMode: false }),
  /** Byte by byte, and slowly. */
  slow: (body, reply) => Readable.from(dripping(body, reply), { objectMode: false }),
  utf16: (body) => Buffer.from(body, 'utf16le'),
  /** Said to be compressed, which it is not. */
  uncompressed: (body, reply) => {
    reply.header('content-encoding', 'gzip');
    return body;
  },
  binary: (body) => Buffer.from(Buffer.from(body).map((byte) => byte ^ 0xaa)),
} as const satisfies Record<string, Mangle>;

export const MANGLED_WAYS = [
  'truncated',
  'cut',
  'empty',
  'null',
  'retyped',
  'html',
  'redirect',
  'huge',
  'slow',
  'utf16',
  'uncompressed',
  'binary',
] as const satisfies readonly (keyof typeof WAYS)[];

export type MangledWay = (typeof MANGLED_WAYS)[number];

/** Answers in a way that is no answer, having acted (`effect`) or not. */
export const mangled = z.strictObject({
  kind: z.literal('mangled'),
  how: z.enum(MANGLED_WAYS),
  effect: z.boolean().default(true),
});

const toMangle = new WeakMap<FastifyReply, Mangle>();

/** Has the answer of `reply` mangled when it is sent. */
export function mangle(reply: FastifyReply, how: MangledWay): void {
  toMangle.set(reply, WAYS[how]);
}

/** Lets the answers of `app` be mangled. */
export function allowMangling(app: FastifyInstance): void {
  app.addHook('onSend', async (_request, reply, payload) => {
    const how = toMangle.get(reply);
    if (how === undefined) return payload;
    reply.removeHeader('content-length');
    return how(typeof payload === 'string' ? payload : '', reply);
  });
}

async function* cut(body: string, { request }: FastifyReply): AsyncGenerator<string> {
  yield body.slice(0, Math.floor(body.length / 2));
  await sleep(DRIP_MS, undefined, { ref: false });
  request.raw.socket.destroy();
}

function* huge(body: string): Generator<Buffer> {
  const blanks = Buffer.alloc(PIECE_BYTES, ' ');
  for (let sent = 0; sent < HUGE_BYTES; sent += PIECE_BYTES) yield blanks;
  yield Buffer.from(body);
}

async function* dripping(body: string, { request }: FastifyReply): AsyncGenerator<Buffer> {
  // Blanks before JSON mean nothing: it goes on for as long as anybody listens.
  while (!request.raw.socket.destroyed) {
    yield Buffer.from(' ');
    await sleep(DRIP_MS, undefined, { ref: false });
  }
  yield Buffer.from(body);
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}

function retyped(value: unknown): unknown {
  if (typeof value === 'string') return { text: value };
  if (typeof value === 'number') return 1e300;
  if (Array.isArray(value)) return { list: value };
  if (typeof value !== 'object' || value === null) return [value];
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, retyped(part)]));
}
