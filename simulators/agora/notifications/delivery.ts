import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { FaultBehaviour } from '../faults.ts';
import { deliverMessage, postJson } from '../../shared/delivery.ts';
import { timestamp } from '../../shared/timestamp.ts';
import type { Notification, Records } from '../ledger.ts';
import type { EventType } from './events.ts';
import { signatureHeaders } from './signature.ts';

const SPEECH_TO_TEXT = 20;

export const settingsSchema = z.strictObject({
  /** Where notifications go. */
  url: z.url({ protocol: /^https?$/ }),
  secret: z.string().min(1),
  /** How long the receiver has to answer. */
  answerWithinMs: z.int().min(1).default(10_000),
  /** Before each of the retries: the first at once, then with growing gaps (their length is not published). */
  retryGapsMs: z.array(z.int().min(0)).length(3).default([0, 5_000, 30_000]),
});
export type Settings = z.infer<typeof settingsSchema>;

/** One event on its way, whatever number of times it is sent. */
export type Notice = {
  readonly noticeId: string;
  readonly eventType: EventType;
  readonly agentId: string;
  readonly channel: string;
  readonly payload: object;
};

export type DeliveryContext = {
  readonly records: Records;
  readonly now: () => number;
  readonly changed: () => void;
  /** Aborted when the simulator closes. */
  readonly closing: AbortSignal;
};

export function newNotice(facts: Omit<Notice, 'noticeId'>): Notice {
  return { ...facts, noticeId: randomUUID() };
}

/** Sends a notice until it is received or given up, in the way that a fault wants it. */
export function deliver(
  context: DeliveryContext,
  settings: Settings,
  notice: Notice,
  fault: FaultBehaviour | undefined,
): Promise<void> {
  const { closing, changed, now } = context;
  const { url, secret, answerWithinMs: withinMs, retryGapsMs } = settings;
  return deliverMessage({
    fault,
    retryGapsMs,
    closing,
    changed,
    record: (attempt) => record(context, notice, attempt, fault),
    post: () => {
      const body = bodyOf(notice, now());
      return postJson(url, { headers: signatureHeaders(secret, body), body, withinMs, closing });
    },
    isReceived: (status) => status === 200,
  });
}

function bodyOf({ noticeId, eventType, agentId, payload }: Notice, notifyMs: number): string {
  const productId = SPEECH_TO_TEXT;
  return JSON.stringify({ sid: agentId, noticeId, productId, eventType, notifyMs, payload });
}

function record(
  { records, now, changed }: DeliveryContext,
  { noticeId, eventType, agentId, channel }: Notice,
  attempt: number,
  fault: FaultBehaviour | undefined,
): Notification {
  const entry = records.attempt({
    at: timestamp(now()),
    noticeId,
    eventType,
    agentId,
    channel,
    attempt,
    status: null,
    ...(fault && { fault: fault.kind }),
  });
  changed();
  return entry;
}
