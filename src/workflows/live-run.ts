import { CancellationScope, condition, sleep, workflowInfo } from '@temporalio/workflow';
import { updateInWords } from '../domain/narration.ts';
import { nextUpdateAtMs } from '../domain/spacing.ts';
import type { Task, TaskEnd } from '../domain/task.ts';
import { readFailure } from './failures.ts';
import { liveActivities } from './live-activities.ts';
import type { VendorEvent } from './messages.ts';
import { countUpdate } from './metrics.ts';
import { SessionFailed } from './session-failed.ts';
import type { SessionRecord } from './session-record.ts';
import { TaskReleases } from './task-releases.ts';
import { TaskStarter } from './task-starter.ts';
import { TaskWatch } from './task-watch.ts';

/** A task that lived this long was started well: the count of restarts begins anew. */
const STABLE_AFTER_MS = 10 * 60_000;
/** The pause after a rotation that the vendor refused, while the old task serves on. */
const ROTATION_PAUSE_MS = 60_000;
/** A task that stops this close to its end was at the end of its life. */
const END_OF_LIFE_MS = 5_000;
/** A run hands over to the next one at this many events: to replay one costs a worker 0.4 ms. */
const EVENTS_OF_A_RUN = 1_000;

/** The live part of a session: one task after the other, each kept at what is desired. Cancelled by a stop. */
export class LiveRun {
  readonly #record: SessionRecord;
  readonly #activities: ReturnType<typeof liveActivities>;
  readonly #starter: TaskStarter;
  readonly #watch: TaskWatch;
  readonly #releases: TaskReleases;
  #isRotationDue = false;
  /** Up to which change updates have been sent. */
  #sentRevision: number;
  /** The task that is being replaced. */
  #replaced: Task | null = null;

  constructor(record: SessionRecord) {
    this.#record = record;
    this.#sentRevision = record.reconciliation.appliedRevision;
    this.#activities = liveActivities(record.request.provider);
    this.#starter = new TaskStarter(record, this.#activities);
    this.#watch = new TaskWatch(record, this.#activities);
    this.#releases = new TaskReleases(record, this.#activities);
  }

  /** A hint that something happened at the vendor: the truth is looked up. */
  notice(event: VendorEvent | undefined): void {
    const { task } = this.#record.tasks;
    if (event?.taskId !== undefined && event.taskId !== task?.id) return;
    if (event?.kind === 'token-expiring')
      this.#isRotationDue ||= task !== null && this.#outlives(task);
    else this.#watch.lookNow();
  }

