import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import { CancelledFailure } from '@temporalio/common';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import type { Tracing } from './tracing.ts';

/** What is around each activity: its span, where there are traces, and a line in the log where it fails. */
export function activityInterceptors(tracing: Tracing | null): ActivityInterceptorsFactory[] {
  return tracing === null ? [activityLog] : [tracing.activity, activityLog];
}

/** Logs each try of an activity that failed, once, with the vendor's words. */
const activityLog: ActivityInterceptorsFactory = ({ log, cancellationSignal }) => ({
  inbound: {
    async execute(input, next) {
      try {
        return await next(input);
      } catch (error) {
        if (error instanceof ApplicationFailure) {
          const { type: kind, message: words, category } = error;
          // Nothing is wrong with what is looked at again, and a fault of ours is told where it was found.
          const isTold = category === ApplicationFailureCategory.BENIGN || kind === 'internal';
          if (!isTold) log.warn('activity failed', { kind, words });
        } else if (!(error instanceof CancelledFailure) && !cancellationSignal.aborted) {
          log.error('activity failed for a reason of ours', { error });
        }
        throw error;
      }
    },
  },
});
