import {
  isGrpcServiceError,
  ServiceError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { z } from 'zod';
import { UnreadablePayload } from '../domain/unreadable-payload.ts';
import { CHANGE_ERRORS } from '../workflows/messages.ts';
import { Problem } from './problem.ts';

/** FAILED_PRECONDITION: an update that met a workflow task which failed, as at a continue-as-new. */
const BUSY_CODES = new Set<number>([9]);
const RETRY_AFTER_SECONDS = 2;
/** What only the operators of this API can put right. */
const RETRY_AFTER_MENDING_SECONDS = 60;

const Faults = z.array(z.object({ path: z.string(), message: z.string() }));

/** What an error of the Temporal client means to a caller, or null when it means nothing of the kind. */
export function problemOfTemporal(error: unknown): Problem | null {
  if (error instanceof WorkflowExecutionAlreadyStartedError) return null;
  if (error instanceof WorkflowNotFoundError) return ofMissingWorkflow(error);
  if (error instanceof WorkflowUpdateFailedError) return ofRefusedChange(error);
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) {
    return unavailable('No worker has taken the change in time; send it again', error);
  }
  if (error instanceof UnreadablePayload) {
    const retryAfterSeconds = RETRY_AFTER_MENDING_SECONDS;
    return new Problem('unavailable', error.message, { retryAfterSeconds, cause: error });
  }
  if (error instanceof ServiceError || isGrpcServiceError(error)) {
    if (/search attribute/i.test(causeOf(error).message)) {
      const detail = 'The search attributes are not registered yet: start a worker, which does it';
      return unavailable(detail, error);
    }
    return unavailable('Temporal did not answer in time; send the request again', error);
  }
  return null;
}

/** Whether the same update is worth sending again at once, under the same id. */
export function isBusy(error: unknown): boolean {
  const source = error instanceof Problem ? error.cause : error;
  const cause = source instanceof ServiceError ? source.cause : source;
  return isGrpcServiceError(cause) && BUSY_CODES.has(cause.code);
}

function causeOf(error: Error): Error {
  return error.cause instanceof Error ? error.cause : error;
}

function unavailable(detail: string, cause: unknown): Problem {
  return new Problem('unavailable', detail, { retryAfterSeconds: RETRY_AFTER_SECONDS, cause });
}

/** Temporal has one error for a workflow that it never had, and for one that is over. */
function ofMissingWorkflow(error: WorkflowNotFoundError): Problem {
  return /already completed|closing workflow/.test(error.message)
    ? new Problem('not-live', `${error.workflowId} has ended`)
    : new Problem('session-not-found', `There is no session ${error.workflowId}`);
}

function ofRefusedChange({ cause }: WorkflowUpdateFailedError): Problem | null {
  if (!(cause instanceof ApplicationFailure)) return null;
  if (cause.type === CHANGE_ERRORS.notLive) return new Problem('not-live', cause.message);
  if (cause.type === CHANGE_ERRORS.unchangeable) return new Problem('unchangeable', cause.message);
  if (cause.type === CHANGE_ERRORS.keyReused) return new Problem('key-reused', cause.message);
  if (cause.type === CHANGE_ERRORS.tooMany) {
    return new Problem('too-many-requests', cause.message, {
      retryAfterSeconds: RETRY_AFTER_SECONDS,
    });
  }
  if (cause.type !== CHANGE_ERRORS.unprocessable) return null;
  return new Problem('unprocessable', cause.message, {
    errors: Faults.safeParse(cause.details?.[0]).data ?? [],
  });
}
