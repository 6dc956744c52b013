import {
  ApplicationFailure,
  setCurrentDetails,
  upsertMemo,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { readChange } from '../domain/configuration.ts';
import type { ConfigurationChange, Fault } from '../domain/configuration.ts';
import { Reconciliation } from '../domain/reconciliation.ts';
import { isLive, LIVE_PROVIDERS, newLiveSession } from '../domain/session.ts';
import type {
  EndReason,
  LiveSession,
  LiveSessionRequest,
  SessionStatus,
} from '../domain/session.ts';
import { nextUpdateAtMs } from '../domain/spacing.ts';
import type { Task, TaskStart } from '../domain/task.ts';
import type { CallFailure } from './failures.ts';
import { CHANGE_ERRORS, SEARCH_ATTRIBUTES } from './messages.ts';
import type { AcceptedChange } from './messages.ts';
import { tell } from './narration.ts';

type Facts = Pick<
  LiveSession,
  'status' | 'generation' | 'task' | 'endedAt' | 'endReason' | 'lastRefusal' | 'failure'
>;

/** The session as its workflow keeps it, and shows it to everybody: memo, search attributes, the UI's details. */
export class SessionRecord {
  readonly request: LiveSessionRequest;
  readonly reconciliation: Reconciliation;
  /** When the next update may be sent at the earliest, in ms since the epoch. */
  notBeforeMs = 0;
  /** When a start was first tried that has had no clear answer so far (RFC 3339). */
  unansweredSince: string | null = null;
  readonly #initial: LiveSession;
  #facts: Facts;
  #waitingFor: string | null = 'starting the task';
  #shown = '';

  constructor(request: LiveSessionRequest) {
    const { workflowId, startTime, memo } = workflowInfo();
    this.request = request;
    this.reconciliation = new Reconciliation(
      request.configuration,
      LIVE_PROVIDERS[request.provider],
    );
    this.#initial = newLiveSession(workflowId, request, createdAt(memo) ?? startTime.toISOString());
    this.#facts = this.#initial;
    setCurrentDetails(tell(this.view, this.#waitingFor));
  }

  get status(): SessionStatus {
    return this.#facts.status;
  }

  get task(): Task | null {
    return this.#facts.task;
  }

  get view(): LiveSession {
    const { desired, applied, revision, appliedRevision, sequenceId, isPending } =
      this.reconciliation;
    return {
      ...this.#initial,
      ...this.#facts,
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
    const { channel, maxIdleSeconds, maxDurationSeconds } = this.request;
    return {
      sessionId: this.#initial.id,
      firstRunId: workflowInfo().firstExecutionRunId,
      generation: this.#facts.generation,
      channel,
      configuration: this.reconciliation.startWith,
      maxIdleSeconds,
      maxDurationSeconds,
      unansweredSince: this.unansweredSince,
    };
  }

  /** Throws why `change` can't be made: the session is over, or the change has no valid result. */
  validate(change: unknown): ConfigurationChange {
    if (!isLive(this.status)) {
      throw ApplicationFailure.nonRetryable(`the session is ${this.status}`, CHANGE_ERRORS.notLive);
    }
    const read = readChange(change);
    if (!read.ok) throw unprocessable(read.faults);
    const result = this.reconciliation.preview(read.change);
    if (!result.ok) throw unprocessable(result.faults);
    return read.change;
  }

  /** A change that came by signal has nobody to tell: why it is refused is kept in the session. */
  acceptOrRefuse(change: unknown): void {
    try {
      this.accept(this.validate(change));
    } catch (error) {
      if (!(error instanceof ApplicationFailure)) throw error;
      this.refuse(null, error.message);
    }
  }

  accept(change: ConfigurationChange): AcceptedChange {
    const { reconciliation } = this;
    reconciliation.accept(change);
    this.publish();
    const { revision, appliedRevision } = reconciliation;
    const earliestMs =
      reconciliation.applied === null ? nextUpdateAtMs(Date.now()) : this.notBeforeMs;
    const isWaiting = reconciliation.isPending || appliedRevision < revision;
    return { revision, notBefore: isWaiting ? iso(Math.max(earliestMs, Date.now())) : null };
  }

  /** Keeps why a change was refused: `revision` is null for one that was never accepted. */
  refuse(revision: number | null, message: string): void {
    this.#change({ lastRefusal: { revision, message, at: iso(Date.now()) } });
  }

  started(task: Task, configuration: TaskStart['configuration']): void {
    this.reconciliation.started(configuration);
    this.unansweredSince = null;
    this.notBeforeMs = nextUpdateAtMs(Date.now());
    this.#change(
      { task, status: this.status === 'starting' ? 'running' : this.status },
      'watching the task',
    );
  }

  /** The present task is lost, and another is to take its place. */
  restarting(why: string): void {
    this.unansweredSince = null;
    const generation = this.#facts.generation + 1;
    this.#change({ task: null, status: 'starting', generation }, `starting anew, because ${why}`);
  }

  stopping(why: string): void {
    this.#change({ status: 'stopping' }, `stopping (${why})`);
  }

  waiting(waitingFor: string): void {
    this.#change({}, waitingFor);
  }

  ended(endReason: EndReason, failure: CallFailure | null): void {
    const endedAt = iso(Date.now());
    this.#change(
      {
        endedAt,
        endReason,
        status: failure ? 'failed' : 'stopped',
        failure: failure && { kind: failure.kind, message: failure.message, at: endedAt },
      },
      null,
    );
  }

  /** Shows the session as it is now; must follow every change in the same workflow task. */
  publish(): void {
    const { view } = this;
    setCurrentDetails(tell(view, this.#waitingFor));
    const shown = JSON.stringify(view);
    if (shown !== this.#shown) upsertMemo({ session: view });
    this.#shown = shown;
  }

  #change(facts: Partial<Facts>, waitingFor: string | null = this.#waitingFor): void {
    const isNewStatus = facts.status !== undefined && facts.status !== this.status;
    this.#facts = { ...this.#facts, ...facts };
    this.#waitingFor = waitingFor;
    this.publish();
    if (!isNewStatus) return;
    upsertSearchAttributes([
      { key: SEARCH_ATTRIBUTES.status, value: this.status },
      { key: SEARCH_ATTRIBUTES.changedAt, value: new Date() },
    ]);
  }
}

function unprocessable(faults: readonly Fault[]): ApplicationFailure {
  return ApplicationFailure.create({
    type: CHANGE_ERRORS.unprocessable,
    message: faults.map(({ path, message }) => `${path} ${message}`.trim()).join('; '),
    nonRetryable: true,
    details: [faults],
  });
}

/** When the API has said that the session was created: the time its first answer showed. */
function createdAt(memo: Record<string, unknown> | undefined): string | null {
  const shown = memo?.['session'];
  const time: unknown =
    typeof shown === 'object' && shown !== null ? Reflect.get(shown, 'createdAt') : null;
  return typeof time === 'string' ? time : null;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
