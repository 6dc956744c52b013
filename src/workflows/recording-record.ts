import { setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import { tellRecording } from '../domain/narration.ts';
import { newRecordingSession } from '../domain/recording.ts';
import type { Job, RecordingRequest, RecordingSession } from '../domain/recording.ts';
import { transcriptToCome } from '../domain/sessions.ts';
import type { EndReason, SessionStatus } from '../domain/session.ts';
import type { TranscriptProgress } from '../domain/transcript.ts';
import { callbacksOf, type Callbacks } from './callbacks.ts';
import type { CallFailure } from './failures.ts';
import { createdAt } from './first-memo.ts';
import type { SessionMemo } from './messages.ts';
import { countEnded, countStarted, observeStart } from './metrics.ts';
import { SessionDisplay } from './session-display.ts';

/** A recording's session as its workflow keeps it, and shows it to everybody. */
export class RecordingRecord {
  readonly request: RecordingRequest;
  readonly callbacks: Callbacks;
  #session: RecordingSession;
  #transcript: TranscriptProgress;
  #waitingFor: string | null = null;
  readonly #display: SessionDisplay;

  /** `isShown`: the memo has the session already. */
  constructor(request: RecordingRequest, isShown: boolean) {
    this.request = request;
    countStarted(request.provider);
    this.#session = newRecordingSession(workflowInfo().workflowId, request, createdAt());
    this.#transcript = transcriptToCome(request);
    const shown = isShown ? this.#memo : undefined;
    this.#display = new SessionDisplay(this.#session.status, undefined, shown);
    setCurrentDetails(tellRecording(this.#session, this.#waitingFor));
    this.callbacks = callbacksOf(request, () => this.#session);
  }

  get id(): string {
    return this.#session.id;
  }

  get status(): SessionStatus {
    return this.#session.status;
  }

  get view(): RecordingSession {
    return this.#session;
  }

  /** The session is at `waitingFor`, in words. */
  waiting(waitingFor: string): void {
    this.#change({}, waitingFor);
  }

  /** A job runs. */
  started(job: Job): void {
    const known = this.#session;
    if (known.jobs.length === 0) observeStart(known.provider, known.createdAt);
    const { id, startedAt } = job;
    const task = this.#session.task ?? { id, startedAt };
    const jobs = [...this.#session.jobs, job];
    const status = this.status === 'starting' ? 'transcribing' : this.status;
    this.#change({ status, task, jobs }, 'waiting for the job to complete');
  }

  stopping(why: string): void {
    this.#change({ status: 'stopping' }, `stopping (${why})`);
  }

  completed(transcript: TranscriptProgress): void {
    this.#transcript = transcript;
    this.#change({ status: 'completed', ...this.#ended(transcript) }, null);
    countEnded(this.#session);
  }

  stopped(endReason: EndReason, failure: CallFailure | null): void {
    const at = new Date().toISOString();
    const { kind, message } = failure ?? {};
    const shown = kind === undefined || message === undefined ? null : { kind, message, at };
    const reason = message ?? 'it was stopped before it was transcribed';
    this.#transcript = { state: 'none', reason };
    const status = failure ? 'failed' : 'stopped';
    this.#change({ status, endedAt: at, endReason, failure: shown }, null);
    countEnded(this.#session);
  }

  #ended(transcript: TranscriptProgress): Partial<RecordingSession> {
    const summary = transcript.state === 'ready' ? transcript.summary : null;
    return { endedAt: new Date().toISOString(), transcript: summary };
  }

  get #memo(): SessionMemo {
    const pairs = this.#session.jobs.map(({ id }) => ({ id, key: null }));
    return { request: this.request, session: this.#session, pairs, transcript: this.#transcript };
  }

  #change(facts: Partial<RecordingSession>, waitingFor: string | null): void {
    this.#session = { ...this.#session, ...facts };
    this.#waitingFor = waitingFor;
    this.#display.show(this.#memo, tellRecording(this.#session, this.#waitingFor));
    this.#display.index(this.#memo, this.#session.jobs.at(-1)?.id);
    this.callbacks.notice();
  }
}
