import { CancellationScope, condition } from '@temporalio/workflow';
import type { Sight } from '../activities/live.ts';
import type { Task, TaskEnd } from '../domain/task.ts';
import { readFailure } from './failures.ts';
import type { liveActivities } from './live-activities.ts';
import { SessionFailed } from './session-failed.ts';
import type { SessionRecord } from './session-record.ts';

/** Watches a session's task: what the vendor says is the truth, whatever anybody has hinted. */
export class TaskWatch {
  readonly #activities: ReturnType<typeof liveActivities>;
  readonly #record: SessionRecord;
  #hints = 0;

  constructor(record: SessionRecord, activities: ReturnType<typeof liveActivities>) {
    this.#record = record;
    this.#activities = activities;
  }

  /** Whether the vendor did not know the task at the last look that was asked for. */
  get isUnknown(): boolean {
    return this.#record.tasks.unknownSince !== null;
  }

  /** Something happened at the vendor: the task is looked at now. */
  lookNow(): void {
    this.#hints += 1;
  }

  /** The vendor did not know the task when it was called: until a look has found it again, it is on its way out. */
  missed(): void {
    this.#record.tasks.unknownSince ??= new Date().toISOString();
    this.lookNow();
  }

  /** Looks at the task, slowly by itself and at once when there is a hint, until it has ended. */
  async untilEnd(task: Task): Promise<TaskEnd> {
    for (;;) {
      const seen = this.#hints;
      const scope = new CancellationScope();
      const watching = scope.run(() => this.#sight('watchTask', task));
      const sight = await Promise.race([watching, condition(() => this.#hints > seen)]);
      scope.cancel();
      if (typeof sight === 'object') return sight;
      if (sight === 'running') this.#record.tasks.unknownSince = null;
      else {
        await watching.catch(() => undefined);
        const now = await this.#sight('lookAtTask', task);
        if (typeof now === 'object') return now;
        this.#record.tasks.unknownSince =
          now === 'running' ? null : (this.#record.tasks.unknownSince ?? new Date().toISOString());
      }
    }
  }

  /** What a look shows. Throws SessionFailed when nobody can look any more: an operator has failed the activity. */
  async #sight(activity: 'watchTask' | 'lookAtTask', task: Task): Promise<Sight> {
    try {
      if (activity === 'lookAtTask') {
        const summary = `look at task ${task.id}`;
        return await this.#activities.lookAtTask.executeWithOptions({ summary }, [
          task,
          this.#record.request.channel,
        ]);
      }
      const summary = `watch task ${task.id}`;
      return await this.#activities.watchTask.executeWithOptions({ summary }, [
        task,
        this.#record.request.channel,
        this.#record.tasks.unknownSince,
      ]);
    } catch (error) {
      throw new SessionFailed(readFailure(error));
    }
  }
}
