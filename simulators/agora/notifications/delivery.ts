import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { FaultBehaviour } from '../faults.ts';
import { timestamp } from '../ledger.ts';
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
export async function deliver(
  context: DeliveryContext,
  settings: Settings,
  notice: Notice,
  fault: FaultBehaviour | undefined,
): Promise<void> {
  if (fault?.kind === 'lost') {
    record(context, notice, 1, fault);
    return;
  }
  if (fault?.kind === 'delayed') await pause(context, fault.ms);
  await sendUntilReceived(context, settings, notice, fault);
  if (fault?.kind === 'duplicated') await sendUntilReceived(context, settings, notice, fault);
}

async function sendUntilReceived(
  context: DeliveryContext,
  settings: Settings,
  notice: Notice,
  fault: FaultBehaviour | undefined,
): Promise<void> {
  for (const [retries, gapMs] of [0, ...settings.retryGapsMs].entries()) {
    await pause(context, gapMs);
    if (context.closing.aborted) return;
    const entry = record(context, notice, retries + 1, fault);
    entry.status = await post(context, settings, notice);
    context.changed();
    if (entry.status === 200) return;
  }
}

/** The status of the answer, null without one in time. */
async function post(
  { closing, now }: DeliveryContext,
  { url, secret, answerWithinMs }: Settings,
  { noticeId, eventType, agentId, payload }: Notice,
): Promise<number | null> {
  const body = JSON.stringify({
    sid: agentId,
    noticeId,
    productId: SPEECH_TO_TEXT,
    eventType,
    notifyMs: now(),
    payload,
  });
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...signatureHeaders(secret, body) },
      body,
      redirect: 'manual',
      signal: AbortSignal.any([closing, AbortSignal.timeout(answerWithinMs)]),
    });
    await response.body?.cancel();
    return response.status;
  } catch {
    return null;
  }
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

/** Ends early, without an error, when the simulator closes. */
async function pause({ closing }: DeliveryContext, ms: number): Promise<void> {
  await sleep(ms, undefined, { signal: closing, ref: false }).catch(() => undefined);
}
