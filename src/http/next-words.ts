import { isEnded, isLive } from '../domain/session.ts';
import type { EndReason } from '../domain/session.ts';
import type { TranscriptProgress } from '../domain/transcript.ts';
import type { Session } from './session-schema.ts';
import type { Step } from './session-step.ts';
import { wordsOf } from './step-words.ts';

const ENDINGS = {
  requested: 'It was stopped on request',
  idle: 'The vendor ended it, for nobody spoke',
  'max-duration': 'It lasted its longest',
  vendor: 'The vendor ended it',
  cancelled: 'It was cancelled in Temporal',
  failed: 'It failed',
} as const satisfies Record<EndReason, string>;

/** Why nothing goes on: no worker has answered on the queue, or the workflow's code fails, so many times by now. */
export type Standstill =
  | { readonly kind: 'unserved'; readonly queue: string }
  | { readonly kind: 'broken'; readonly attempt: number };

export type Outlook = {
  readonly session: Session;
  readonly step: Step | null;
  readonly transcript: TranscriptProgress;
  readonly maxDurationSeconds: number;
  /** Null = its workflow has answered, or was not asked. */
  readonly standstill: Standstill | null;
};

/** What happens next with a session, and when. */
export function nextInWords(outlook: Outlook): string {
  const { session, step, standstill } = outlook;
  const sentences = isEnded(session.status) ? endInWords(outlook) : [];
  if (standstill !== null) sentences.push(standstillInWords(standstill));
  if (step !== null) sentences.push(...stepInWords(step, session, standstill === null));
  else if (!isEnded(session.status) && standstill === null) {
    sentences.push('Its workflow is about to take its next step.');
  }
  const endsAt = latestEnd(outlook);
  if (endsAt !== null) sentences.push(`The session ends at ${endsAt} at the latest.`);
  return sentences.join(' ');
}

function standstillInWords(standstill: Standstill): string {
  return standstill.kind === 'unserved'
    ? `Nothing until a worker runs: none has answered on the queue ${standstill.queue}.`
    : `Its workflow's code fails, try ${standstill.attempt}: see the worker's log, and Temporal.`;
}

function stepInWords(step: Step, { provider, status }: Session, isServed: boolean): string[] {
  const { doing, again, after, ends } = wordsOf(step.name, provider);
  const { attempt, lastError, givesUpAt } = step;
  const isRepeat = lastError !== null;
  const isAgain = step.state === 'waiting' && (attempt > 1 || step.nextAttemptAt !== null);
  const what = isAgain && !isRepeat ? again : doing;
  const sentences = [
    `${isServed ? whenInWords(step) : 'Then'}: ${what}${isRepeat ? `, try ${attempt}` : ''}.`,
  ];
  if (lastError !== null) {
    sentences.push(`The last try failed (${lastError.kind}): ${unpunctuated(lastError.message)}.`);
  }
  if (givesUpAt !== null) sentences.push(untilInWords(step, givesUpAt));
  const isAside = ends === true && isLive(status);
  if (after !== null && !isAside) sentences.push(`Once that is through, ${after}.`);
  return sentences;
}

function untilInWords({ name, lastError }: Step, time: string): string {
  const isLook = name === 'collectTranscript' && lastError === null;
  return isLook ? `What has not come by ${time} is left out.` : `It is tried until ${time}.`;
}

function whenInWords({ state, nextAttemptAt }: Step): string {
  switch (state) {
    case 'under way':
      return 'Now';
    case 'paused':
      return 'Once an operator unpauses it in Temporal';
    case 'waiting':
      return nextAttemptAt === null ? 'As soon as a worker takes it up' : `At ${nextAttemptAt}`;
  }
}

function endInWords({ session, transcript }: Outlook): string[] {
  const { endReason, endedAt, failure } = session;
  const how = endReason === null ? 'It is completed' : ENDINGS[endReason];
  const why = failure === null ? '' : ` (${failure.kind}): ${unpunctuated(failure.message)}`;
  return [`${how}${why}, at ${endedAt}.`, transcriptInWords(transcript)];
}

/** Vendors end their words with a full stop or without one. */
function unpunctuated(message: string): string {
  return message.replace(/[.\s]+$/, '');
}

function transcriptInWords(transcript: TranscriptProgress): string {
  switch (transcript.state) {
    case 'ready':
      return 'Its transcript is ready; nothing else is to come.';
    case 'none':
      return `It has no transcript: ${unpunctuated(transcript.reason)}.`;
    case 'awaited':
      return `Its transcript waits for ${transcript.waitsFor}.`;
  }
}

/** When a session ends by itself, whatever happens (RFC 3339, to the second); null = never, or soon anyway. */
function latestEnd({ session, maxDurationSeconds }: Outlook): string | null {
  const isGoingOn = isLive(session.status) || session.status === 'transcribing';
  if (!isGoingOn || maxDurationSeconds === 0) return null;
  const endsAt = new Date(Date.parse(session.createdAt) + maxDurationSeconds * 1_000).toISOString();
  return endsAt.replace(/\.\d+/, '');
}
