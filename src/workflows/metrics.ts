import { metricMeter } from '@temporalio/workflow';
import type { CallbackType } from '../domain/callbacks.ts';
import type { EndReason, FailureKind, SessionStatus } from '../domain/session.ts';
import type { ProviderName } from '../domain/sessions.ts';
import type { TranscriptProgress } from '../domain/transcript.ts';

// What sessions are measured by, told once: a replay tells nothing again, and no history knows of it. No label may hold
// what belongs to one session. The worker adds `_total` to the names of counters.

/** What is told of a session's end. */
type Ended = {
  readonly provider: ProviderName;
  readonly status: SessionStatus;
  readonly endReason: EndReason | null;
  readonly failure: { readonly kind: FailureKind } | null;
};

/** How a try to deliver a callback ended: `retried` is to come again, `gave-up` was the last on the schedule. */
type CallbackOutcome = 'delivered' | 'gone' | 'retried' | 'gave-up';

export function countStarted(provider: ProviderName): void {
  count('durascribe_sessions_started', 'sessions that have begun', { provider });
}

/** The task of the session, or its first job, runs: `createdAt` (RFC 3339) is when it was asked for. */
export function observeStart(provider: ProviderName, createdAt: string): void {
  const help = 'from the request of a session until its task, or first job, runs';
  observe('durascribe_session_start_duration_seconds', help, secondsSince(createdAt), { provider });
}

export function countEnded({ provider, status, endReason, failure }: Ended): void {
  const help = 'sessions that have ended, by why: of those that failed, the kind of their failure';
  const reason = failure?.kind ?? endReason ?? 'completed';
  count('durascribe_sessions_ended', help, { provider, status, reason });
}

export function countAccepted(provider: ProviderName): void {
  count('durascribe_changes_accepted', 'changes of live sessions that were accepted', { provider });
}

/** An update call was made, and `merged` changes needed none of their own for it. */
export function countUpdate(
  provider: ProviderName,
  outcome: 'applied' | FailureKind,
  merged: number,
): void {
  const updates =
    'update calls to vendors, by what became of them: applied, or the kind of failure';
  count('durascribe_updates', updates, { provider, outcome });
  const help = 'changes that went along with another one, and needed no update call of their own';
  count('durascribe_changes_merged', help, { provider }, merged);
}

/** A job has come to its end; `startedAt` (RFC 3339) is when it began. */
export function observeJob(
  provider: ProviderName,
  outcome: 'completed' | 'failed',
  startedAt: string,
): void {
  const help = 'from the start of a job until its end was seen';
  const labels = { provider, outcome };
  observe('durascribe_transcription_duration_seconds', help, secondsSince(startedAt), labels);
}

export function countTranscript(
  provider: ProviderName,
  outcome: Exclude<TranscriptProgress['state'], 'awaited'> | 'failed',
): void {
  const help = 'what became of transcripts: ready, none to be had, or failed to be collected';
  count('durascribe_transcripts', help, { provider, outcome });
}

export function countCallbackTry(type: CallbackType, outcome: CallbackOutcome): void {
  count('durascribe_callback_tries', 'tries to deliver a callback', { type, outcome });
}

/** A callback was delivered; `timestamp` (RFC 3339) is when what it tells happened. */
export function observeCallback(type: CallbackType, timestamp: string): void {
  const help = 'from an event until its callback was delivered';
  observe('durascribe_callback_delay_seconds', help, secondsSince(timestamp), { type });
}

type Labels = { readonly [name: string]: string };

function count(name: string, help: string, labels: Labels, by = 1): void {
  metricMeter.createCounter(name, undefined, help).add(by, { ...labels });
}

function observe(name: string, help: string, seconds: number, labels: Labels): void {
  metricMeter.createHistogram(name, 'float', undefined, help).record(seconds, { ...labels });
}

/** The clocks that times are told by may differ a little. */
function secondsSince(time: string): number {
  return Math.max(Date.now() - Date.parse(time), 0) / 1_000 || 0;
}
