import { ActivityCancellationType, sleep } from '@temporalio/workflow';
import { inWords } from '../domain/narration.ts';
import { LIVE_PROVIDERS } from '../domain/session.ts';
import { backoffMs } from '../domain/spacing.ts';
import type { Task } from '../domain/task.ts';
import { readFailure, type CallFailure } from './failures.ts';
import type { liveActivities } from './live-activities.ts';
import { SessionFailed } from './session-failed.ts';
import type { SessionRecord } from './session-record.ts';

/** How long a start is tried that the vendor throttles or does not answer. */
const START_DEADLINE_MS = 10 * 60_000;
/** The pauses before a failed task is started anew; after the last one the session fails. */
const RESTART_PAUSES_MS = [5_000, 15_000, 45_000];
/** Starts a session's tasks, each exactly once in effect, whatever becomes of the answers. */
export class TaskStarter {
  readonly #record: SessionRecord;
  readonly #activities: ReturnType<typeof liveActivities>;

  constructor(record: SessionRecord, activities: ReturnType<typeof liveActivities>) {
    this.#record = record;
    this.#activities = activities;
  }

  /** The next task, running. Throws SessionFailed, or CancelledFailure when the session is to stop. */
  async start(): Promise<Task> {
    const { tasks } = this.#record;
    const deadlineMs = Date.now() + START_DEADLINE_MS;
    for (let attempt = 1; ; attempt += 1) {
      const triedAt = new Date().toISOString();
      let isTried = false;
      try {
        if (this.#isToPrepare) await this.#prepare(deadlineMs);
        isTried = true;
        return await this.#tryStart(deadlineMs);
      } catch (error) {
        const failure = readFailure(error);
        if (isTried && failure.mayHaveHappened) {
          tasks.unansweredSince ??= triedAt;
          tasks.triedUntil = new Date(Date.now() + this.#settlesMs).toISOString();
        }
        if (failure.isNameSpent === true) {
          this.#record.anotherName();
          await this.pauseBeforeRestart(failure);
          continue;
        }
        const pauseMs = Math.max(
          backoffMs(attempt, failure.retryAfterMs),
          isTried && failure.mayHaveHappened ? this.#settlesMs : 0,
        );
        if (failure.isFinal || Date.now() + pauseMs > deadlineMs) throw new SessionFailed(failure);
        await this.#pause(pauseMs, `to start again, because of: ${failure.message}`);
      }
    }
  }

  /** How long to leave a start without an answer alone before it is looked for. */
  get #settlesMs(): number {
    return LIVE_PROVIDERS[this.#record.request.provider].settlesMs;
  }

  get #isToPrepare(): boolean {
    const { tasks, request } = this.#record;
    return LIVE_PROVIDERS[request.provider].prepares && tasks.key === null;
  }

  /** Acquires what a start needs, where the provider wants that; it is kept, so that a start can be repeated. */
  async #prepare(deadlineMs: number): Promise<void> {
    const { tasks, taskStart } = this.#record;
    const options = {
      summary: `prepare generation ${taskStart.generation}`,
      scheduleToStartTimeout: timeLeftMs(deadlineMs),
    };
    tasks.key = await this.#activities.prepareTask.executeWithOptions(options, [taskStart]);
  }

  async #tryStart(deadlineMs: number): Promise<Task> {
    const start = this.#record.taskStart;
    const task = await this.#activities.startTask.executeWithOptions(
      {
        summary: `start ${inWords(start.configuration)} (generation ${start.generation})`,
        // Looking for what an earlier try left takes three calls more.
        startToCloseTimeout: start.unansweredSince === null ? '15 seconds' : '60 seconds',
        scheduleToStartTimeout: timeLeftMs(deadlineMs),
        // A start under way is awaited, also by a stop: only its answer tells which task to stop.
        cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
      },
      [start],
    );
    this.#record.started(task, start.configuration);
    return task;
  }

  /** Waits before a lost task is replaced, each time longer. Throws SessionFailed when it was lost too often. */
  async pauseBeforeRestart(failure: CallFailure): Promise<void> {
    const { tasks } = this.#record;
    const pauseMs = RESTART_PAUSES_MS[tasks.restarts];
    if (pauseMs === undefined) throw new SessionFailed(failure);
    tasks.restarts += 1;
    await this.#pause(pauseMs, `to start a new task, because of: ${failure.message}`);
  }

  async #pause(pauseMs: number, why: string): Promise<void> {
    this.#record.waiting(`waiting ${Math.round(pauseMs / 1_000)} s ${why}`);
    await sleep(pauseMs, { summary: why });
  }
}

/** How long a worker may take to begin. */
function timeLeftMs(deadlineMs: number): number {
  return Math.max(deadlineMs - Date.now(), 1_000);
}
