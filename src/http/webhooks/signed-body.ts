import type { FastifyInstance } from 'fastify';
import type { z } from 'zod';
import { Problem } from '../problem.ts';

/** Keeps every body below `app` as its raw bytes, which a signature is over. */
export function keepRawBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, next) => next(null, body));
}

/** The raw bytes of a body that `keepRawBodies` kept; none where there was no body. */
export function rawBody(body: unknown): Buffer {
  return Buffer.isBuffer(body) ? body : Buffer.alloc(0);
}

/** Reads a body whose signature was right. Throws a 400 that names every fault. */
export function readSigned<T>(raw: Buffer, schema: z.ZodType<T>, what: string): T {
  const { data, error } = schema.safeParse(parse(raw));
  if (data !== undefined) return data;
  const errors = (error?.issues ?? []).map(({ path, message }) => ({
    path: path.join('.'),
    message,
  }));
  throw new Problem('invalid-request', `This is no ${what}`, { errors });
}

function parse(raw: Buffer): unknown {
  try {
    return JSON.parse(raw.toString());
  } catch {
    return undefined;
  }
}
