import { CancellationScope } from '@temporalio/workflow';
import type { Task, TaskStart } from '../domain/task.ts';
import type { liveActivities } from './live-activities.ts';
import type { SessionRecord } from './session-record.ts';

/** Stops what a session no longer needs, in the background and whatever else happens, until the vendor confirms. */
export class TaskReleases {
  readonly #record: SessionRecord;
  readonly #activities: ReturnType<typeof liveActivities>;
  readonly #underWay = new Map<string, Promise<void>>();

  constructor(record: SessionRecord, activities: ReturnType<typeof liveActivities>) {
    this.#record = record;
    this.#activities = activities;
  }

  /** Goes on with what the run before had not finished. */
  resume(): void {
    const { retiring, lost } = this.#record.tasks;
    for (const task of retiring) this.stop(task);
    for (const start of lost) this.abandon(start);
  }

  /** Stops `task`. */
  stop(task: Task): void {
    const { tasks } = this.#record;
    const others = tasks.retiring.filter(({ id }) => id !== task.id);
    tasks.retiring = [...others, task];
    this.#run(task.id, async () => {
      const summary = `stop task ${task.id}`;
      await this.#activities.stopTask.executeWithOptions({ summary }, [
        task,
        this.#record.request.channel,
      ]);
      tasks.retiring = tasks.retiring.filter(({ id }) => id !== task.id);
    });
  }

  /** Stops what `start`, which never had a clear answer, may have left. */
  abandon(start: TaskStart): void {
    const { tasks } = this.#record;
    const isOther = ({ generation }: TaskStart) => generation !== start.generation;
    tasks.lost = [...tasks.lost.filter(isOther), start];
    this.#run(`start ${start.generation}`, async () => {
      const summary = 'stop what a start without an answer may have left';
      await this.#activities.releaseTask.executeWithOptions({ summary }, [start]);
      tasks.lost = tasks.lost.filter(isOther);
    });
  }

  /** Waits until everything is stopped. Throws the ActivityFailure of what could not be, once the rest is. */
  async settled(): Promise<void> {
    const results = await Promise.allSettled(this.#underWay.values());
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }

  #run(key: string, work: () => Promise<void>): void {
    if (this.#underWay.has(key)) return;
    const release = CancellationScope.nonCancellable(async () => {
      await work();
      this.#underWay.delete(key);
    });
    // Awaited at the session's end; until then a failure waits there.
    release.catch(() => undefined);
    this.#underWay.set(key, release);
  }
}
