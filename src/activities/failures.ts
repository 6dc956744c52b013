import { activityInfo, log } from '@temporalio/activity';
import {
  ApplicationFailure,
  ApplicationFailureCategory,
  CancelledFailure,
} from '@temporalio/common';
import { ProviderError, type ProviderErrorKind } from '../providers/errors.ts';

/** By how much the pauses between looks grow. */
export const POLL_GROWTH = 1.5;

/** What is tried again. The workflow reads the answer from the failure's `nonRetryable`. */
const RETRYABLE = {
  rejected: false,
  'not-found': false,
  throttled: true,
  unavailable: true,
  internal: false,
} as const satisfies Record<ProviderErrorKind | 'internal', boolean>;

/** What a workflow finds in the details of a failure. */
export type { ErrorFacts as FailureFacts } from '../providers/errors.ts';

/**
 * Runs `work` and turns what it throws into a failure whose type is the error's kind and whose message is the
 * vendor's own. Anything but a ProviderError is a fault of ours: its text stays in the log, for it may hold a secret.
 */
export async function failingClearly<T>(work: () => Promise<T>): Promise<T> {
  return asFailure(work, (kind) => !RETRYABLE[kind]);
}

/** The same for work that has to succeed in the end, whatever the vendor says now: a billed task must not be left. */
export async function insisting<T>(work: () => Promise<T>): Promise<T> {
  return asFailure(work, () => false);
}

/** A failure that means "look again after `delayMs`": no error, and not counted as one. */
export function lookAgain(message: string, delayMs: number): ApplicationFailure {
  return ApplicationFailure.create({
    type: 'look-again',
    message,
    nextRetryDelay: delayMs,
    category: ApplicationFailureCategory.BENIGN,
  });
}

/** The same, ever more seldom: first after `firstMs`, then half as long again each time, up to `mostMs`. */
export function lookAgainLater(
  message: string,
  firstMs: number,
  mostMs: number,
): ApplicationFailure {
  const delayMs = firstMs * POLL_GROWTH ** (activityInfo().attempt - 1);
  return lookAgain(message, Math.min(delayMs, mostMs));
}

/** Work that a worker gives up because it shuts down is for another one to do; only the server ends it for good. */
function cancelled(error: CancelledFailure): Error {
  if (error.message !== 'WORKER_SHUTDOWN') return error;
  return ApplicationFailure.create({ type: 'unavailable', message: 'the worker shut down' });
}

async function asFailure<T>(
  work: () => Promise<T>,
  isFinal: (kind: keyof typeof RETRYABLE) => boolean,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ApplicationFailure) throw error;
    if (error instanceof CancelledFailure) throw cancelled(error);
    if (!(error instanceof ProviderError)) {
      log.error('activity failed for a reason of ours', { error });
      throw ApplicationFailure.create({
        type: 'internal',
        message: 'internal error: see the log of the worker',
        nonRetryable: isFinal('internal'),
      });
    }
    const { kind, message, facts } = error;
    throw ApplicationFailure.create({
      type: kind,
      message,
      nonRetryable: isFinal(kind),
      details: [facts],
      ...(facts.retryAfterMs === undefined ? {} : { nextRetryDelay: facts.retryAfterMs }),
    });
  }
}
