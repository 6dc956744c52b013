import { AsyncLocalStorage } from 'node:async_hooks';
import type { Client } from '@temporalio/client';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Problem } from './problem.ts';
import { problemOfTemporal } from './temporal-problem.ts';
import { Turns } from './turns.ts';

/** Every call to Temporal is answered or given up within this: the client has no deadline of its own. */
export const DEADLINE_MS = 3_000;
/** How long all that a request asks of Temporal may take together: whoever waits is answered within 5 s. */
const REQUEST_MS = 4_500;
/** The client tells of a deadline a little late, and much later when it was about to try again. */
const LATE_MS = 200;

/**
 * How many calls one caller has under way: enough for the default rate limit where Temporal takes 30 ms. More would only
 * wait there, in everybody's way.
 */
const CALLS_AT_A_TIME = 30;
/** The same of calls that wait for a worker, which there may not be. */
const WORKER_CALLS_AT_A_TIME = 100;
/** How many more of its calls wait here: what comes on top is refused, so that memory stays flat. */
const CALLS_WAITING = 1_000;
const RETRY_AFTER_SECONDS = 2;

/** Whose request is being answered, and until when. */
type Bounds = {
  readonly caller: string;
  /** Of its key; '' without one. */
  readonly name: string;
  readonly giveUpAtMs: number;
};

const bounds = new AsyncLocalStorage<Bounds>();
const turns = {
  temporal: new Turns(CALLS_AT_A_TIME, CALLS_WAITING),
  worker: new Turns(WORKER_CALLS_AT_A_TIME, CALLS_WAITING),
};

/** Has each request answered in time, and lets no caller's requests keep another's waiting. */
export function boundRequests(
  app: FastifyInstance,
  senderOf: (request: FastifyRequest) => string,
  nameOf: (request: FastifyRequest) => string,
): void {
  // The last hook before the handlers: what reads the body has a context of its own.
  app.addHook('preValidation', (request, _reply, done) => {
    const giveUpAtMs = Date.now() + REQUEST_MS;
    bounds.run({ caller: senderOf(request), name: nameOf(request), giveUpAtMs }, done);
  });
}

/** Who asks for what is under way. */
export function caller(): string {
  return bounds.getStore()?.caller ?? '';
}

/** The name of the key of who asks; '' without one. */
export function callerName(): string {
  return bounds.getStore()?.name ?? '';
}

/** Does `work` as if the request had just come: for one that chose to wait. */
export async function afresh<T>(work: () => Promise<T>): Promise<T> {
  const giveUpAtMs = Date.now() + REQUEST_MS;
  return bounds.run({ caller: caller(), name: callerName(), giveUpAtMs }, work);
}

/** When what begins now is given up, after `mostMs` at the latest. */
export function deadline(mostMs = DEADLINE_MS): number {
  return Math.min(Date.now() + mostMs, bounds.getStore()?.giveUpAtMs ?? Infinity);
}

/**
 * Does `work` with Temporal, in time and when it is the caller's turn; what waits for a worker has turns of its own.
 * Throws Problem for what Temporal says, or does not say.
 */
export async function inTime<T>(
  client: Client,
  work: () => Promise<T>,
  waitsFor: 'temporal' | 'worker' = 'temporal',
): Promise<T> {
  try {
    const call = () => givingUp(client, work);
    const turn = await turns[waitsFor].take(caller(), call, deadline(REQUEST_MS));
    if (turn) return turn.result;
  } catch (error) {
    throw problemOfTemporal(error) ?? error;
  }
  throw unanswered('Too many of your requests are under way; send this one again in a moment');
}

async function givingUp<T>(client: Client, work: () => Promise<T>): Promise<T> {
  const atMs = deadline();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const giveUp = () => reject(unanswered('Temporal did not answer in time; send it again'));
    timer = setTimeout(giveUp, atMs + LATE_MS - Date.now());
  });
  try {
    return await Promise.race([client.withDeadline(atMs, work), late]);
  } finally {
    clearTimeout(timer);
  }
}

function unanswered(detail: string): Problem {
  return new Problem('unavailable', detail, { retryAfterSeconds: RETRY_AFTER_SECONDS });
}
