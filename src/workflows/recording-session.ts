import {
  ApplicationFailure,
  CancellationScope,
  isCancellation,
  patched,
  setHandler,
  sleep,
} from '@temporalio/workflow';
import type { RecordingRequest, RecordingSession } from '../domain/recording.ts';
import { isEnded, type EndReason } from '../domain/session.ts';
import { unchangeable } from '../domain/sessions.ts';
import type { TranscriptProgress } from '../domain/transcript.ts';
import { readFailure, type CallFailure } from './failures.ts';
import { isInMemo } from './first-memo.ts';
import {
  CHANGE_ERRORS,
  changeConfiguration,
  requestStop,
  session,
  vendorEvent,
} from './messages.ts';
import { RecordingRecord } from './recording-record.ts';
import { RecordingRun } from './recording-run.ts';
import { SessionFailed } from './session-failed.ts';

/**
 * One recording: archive it, have it transcribed, store the transcript. Returns the session; fails with the vendor's
 * words when it failed. One that was cancelled completes as one that was stopped: only what failed may run again.
 */
export async function recordingSession(request: RecordingRequest): Promise<RecordingSession> {
  const waitsToLook = patched('first-look-waits');
  const record = new RecordingRecord(request, waitsToLook && isInMemo());
  const run = new RecordingRun(record, waitsToLook);
  const life = new CancellationScope();
  let end: { reason: EndReason; failure: CallFailure | null } | null = null;

  const stop = (reason: EndReason, why: string, failure: CallFailure | null = null) => {
    if (end !== null || isEnded(record.status)) return;
    end = { reason, failure };
    record.stopping(why);
    life.cancel();
  };
  setHandler(session, () => record.view);
  setHandler(changeConfiguration, refuseChange, { validator: refuseChange });
  setHandler(requestStop, (asked) => stop('requested', asked?.reason ?? 'requested'));
  setHandler(vendorEvent, (event) => run.lookNow(event));

  const outcome = await outcomeOf(
    life.run(() => {
      void within(request.maxDurationSeconds, (failure) =>
        stop('failed', 'it took too long', failure),
      );
      return run.transcribe();
    }),
  );
  if ('state' in outcome) {
    record.completed(outcome);
    await record.callbacks.begun();
    return record.view;
  }
  const { reason, failure } = end ?? outcome;
  // What the vendor has failed stays there, for whoever wants to know why.
  if (end !== null || reason === 'cancelled') await release(run);
  record.stopped(reason, failure);
  await record.callbacks.begun();
  if (failure) throw ApplicationFailure.nonRetryable(failure.message, failure.kind);
  return record.view;
}

function refuseChange(_change: unknown): never {
  const why = unchangeable('amazon-transcribe') ?? '';
  throw ApplicationFailure.nonRetryable(why, CHANGE_ERRORS.unchangeable);
}

type Ended = { readonly reason: EndReason; readonly failure: CallFailure | null };

async function outcomeOf(life: Promise<TranscriptProgress>): Promise<TranscriptProgress | Ended> {
  try {
    return await life;
  } catch (error) {
    // A step that failed just when an operator cancelled is not why the session ends.
    const isCancelled = isCancellation(error) || CancellationScope.current().consideredCancelled;
    if (isCancelled) return { reason: 'cancelled', failure: null };
    const failure = error instanceof SessionFailed ? error.failure : readFailure(error);
    return { reason: 'failed', failure };
  }
}

/** A job that can't be deleted runs to its end at the vendor, where nothing else can be done about it. */
async function release(run: RecordingRun): Promise<void> {
  await CancellationScope.nonCancellable(() => run.release()).catch(readFailure);
}

/** Calls `end` once the session has lasted too long (0 = never), unless it is cancelled before. */
async function within(seconds: number, end: (failure: CallFailure) => void): Promise<void> {
  if (seconds === 0) return;
  const message = `it took longer than ${seconds} s`;
  const failure = { kind: 'timeout', message, isFinal: true, mayHaveHappened: false } as const;
  const summary = `the session fails after ${seconds} s at the latest`;
  await sleep(seconds * 1_000, { summary }).then(
    () => end(failure),
    () => undefined,
  );
}
