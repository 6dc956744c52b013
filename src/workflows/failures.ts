import {
  ActivityFailure,
  ApplicationFailure,
  isCancellation,
  TimeoutFailure,
} from '@temporalio/workflow';
import type { FailureFacts } from '../activities/failures.ts';
import type { FailureKind } from '../domain/session.ts';

/** Why a call to a vendor failed, and what that means for the next one. */
export type CallFailure = FailureFacts & {
  readonly kind: FailureKind;
  /** The vendor's words. */
  readonly message: string;
  /** The same call would fail again. */
  readonly isFinal: boolean;
  /** The vendor may have done what it was asked to. */
  readonly mayHaveHappened: boolean;
};

const UNANSWERED = new Set<FailureKind>(['unavailable', 'timeout', 'internal']);
const KINDS: readonly FailureKind[] = [
  'rejected',
  'not-found',
  'throttled',
  'unavailable',
  'internal',
];

/** Reads the failure of an activity. A cancellation, and anything that is no activity's failure, is thrown on. */
export function readFailure(error: unknown): CallFailure {
  if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
  const { cause } = error;
  if (cause instanceof TimeoutFailure) return timeoutOf(cause);
  if (!(cause instanceof ApplicationFailure)) throw error;
  const kind = KINDS.find((known) => known === cause.type) ?? 'internal';
  const failure = failureOf(kind, cause.message, cause.nonRetryable === true);
  const facts = factsOf(cause);
  const mayHaveHappened = failure.mayHaveHappened && facts.isUnsent !== true;
  return { ...failure, ...facts, mayHaveHappened };
}

function timeoutOf({ timeoutType, failure }: TimeoutFailure): CallFailure {
  if (timeoutType === 'SCHEDULE_TO_START') {
    return {
      ...failureOf('timeout', 'no worker of the provider took it', true),
      mayHaveHappened: false,
    };
  }
  // After many tries, what became of the last one says why; the SDK does not read the cause of a time-out.
  const last = failure?.cause?.message;
  const why = last ? `tried in vain: ${last}` : 'no answer: the worker or the vendor was gone';
  return failureOf('timeout', why, false);
}

function failureOf(kind: FailureKind, message: string, isFinal: boolean): CallFailure {
  return { kind, message, isFinal, mayHaveHappened: UNANSWERED.has(kind) };
}

function factsOf(failure: ApplicationFailure): FailureFacts {
  const facts: unknown = failure.details?.[0];
  return typeof facts === 'object' && facts !== null ? facts : {};
}
