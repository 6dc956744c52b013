import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { timestamp } from './timestamp.ts';

/** Stands for a body that is no JSON, until the rules that come before it have been checked. */
export const INVALID_JSON = Symbol('invalid JSON');

/** What a ledger keeps of every call. */
export const httpCallFields = {
  /** When it arrived, RFC 3339 UTC. */
  at: z.string(),
  method: z.string(),
  path: z.string(),
  query: z.record(z.string(), z.unknown()),
  body: z.unknown(),
  /** Null while it is in flight, and for good when its answer was lost. */
  status: z.number().nullable(),
  response: z.unknown(),
  /** The kind of the fault that was injected into it. */
  fault: z.string().optional(),
};

/** A request that has just arrived, whatever it is. */
export function arrivedCall<Operation>(
  operation: Operation,
  { method, url, query, body: text }: FastifyRequest,
  nowMs: number,
) {
  const body = parsedBody(text);
  return {
    at: timestamp(nowMs),
    operation,
    method,
    path: url.split('?')[0] ?? '',
    query: httpCallFields.query.parse(query),
    body: body === INVALID_JSON ? '[not JSON]' : (body ?? null),
    status: null,
    response: null,
  };
}

/** Undefined without a body, `INVALID_JSON` for one that isn't JSON. */
export function parsedBody(body: unknown): unknown {
  if (typeof body !== 'string' || body === '') return undefined;
  try {
    return JSON.parse(body);
  } catch {
    return INVALID_JSON;
  }
}
