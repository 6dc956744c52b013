import { CancellationScope, condition, sleep } from '@temporalio/workflow';
import { backoffMs, nextUpdateAtMs } from '../domain/spacing.ts';
import type { Task, TaskEnd } from '../domain/task.ts';
import { readFailure, type CallFailure } from './failures.ts';
import { liveActivities } from './live-activities.ts';
import { inWords, updateInWords } from './narration.ts';
import type { SessionRecord } from './session-record.ts';

/** How long a start is tried that the vendor throttles or does not answer. */
const START_DEADLINE_MS = 10 * 60_000;
/** The pauses before a failed task is started anew; after the last one the session fails. */
const RESTART_PAUSES_MS = [5_000, 15_000, 45_000];

/** A task that lived this long was started well: the count of restarts begins anew. */
const STABLE_AFTER_MS = 10 * 60_000;

/** A failure that ends the session. */
export class SessionFailed extends Error {
  override readonly name = 'SessionFailed';
  readonly failure: CallFailure;

  constructor(failure: CallFailure) {
    super(failure.message);
    this.failure = failure;
  }
}

/** The live part of a session: one task after the other, each kept at what is desired. Cancelled by a stop. */
export class LiveRun {
  readonly #record: SessionRecord;
  readonly #activities: ReturnType<typeof liveActivities>;
  #hints = 0;
  #restarts = 0;

  constructor(record: SessionRecord) {
    this.#record = record;
    this.#activities = liveActivities(record.request.provider);
  }

  /** A hint that something happened at the vendor: the truth is looked up. */
  lookNow(): void {
    this.#hints += 1;
  }

  /** Lives until the task ends for good. Throws SessionFailed, or CancelledFailure when the session is to stop. */
  async live(): Promise<TaskEnd> {
    for (;;) {
      const task = await this.#start();
      const startedAtMs = Date.now();
      const end = await this.#serve(task);
      if (end.cause !== 'failed') return end;
      if (Date.now() - startedAtMs > STABLE_AFTER_MS) this.#restarts = 0;
      await this.#pauseBeforeRestart({
        kind: 'unavailable',
        message: end.message,
        isFinal: false,
        mayHaveHappened: false,
      });
    }
  }

  /** Stops the task, and whatever a start that never got a clear answer may have left. */
  async release(): Promise<void> {
    const { task, unansweredSince, taskStart } = this.#record;
    const { stopTask, releaseTask } = this.#activities;
    if (task) await stopTask.executeWithOptions({ summary: `stop task ${task.id}` }, [task]);
    if (unansweredSince === null) return;
    const summary = 'stop what a start without an answer may have left';
    await releaseTask.executeWithOptions({ summary }, [taskStart]);
  }

  async #start(): Promise<Task> {
    const record = this.#record;
    const deadlineMs = Date.now() + START_DEADLINE_MS;
    for (let attempt = 1; ; attempt += 1) {
      const triedAt = new Date().toISOString();
      const start = record.taskStart;
      try {
        // Never abandoned, not even by a stop: only its answer tells which task to stop.
        const task = await CancellationScope.nonCancellable(() =>
          this.#activities.startTask.executeWithOptions(
            {
              summary: `start ${inWords(start.configuration)} (generation ${start.generation})`,
              // Looking for what an earlier try left takes three calls more.
              startToCloseTimeout: start.unansweredSince === null ? '15 seconds' : '60 seconds',
            },
            [start],
          ),
        );
        record.started(task, start.configuration);
        return task;
      } catch (error) {
        const failure = readFailure(error);
        if (failure.mayHaveHappened) record.unansweredSince ??= triedAt;
        if (failure.isNameSpent === true) {
          await this.#pauseBeforeRestart(failure);
          continue;
        }
        const pauseMs = backoffMs(attempt, failure.retryAfterMs);
        if (failure.isFinal || Date.now() + pauseMs > deadlineMs) throw new SessionFailed(failure);
        await this.#pause(pauseMs, `to start again, because of: ${failure.message}`);
      }
    }
  }

  /** Keeps the task at what is desired until it ends by itself. */
  async #serve(task: Task): Promise<TaskEnd> {
    const scope = new CancellationScope();
    return scope.run(async () => {
      try {
        return await Promise.race([this.#watch(task), this.#converge(task)]);
      } finally {
        scope.cancel();
      }
    });
  }

  /** Looks at the task, slowly by itself and at once when there is a hint. */
  async #watch(task: Task): Promise<TaskEnd> {
    for (;;) {
      const seen = this.#hints;
      const scope = new CancellationScope();
      const looking = scope.run(() =>
        this.#activities.watchTask.executeWithOptions({ summary: `watch task ${task.id}` }, [
          task,
          this.#record.request.channel,
        ]),
      );
      const end = await Promise.race([looking, condition(() => this.#hints > seen)]);
      if (end) return end;
      scope.cancel();
      await looking.catch(() => undefined);
    }
  }

  /** Sends what is desired and not applied, one update after the other, none before its time. */
  async #converge(task: Task): Promise<never> {
    const { reconciliation } = this.#record;
    for (;;) {
      await condition(() => reconciliation.isPending);
      const waitMs = this.#record.notBeforeMs - Date.now();
      if (waitMs > 0) {
        const summary = `the vendor takes the next update in ${(waitMs / 1_000).toFixed(1)} s`;
        const isUndone = await condition(() => !reconciliation.isPending, waitMs, { summary });
        if (isUndone) continue;
      }
      await this.#sendUpdate(task);
    }
  }

  async #sendUpdate(task: Task): Promise<void> {
    const record = this.#record;
    const { reconciliation } = record;
    const update = reconciliation.takeUpdate();
    try {
      const summary = updateInWords(update);
      await this.#activities.updateTask.executeWithOptions({ summary }, [task, update]);
      record.notBeforeMs = nextUpdateAtMs(Date.now());
      reconciliation.confirmed(update);
      record.publish();
    } catch (error) {
      const failure = readFailure(error);
      record.notBeforeMs = nextUpdateAtMs(Date.now(), failure.retryAfterMs);
      if (failure.lastSequenceId !== undefined)
        reconciliation.adoptSequence(failure.lastSequenceId);
      else if (failure.kind === 'rejected')
        record.refuse(reconciliation.refused(update), failure.message);
      if (failure.kind === 'not-found') this.lookNow();
      record.publish();
    }
  }

  async #pauseBeforeRestart(failure: CallFailure): Promise<void> {
    const pauseMs = RESTART_PAUSES_MS[this.#restarts];
    if (pauseMs === undefined) throw new SessionFailed(failure);
    this.#restarts += 1;
    this.#record.restarting(failure.message);
    await this.#pause(pauseMs, `to start a new task, because of: ${failure.message}`);
  }

  async #pause(pauseMs: number, why: string): Promise<void> {
    this.#record.waiting(`waiting ${Math.round(pauseMs / 1_000)} s ${why}`);
    await sleep(pauseMs, { summary: why });
  }
}
