import { timestamp } from '../../shared/timestamp.ts';

const RATE = 0.012;

export type LegEvent =
  | 'started'
  | 'ringing'
  | 'answered'
  | 'busy'
  | 'unanswered'
  | 'rejected'
  | 'failed'
  | 'completed';

/** One phone of a call. */
export type Leg = {
  readonly uuid: string;
  readonly conversationUuid: string;
  readonly from: string;
  readonly to: string;
  readonly direction: 'inbound' | 'outbound';
};

type Span = { readonly startedAtMs: number; readonly endedAtMs: number };

/** What an event tells ("Webhook reference"); its numbers are texts. */
export function eventPayload(
  { uuid, conversationUuid, from, to, direction }: Leg,
  status: LegEvent,
  { startedAtMs, endedAtMs }: Span,
): Record<string, unknown> {
  const leg = { from, to, uuid, conversation_uuid: conversationUuid, status, direction };
  if (status === 'answered') {
    const unknownYet = { start_time: null, rate: null, network: null };
    return { ...unknownYet, ...leg, timestamp: timestamp(startedAtMs) };
  }
  if (status !== 'completed') return { ...leg, timestamp: timestamp(startedAtMs) };
  const seconds = Math.round((endedAtMs - startedAtMs) / 1000);
  return {
    end_time: timestamp(endedAtMs),
    uuid,
    network: 'GB-FIXED',
    duration: String(seconds),
    start_time: timestamp(startedAtMs),
    rate: RATE.toFixed(8),
    price: ((RATE * seconds) / 60).toFixed(8),
    from,
    to,
    conversation_uuid: conversationUuid,
    status,
    direction,
    timestamp: timestamp(endedAtMs),
  };
}

/** What the webhook of a finished recording tells: neither the call, nor a status. */
export function recordingPayload(
  facts: { recordingUuid: string; url: string; size: number; conversationUuid: string },
  { startedAtMs, endedAtMs }: Span,
): Record<string, unknown> {
  return {
    start_time: wholeSeconds(startedAtMs),
    recording_url: facts.url,
    size: facts.size,
    recording_uuid: facts.recordingUuid,
    end_time: wholeSeconds(endedAtMs),
    conversation_uuid: facts.conversationUuid,
    timestamp: timestamp(endedAtMs),
  };
}

export function errorPayload(
  conversationUuid: string,
  reason: string,
  nowMs: number,
): Record<string, unknown> {
  return { reason, conversation_uuid: conversationUuid, timestamp: timestamp(nowMs) };
}

function wholeSeconds(atMs: number): string {
  return timestamp(atMs).replace(/\.\d+Z$/, 'Z');
}
