import {
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  isCancellation,
  setHandler,
  sleep,
} from '@temporalio/workflow';
import type { EndReason, LiveSession, LiveSessionRequest } from '../domain/session.ts';
import { isLive } from '../domain/session.ts';
import type { CallFailure } from './failures.ts';
import { LiveRun, SessionFailed } from './live-run.ts';
import {
  changeConfiguration,
  requestChange,
  requestStop,
  session,
  vendorEvent,
} from './messages.ts';
import { SessionRecord } from './session-record.ts';

/**
 * One live transcription, from before the first call to the vendor until after the last: start, then bring what
 * is applied to what is desired for as long as it lives, then stop. Returns the session; fails with the vendor's
 * words when the session failed, and ends as cancelled when it was cancelled, after a clean stop.
 */
export async function liveSession(request: LiveSessionRequest): Promise<LiveSession> {
  const record = new SessionRecord(request);
  const life = new CancellationScope();
  const run = new LiveRun(record);
  let stopReason: EndReason | null = null;

  const stop = (reason: EndReason, why: string) => {
    if (!isLive(record.status)) return;
    stopReason = reason;
    record.stopping(why);
    life.cancel();
  };
  setHandler(session, () => record.view);
  setHandler(changeConfiguration, (change) => record.accept(change), {
    validator: (change) => void record.validate(change),
  });
  setHandler(requestChange, (change) => record.acceptOrRefuse(change));
  setHandler(requestStop, (asked) => stop('requested', asked?.reason ?? 'requested'));
  setHandler(vendorEvent, () => run.lookNow());

  let reason: EndReason;
  let failure: CallFailure | null = null;
  try {
    const end = await life.run(() => {
      void endAfter(request.maxDurationSeconds, () =>
        stop('max-duration', 'it lasted its longest'),
      );
      return run.live();
    });
    reason = end.cause === 'idle' ? 'idle' : 'vendor';
  } catch (error) {
    failure = error instanceof SessionFailed ? error.failure : null;
    if (failure === null && !isCancellation(error)) throw error;
    reason = failure ? 'failed' : (stopReason ?? 'cancelled');
  }
  if (isLive(record.status)) record.stopping(reason);
  await CancellationScope.nonCancellable(() => run.release());
  record.ended(reason, failure);
  if (failure) throw ApplicationFailure.nonRetryable(failure.message, failure.kind);
  if (reason === 'cancelled') throw new CancelledFailure('stopped because it was cancelled');
  return record.view;
}

/** Calls `end` after `maxDurationSeconds` (0 = never), unless it is cancelled before. */
async function endAfter(maxDurationSeconds: number, end: () => void): Promise<void> {
  if (maxDurationSeconds === 0) return;
  const summary = `the session ends after ${maxDurationSeconds} s at the latest`;
  await sleep(maxDurationSeconds * 1_000, { summary }).then(end, () => undefined);
}