  /**
   * Lives until the task ends for good, or the history is long enough for another run. Throws SessionFailed, or
   * CancelledFailure when the session is to stop.
   */
  async live(): Promise<TaskEnd | 'handover'> {
    this.#releases.resume();
    let task = this.#record.tasks.task ?? (await this.#nextTask());
    for (;;) {
      const end = await this.#serve(task);
      if (end === 'handover') return end;
      if (end === 'rotate') {
        task = await this.#rotate(task);
        continue;
      }
      if (this.#isOver(task, end)) return end;
      await this.#recover(end);
      task = await this.#nextTask();
    }
  }

  /** The session stops: what is only waited for need not live on. */
  stopNow(): void {
    if (this.#replaced) this.#releases.stop(this.#replaced);
  }

  /** Stops every task but one that is known to have stopped by itself, and whatever a lost start may have left. */
  async release(hasStopped: boolean): Promise<void> {
    const { tasks, taskStart } = this.#record;
    if (tasks.task && !hasStopped) this.#releases.stop(tasks.task);
    if (tasks.unansweredSince !== null) this.#releases.abandon(taskStart);
    await this.#releases.settled();
  }

  async #nextTask(): Promise<Task> {
    const task = await this.#starter.start();
    this.#isRotationDue = false;
    return task;
  }

  /** Keeps the task at what is desired until it ends by itself, is to be replaced, or the run hands over. */
  async #serve(task: Task): Promise<TaskEnd | 'rotate' | 'handover'> {
    const scope = new CancellationScope();
    return scope.run(async () => {
      void this.#rotateInTime(task);
      try {
        return await Promise.race([this.#watch.untilEnd(task), this.#converge(task)]);
      } finally {
        scope.cancel();
      }
    });
  }

  /** Sends what is desired and not applied, one update after the other, none before its time. */
  async #converge(task: Task): Promise<'rotate' | 'handover'> {
    for (;;) {
      await condition(() => this.#isUpdateDue || this.#isInterrupted);
      const dueAtMs = Math.max(this.#record.notBeforeMs, Date.now());
      const waitMs = this.#record.notBeforeMs - Date.now();
      if (waitMs > 0 && !this.#isInterrupted) {
        const summary = `the vendor takes the next update in ${(waitMs / 1_000).toFixed(1)} s`;
        const isOver = () => !this.#isUpdateDue || this.#isInterrupted;
        if (await condition(isOver, waitMs, { summary })) continue;
      }
      if (this.#isRotationDue) return 'rotate';
      if (this.#isInterrupted) return 'handover';
      await this.#sendUpdate(task, dueAtMs);
    }
  }

  /** No update goes to a task that the vendor does not know just now. */
  get #isUpdateDue(): boolean {
    return this.#record.reconciliation.isPending && !this.#watch.isUnknown;
  }

  get #isInterrupted(): boolean {
    return this.#isRotationDue || workflowInfo().historyLength >= EVENTS_OF_A_RUN;
  }

  async #sendUpdate(task: Task, dueAtMs: number): Promise<void> {
    const record = this.#record;
    const { reconciliation } = record;
    const update = reconciliation.takeUpdate();
    const merged = Math.max(update.revision - this.#sentRevision - 1, 0);
    this.#sentRevision = update.revision;
    const sent = (outcome: Parameters<typeof countUpdate>[1]) =>
      countUpdate(record.request.provider, outcome, merged);
    try {
      const summary = updateInWords(update);
      await this.#activities.updateTask.executeWithOptions({ summary }, [task, update, dueAtMs]);
      sent('applied');
      record.notBeforeMs = nextUpdateAtMs(Date.now());
      reconciliation.confirmed(update);
    } catch (error) {
      const failure = readFailure(error);
      sent(failure.kind);
      record.notBeforeMs = nextUpdateAtMs(Date.now(), failure.retryAfterMs);
      if (failure.lastSequenceId !== undefined) {
        reconciliation.adoptSequence(failure.lastSequenceId);
      } else if (failure.kind === 'rejected') {
        record.refuse(reconciliation.refused(update), failure.message);
      }
      if (failure.kind === 'not-found') this.#watch.missed();
    }
    record.publish();
  }

  /** Whether the session goes on beyond the task's end. */
  #outlives(task: Task): boolean {
    return task.endsAt !== null && this.#record.endsAtMs > Date.parse(task.endsAt);
  }

  async #rotateInTime(task: Task): Promise<void> {
    if (!this.#outlives(task) || task.rotateAt === null) return;
    const atMs = Math.max(Date.parse(task.rotateAt), this.#record.tasks.rotationsNotBeforeMs);
    const summary = `a new task takes over before this one ends at ${task.endsAt}`;
    const due = () => {
      this.#isRotationDue = true;
    };
    await sleep(Math.max(atMs - Date.now(), 1), { summary }).then(due, () => undefined);
  }

  /** Starts the next generation beside the old task, which is stopped once the new one runs. */
  async #rotate(old: Task): Promise<Task> {
    const { tasks } = this.#record;
    this.#record.anotherName();
    this.#record.waiting('starting the task that takes over');
    this.#replaced = old;
    try {
      const task = await this.#nextTask();
      this.#releases.stop(old);
      return task;
    } catch (error) {
      if (!(error instanceof SessionFailed)) throw error;
      this.#isRotationDue = false;
      tasks.rotationsNotBeforeMs = Date.now() + ROTATION_PAUSE_MS;
      this.#record.waiting(`watching the old task, for a new one was refused: ${error.message}`);
      if (tasks.unansweredSince !== null) this.#releases.abandon(this.#record.taskStart);
      Object.assign(tasks, { unansweredSince: null, triedUntil: null });
      return old;
    } finally {
      this.#replaced = null;
    }
  }

  /** Whether the session ends with its task: not when that failed, nor when it was simply at the end of its life. */
  #isOver(task: Task, { cause }: TaskEnd): boolean {
    if (cause === 'failed' || cause === 'expired') return false;
    if (task.endsAt === null || !this.#outlives(task)) return true;
    return Date.now() < Date.parse(task.endsAt) - END_OF_LIFE_MS;
  }

  /** The task ended and another is to take its place: at once when it expired, after a pause when it failed. */
  async #recover({ cause, message }: TaskEnd): Promise<void> {
    const record = this.#record;
    record.lost(message);
    record.anotherName();
    if (cause !== 'failed') return;
    if (Date.now() - record.tasks.servesSinceMs > STABLE_AFTER_MS) record.tasks.restarts = 0;
    const failure = {
      kind: 'unavailable',
      message,
      isFinal: false,
      mayHaveHappened: false,
    } as const;
    await this.#starter.pauseBeforeRestart(failure);
  }
}
