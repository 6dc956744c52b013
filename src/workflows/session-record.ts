import { setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { tell } from '../domain/narration.ts';
import { Reconciliation } from '../domain/reconciliation.ts';
import { isLive, LIVE_PROVIDERS, newLiveSession, transcriptToCome } from '../domain/session.ts';
import type {
  EndReason,
  LiveSession,
  LiveSessionRequest,
  SessionStatus,
} from '../domain/session.ts';
import { nextUpdateAtMs } from '../domain/spacing.ts';
import type { Collection, Task, TaskStart } from '../domain/task.ts';
import type { TranscriptProgress } from '../domain/transcript.ts';
import { callbacksOf, type Callbacks } from './callbacks.ts';
import type { CallFailure } from './failures.ts';
import { createdAt, startedBy } from './first-memo.ts';
import { SEARCH_ATTRIBUTES } from './messages.ts';
import { countEnded, countStarted, observeStart } from './metrics.ts';
import type { SessionMemo } from './messages.ts';
import { SessionDisplay } from './session-display.ts';
import { beginning, factsOf, type Facts, type SessionState, type Tasks } from './session-state.ts';

/** A refusal is stored with every later change of the session: it must not be as long as what was refused. */
const LONGEST_MESSAGE = 500;
/** How many former tasks a session is found by: a search attribute holds 2 KiB. */
const REMEMBERED_TASKS = 20;
/** How many tasks a transcript is put together from: at one a day, more than a year's. */
const TRANSCRIBED_TASKS = 500;

/** The session as its workflow keeps it, and shows it to everybody: memo, search attributes, the UI's details. */
export class SessionRecord {
  readonly request: LiveSessionRequest;
  readonly reconciliation: Reconciliation;
  readonly tasks: Tasks;
  readonly callbacks: Callbacks;
  /** When the session's first run began, in ms since the epoch. */
  readonly startedAtMs: number;
  /** When the next update may be sent at the earliest, in ms since the epoch. */
  notBeforeMs: number;
  readonly #initial: LiveSession;
  #facts: Facts;
  #transcript: TranscriptProgress;
  #waitingFor: string | null;
  readonly #display: SessionDisplay;
  readonly #startedBy: string | null;

  constructor(request: LiveSessionRequest, handedOver?: SessionState) {
    const { workflowId, startTime } = workflowInfo();
    const limits = { ...LIVE_PROVIDERS[request.provider].limits, ...request.limits };
    const state = handedOver ?? beginning(startTime);
    if (!handedOver) countStarted(request.provider);
    this.request = request;
    this.reconciliation = new Reconciliation(
      request.configuration,
      { limits, fixed: request.fixed },
      state.reconciliation,
    );
    this.#startedBy = startedBy();
    this.#initial = newLiveSession(workflowId, request, createdAt());
    this.#facts = state.facts ?? factsOf(this.#initial);
    this.#transcript = transcriptToCome(request);
    this.tasks = { ...beginning(startTime).tasks, ...state.tasks };
    this.#display = new SessionDisplay(this.#facts.status, state.tasks.task?.id);
    this.startedAtMs = state.startedAtMs;
    this.notBeforeMs = state.notBeforeMs;
    this.#waitingFor = state.waitingFor;
    setCurrentDetails(tell(this.view, this.#waitingFor));
    this.callbacks = callbacksOf(request, () => this.view, state.callbacks);
    // What the run before had still to tell.
    this.callbacks.notice();
  }

  get state(): SessionState {
    return {
      facts: this.#facts,
      tasks: this.tasks,
      reconciliation: this.reconciliation.state,
      notBeforeMs: this.notBeforeMs,
      startedAtMs: this.startedAtMs,
      waitingFor: this.#waitingFor,
      callbacks: this.callbacks.state,
    };
  }

  get memo(): SessionMemo {
    const { task, former } = this.tasks;
    const pairs = task ? [...former, { id: task.id, key: task.key }] : former;
    const { request, view } = this;
    const key = this.#startedBy === null ? {} : { startedBy: this.#startedBy };
    return { request, session: view, pairs, transcript: this.#transcript, ...key };
  }

  get status(): SessionStatus {
    return this.#facts.status;
  }

  get view(): LiveSession {
    const { desired, applied, revision, appliedRevision, sequenceId, isPending } =
      this.reconciliation;
    const { task } = this.tasks;
    return {
      ...this.#initial,
      ...this.#facts,
      task: task && { id: task.id, startedAt: task.startedAt },
      transcript: this.#transcript.state === 'ready' ? this.#transcript.summary : null,
      desired,
      applied,
      revision,
      appliedRevision,
      sequenceId,
      nextUpdateAt: isPending && isLive(this.status) ? iso(this.notBeforeMs) : null,
    };
  }

  /** What the next task is to be started with. */
  get taskStart(): TaskStart {
    const { channel, options, maxIdleSeconds, maxDurationSeconds } = this.request;
    const { task, retiring, key, unansweredSince, triedUntil } = this.tasks;
    return {
      sessionId: this.#initial.id,
      firstRunId: workflowInfo().firstExecutionRunId,
      generation: this.#facts.generation,
      channel,
      configuration: this.reconciliation.startWith,
      options,
      maxIdleSeconds,
      maxDurationSeconds,
      key,
      otherTasks: [...(task ? [task] : []), ...retiring].map(({ id }) => id),
      unansweredSince,
      triedUntil: triedUntil ?? null,
    };
  }

  /** What is left to collect once the session is over; null when nothing is, and then a transcript never comes. */
  get collection(): Collection | null {
    const { id } = this.#initial;
    const { provider, channel, options } = this.request;
    const { served: tasks } = this.tasks;
    const { endedAt } = this.#facts;
    if (this.#transcript.state !== 'awaited' || tasks.length === 0 || endedAt === null) return null;
    const firstRunId = workflowInfo().firstExecutionRunId;
    return { sessionId: id, firstRunId, provider, channel, options, tasks, endedAt };
  }

  /** When the session ends at the latest, in ms since the epoch. */
  get endsAtMs(): number {
    const { maxDurationSeconds } = this.request;
    return maxDurationSeconds === 0 ? Infinity : this.startedAtMs + maxDurationSeconds * 1_000;
  }

  /** Keeps why a change was refused: `revision` is null for one that was never accepted. */
  refuse(revision: number | null, message: string): void {
    const at = iso(Date.now());
    this.#change({ lastRefusal: { revision, message: message.slice(0, LONGEST_MESSAGE), at } });
  }

  /** A start is to be tried under another name: the last one is spent, or belongs to the task that serves. */
  anotherName(): void {
    Object.assign(this.tasks, { key: null, unansweredSince: null, triedUntil: null });
    this.#change({ generation: this.#facts.generation + 1 });
  }

  started(task: Task, configuration: TaskStart['configuration']): void {
    const isFirst = this.tasks.served.length === 0;
    if (isFirst) observeStart(this.request.provider, this.#facts.createdAt);
    this.reconciliation.started(configuration);
    this.#forgetTask();
    const servesSinceMs = Date.now();
    const settled = { key: null, unansweredSince: null, triedUntil: null, unknownSince: null };
    const served = [
      ...this.tasks.served,
      { id: task.id, startedAt: task.startedAt, endedAt: null },
    ];
    Object.assign(this.tasks, {
      ...settled,
      task,
      servesSinceMs,
      served: served.slice(-TRANSCRIBED_TASKS),
    });
    this.notBeforeMs = nextUpdateAtMs(Date.now());
    const status = this.status === 'starting' ? 'running' : this.status;
    this.#change({ status }, 'watching the task');
  }

  /** The present task is lost, and another is to take its place. */
  lost(why: string): void {
    this.#forgetTask();
    this.#change({ status: 'starting' }, `starting anew, because ${why}`);
  }

  /** The task that served so far is no longer the session's, but callers may know the session by it. */
  #forgetTask(): void {
    const { task, former } = this.tasks;
    if (!task) return;
    this.tasks.task = null;
    this.#endServing();
    this.tasks.former = [...former, { id: task.id, key: task.key }].slice(-REMEMBERED_TASKS);
  }

  /** The session is on its way out; `failure` is why, when it failed. */
  stopping(why: string, failure: CallFailure | null = null): void {
    this.#change(
      { status: 'stopping', failure: failure && shownFailure(failure) },
      `stopping (${why})`,
    );
  }

  waiting(waitingFor: string): void {
    this.#change({}, waitingFor);
  }

  ended(endReason: EndReason, failure: CallFailure | null): void {
    const endedAt = iso(Date.now());
    this.#endServing();
    if (this.tasks.served.length === 0 && this.#transcript.state === 'awaited') {
      this.#transcript = { state: 'none', reason: 'no task has ever run' };
    }
    this.#change(
      {
        endedAt,
        endReason,
        status: failure ? 'failed' : 'stopped',
        failure: this.#facts.failure ?? (failure && shownFailure(failure)),
      },
      null,
    );
    countEnded(this.view);
  }

  #endServing(): void {
    const endedAt = iso(Date.now());
    this.tasks.served = this.tasks.served.map((task) => ({
      ...task,
      endedAt: task.endedAt ?? endedAt,
    }));
  }

  /** The session is over, and its transcript is being collected. */
  collects(): void {
    const { of } = LIVE_PROVIDERS[this.request.provider].transcript;
    this.#transcript = { state: 'awaited', waitsFor: of };
    this.#change({}, `collecting ${of}`);
  }

  /** What has become of the transcript. */
  transcribed(transcript: TranscriptProgress): void {
    this.#transcript = transcript;
    const without = transcript.state === 'none' ? `no transcript: ${transcript.reason}` : null;
    this.#change({}, without);
    upsertSearchAttributes([{ key: SEARCH_ATTRIBUTES.changedAt, value: new Date() }]);
  }

  /** Shows the session as it is now; must follow every change in the same workflow task. */
  publish(): void {
    this.#display.show(this.memo, tell(this.view, this.#waitingFor));
    this.callbacks.notice();
  }

  #change(facts: Partial<Facts>, waitingFor: string | null = this.#waitingFor): void {
    this.#facts = { ...this.#facts, ...facts };
    this.#waitingFor = waitingFor;
    this.publish();
    this.#display.index(this.memo, this.tasks.task?.id);
  }
}

function shownFailure({ kind, message }: CallFailure): NonNullable<LiveSession['failure']> {
  return { kind, message, at: iso(Date.now()) };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
