import {
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  currentUpdateInfo,
  isCancellation,
  makeContinueAsNewFunc,
  setHandler,
  sleep,
} from '@temporalio/workflow';
import type { EndReason, LiveSession, LiveSessionRequest } from '../domain/session.ts';
import { isEnded, isLive } from '../domain/session.ts';
import { ConfigurationChanges, type RememberedChanges } from './configuration-changes.ts';
import { readFailure, type CallFailure } from './failures.ts';
import { LiveRun } from './live-run.ts';
import {
  changeConfiguration,
  makeWay,
  requestChange,
  requestStop,
  session,
  vendorEvent,
} from './messages.ts';
import { SessionFailed } from './session-failed.ts';
import { SessionRecord } from './session-record.ts';
import type { SessionState } from './session-state.ts';
import { TranscriptCollection } from './transcript-collection.ts';

/** What a run of a session leaves to the next one. */
type Handover = { readonly state: SessionState; readonly remembered: RememberedChanges };

/**
 * One live transcription, from before the first call to the vendor until after the last: start, then bring what
 * is applied to what is desired for as long as it lives, then stop, then collect the transcript. Returns the session; fails with the vendor's
 * words when the session failed, and ends as cancelled when it was cancelled, after a clean stop. A long session
 * takes several runs, each of which begins with the `handover` of the one before.
 */
export async function liveSession(
  request: LiveSessionRequest,
  handover?: Handover,
): Promise<LiveSession> {
  const record = new SessionRecord(request, handover?.state);
  const changes = new ConfigurationChanges(record, handover?.remembered);
  const life = new CancellationScope();
  const run = new LiveRun(record);
  const collection = new TranscriptCollection(record);
  let stopReason: EndReason | null = null;

  const stop = (reason: EndReason, why: string) => {
    if (!isLive(record.status)) return;
    stopReason = reason;
    record.stopping(why);
    run.stopNow();
    life.cancel();
  };
  setHandler(session, () => record.view);
  setHandler(changeConfiguration, (change) => changes.accept(change, currentUpdateInfo()?.id), {
    validator: (change) => void changes.validate(change, currentUpdateInfo()?.id),
  });
  setHandler(requestChange, (change) => changes.acceptOrRefuse(change));
  setHandler(requestStop, (asked) => stop('requested', asked?.reason ?? 'requested'));
  setHandler(vendorEvent, (event) => {
    if (isEnded(record.status)) collection.lookNow();
    else run.notice(event);
  });
  setHandler(makeWay, () => collection.makeWay());

  const outcome = await outcomeOf(
    life,
    life.run(() => {
      at(record.endsAtMs, () => stop('max-duration', 'it lasted its longest'));
      return run.live();
    }),
  );
  if (outcome === 'handover') {
    const memo = { ...record.memo, isLaterRun: true };
    const nextRun = makeContinueAsNewFunc<typeof liveSession>({ memo });
    return nextRun(request, { state: record.state, remembered: changes.remembered });
  }
  const reason = outcome.reason ?? stopReason ?? 'cancelled';
  if (isLive(record.status)) record.stopping(reason, outcome.failure);
  const releasing = await releaseFailure(run, reason === 'idle');
  const failure = outcome.failure ?? releasing;
  record.ended(failure ? 'failed' : reason, failure);
  await CancellationScope.nonCancellable(() => collection.finish());
  await record.callbacks.begun();
  return concluded(record, reason, failure);
}

/** The session, where it did not fail and was not cancelled: then the workflow ends as Temporal's users expect. */
function concluded(
  { view }: SessionRecord,
  reason: EndReason,
  failure: CallFailure | null,
): LiveSession {
  if (failure) throw ApplicationFailure.nonRetryable(failure.message, failure.kind);
  if (reason === 'cancelled') throw new CancelledFailure('stopped because it was cancelled');
  return view;
}

type Outcome = { readonly reason: EndReason | null; readonly failure: CallFailure | null };
const STOPPED: Outcome = { reason: null, failure: null };

/** How a session's life came to its end: by itself, by a failure or, without a reason of its own, by a stop. */
async function outcomeOf(
  life: CancellationScope,
  lived: ReturnType<LiveRun['live']>,
): Promise<Outcome | 'handover'> {
  try {
    const end = await lived;
    // A stop that comes with what let the run hand over is too late to cancel that, and would be lost.
    if (end === 'handover') return life.consideredCancelled ? STOPPED : end;
    return { reason: end.cause === 'idle' ? 'idle' : 'vendor', failure: null };
  } catch (error) {
    if (error instanceof SessionFailed) return { reason: 'failed', failure: error.failure };
    if (isCancellation(error)) return STOPPED;
    return { reason: 'failed', failure: readFailure(error) };
  }
}

/** Releases everything, whatever else happens, and returns why that failed after a day of tries; null when it did not. */
async function releaseFailure(run: LiveRun, hasStopped: boolean): Promise<CallFailure | null> {
  try {
    await CancellationScope.nonCancellable(() => run.release(hasStopped));
    return null;
  } catch (error) {
    return readFailure(error);
  }
}

/** Calls `end` at `timeMs` (Infinity = never), unless it is cancelled before. */
function at(timeMs: number, end: () => void): void {
  if (timeMs === Infinity) return;
  const summary = `the session ends at ${new Date(timeMs).toISOString()} at the latest`;
  void sleep(Math.max(timeMs - Date.now(), 1), { summary }).then(end, () => undefined);
}
