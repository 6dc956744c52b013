import type { ConfigurationUpdate } from '../domain/reconciliation.ts';
import type { LiveProviderName } from '../domain/session.ts';
import type { Task, TaskEnd, TaskStart } from '../domain/task.ts';

/**
 * A vendor of live transcription. An adapter only translates: it makes one call after the other, never waits
 * and never tries again, for the workflow decides about that. Every method throws ProviderError.
 */
export type LiveProvider = {
  readonly name: LiveProviderName;
  /** How many activities a second the whole fleet may run against the vendor. */
  readonly maxCallsPerSecond: number;
  /** Starts the task, or adopts it where the vendor says that this very one runs already. */
  start(start: TaskStart): Promise<Task>;
  /**
   * Looks for the task of a start whose answer was lost. `foreign` are the ids of tasks that are known to be
   * somebody else's. Null when there is none.
   */
  find(start: TaskStart, foreign: readonly string[]): Promise<Task | null>;
  /** Looks at a task: how it ended, or null while it runs. `not-found` when the vendor no longer knows it. */
  look(task: Task, channel: string): Promise<TaskEnd | null>;
  update(task: Task, update: ConfigurationUpdate): Promise<void>;
  /** Stops a task. That it is gone already is success. */
  stop(task: Task): Promise<void>;
};
