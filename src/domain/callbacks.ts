import type { Session } from './sessions.ts';

/** What a session tells the URL that its request gave, as Standard Webhooks. */
export const CALLBACK_TYPES = [
  'session.running',
  'session.updated',
  'session.ended',
  'transcript.ready',
] as const;
export type CallbackType = (typeof CALLBACK_TYPES)[number];

/** An event to be delivered: the same, byte for byte, with every try. */
export type Callback = {
  /** The `webhook-id` header: `msg_<first run of the session>_<number of the event>`. */
  readonly id: string;
  readonly sessionId: string;
  readonly url: string;
  readonly payload: {
    readonly type: CallbackType;
    /** When it happened, RFC 3339. */
    readonly timestamp: string;
    readonly data: Session & { readonly runId: string };
  };
};

/** One try to deliver a callback. */
export type CallbackTry = {
  /** RFC 3339 */
  readonly at: string;
  /** The receiver's; null = it has not answered. */
  readonly status: number | null;
  /** Why it was no success, in words; null = it was one. */
  readonly error: string | null;
};

export const DELIVERY_STATES = ['pending', 'delivered', 'failed', 'gone'] as const;

/** What is shown of a callback on its way. */
export type Delivery = {
  /** The `webhook-id` header. */
  readonly id: string;
  readonly sessionId: string;
  readonly type: CallbackType;
  /** Without its query, which may be secret. */
  readonly url: string;
  /** When it happened, RFC 3339. */
  readonly timestamp: string;
  /** `failed`: every try was in vain. `gone`: the receiver wants no more (410). */
  readonly state: (typeof DELIVERY_STATES)[number];
  /** Oldest first. */
  readonly tries: readonly CallbackTry[];
  /** RFC 3339; null = there is none to come. */
  readonly nextTryAt: string | null;
};

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/**
 * The pauses after each try that failed, of the schedule of the Standard Webhooks specification (Deliverability and
 * reliability): ten tries in 75 hours and 35 minutes.
 */
const PAUSES_MS = [
  5_000,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  14 * HOUR_MS,
  20 * HOUR_MS,
  24 * HOUR_MS,
] as const;
export const MOST_TRIES = PAUSES_MS.length + 1;

/** How far a pause is from the schedule's at most, so that what failed together is not tried again together. */
const JITTER = 0.1;
/** A receiver that asks for more is asked again all the same. */
const LONGEST_RETRY_AFTER_MS = 24 * HOUR_MS;
/** The tries that are shown: those by hand have no bound of their own. */
const SHOWN_TRIES = 50;

/**
 * How long to wait after the try number `tries` has failed, in ms; null = that was the last. `random` is in [0, 1);
 * `retryAfterMs` is what the receiver asked for.
 */
export function pauseMs(tries: number, random: number, retryAfterMs = 0): number | null {
  const pause = PAUSES_MS[tries - 1];
  if (pause === undefined) return null;
  const jittered = pause * (1 - JITTER + 2 * JITTER * random);
  return Math.round(Math.max(jittered, askedPauseMs(retryAfterMs)));
}

/** How long a receiver that has asked for `retryAfterMs` is left alone, in ms. */
export function askedPauseMs(retryAfterMs: number): number {
  return Math.min(retryAfterMs, LONGEST_RETRY_AFTER_MS);
}

/** What the answer of a receiver means; `status` is null when there was none. */
export function meaningOf(status: number | null): 'delivered' | 'gone' | 'failed' {
  if (status !== null && status >= 200 && status < 300) return 'delivered';
  return status === 410 ? 'gone' : 'failed';
}

/** A callback that is to be delivered; `tries` are those that were made before. */
export function newDelivery(callback: Callback, tries: readonly CallbackTry[]): Delivery {
  const { id, sessionId, payload } = callback;
  const { type, timestamp } = payload;
  const url = callback.url.split(/[?#]/)[0] ?? '';
  return { id, sessionId, type, url, timestamp, state: 'pending', tries, nextTryAt: null };
}

/** The same after one more try. */
export function tried(delivery: Delivery, one: CallbackTry): Delivery {
  return { ...delivery, tries: [...delivery.tries, one].slice(-SHOWN_TRIES) };
}

export function callbackId(firstRunId: string, number: number): string {
  return `msg_${firstRunId}_${number}`;
}

const CALLBACK_ID = /^msg_([0-9a-f-]{36})_(\d{1,9})$/;

/** What begins the ids of the workflows that deliver the callbacks of a session. */
export function deliveryPrefix(sessionId: string): string {
  return `callback:${sessionId}:`;
}

/** The id of the workflow that delivers the callback `id` of a session; null when there can't be one. */
export function deliveryWorkflowId(sessionId: string, id: string): string | null {
  const [, firstRunId, number] = CALLBACK_ID.exec(id) ?? [];
  if (firstRunId === undefined || number === undefined) return null;
  return `${deliveryPrefix(sessionId)}${firstRunId}:${number}`;
}

/** Whether a workflow delivers a callback of this very session: the id of another one may begin as this one's does. */
export function isDeliveryOf(sessionId: string, workflowId: string): boolean {
  return deliveryNumber(sessionId, workflowId) !== null;
}

/** Which callback of this very session a workflow delivers; null when it delivers none. */
export function deliveryNumber(
  sessionId: string,
  workflowId: string,
): { readonly firstRunId: string; readonly number: number } | null {
  const prefix = deliveryPrefix(sessionId);
  const rest = workflowId.startsWith(prefix) ? workflowId.slice(prefix.length) : '';
  const [, firstRunId, number] = /^([0-9a-f-]{36}):(\d{1,9})$/.exec(rest) ?? [];
  return firstRunId === undefined ? null : { firstRunId, number: Number(number) };
}
