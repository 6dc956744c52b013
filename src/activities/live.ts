import { activityInfo, heartbeat } from '@temporalio/activity';
import type { ConfigurationUpdate } from '../domain/reconciliation.ts';
import type { Task, TaskEnd, TaskStart } from '../domain/task.ts';
import { ProviderError } from '../providers/errors.ts';
import type { LiveProvider } from '../providers/port.ts';
import { failingClearly, insisting, lookAgain } from './failures.ts';

/**
 * How long a task that ran may be unknown to its vendor before it counts as gone: Agora moves tasks after a
 * fault for up to 90 s (Agora's answer in AgoraIO/Docs-Source#1126).
 */
const GONE_AFTER_MS = 90_000;
const GONE_LOOK_MS = 10_000;
/** A start that was cut off may still take effect shortly after: we look this often for what it left. */
const RELEASE_LOOKS = 3;
const RELEASE_LOOK_MS = 5_000;

export type LiveActivities = ReturnType<typeof createLiveActivities>;

export type LiveDependencies = {
  readonly provider: LiveProvider;
  /** The ids of the tasks that belong to other open sessions of the channel. */
  readonly foreignTasks: (channel: string, sessionId: string) => Promise<string[]>;
  /** How often a running task is looked at. */
  readonly watchMs: number;
};

/** The activities of one provider's live sessions. */
export function createLiveActivities({ provider, foreignTasks, watchMs }: LiveDependencies) {
  const find = async (start: TaskStart): Promise<Task | null> =>
    provider.find(start, await foreignTasks(start.channel, start.sessionId));

  return {
    /** Starts a task. After an unanswered try it first looks for what that one may have started. */
    async startTask(start: TaskStart): Promise<Task> {
      return failingClearly(async () => {
        const found = start.unansweredSince === null ? null : await find(start);
        return found ?? provider.start(start);
      });
    },

    /** Sends one update, once. */
    async updateTask(task: Task, update: ConfigurationUpdate): Promise<void> {
      return failingClearly(() => provider.update(task, update));
    },

    /** Looks at the task every so often and returns how it ended. Looking again is a retry, which costs no history. */
    async watchTask(task: Task, channel: string): Promise<TaskEnd> {
      return insisting(async () => {
        const end = await lookOrGone(provider, task, channel);
        if (end) return end;
        throw lookAgain('it runs', watchMs);
      });
    },

    /** Stops the task; tried until the vendor confirms. */
    async stopTask(task: Task): Promise<void> {
      return insisting(() => provider.stop(task));
    },

    /** Finds what an unanswered start may have left, and stops it. */
    async releaseTask(start: TaskStart): Promise<void> {
      return insisting(async () => {
        const task = await find(start);
        if (task) return provider.stop(task);
        if (activityInfo().attempt < RELEASE_LOOKS)
          throw lookAgain('nothing to be found yet', RELEASE_LOOK_MS);
      });
    },
  };
}

/** How the task ended, or null while it runs. Since when it is unknown is kept in the heartbeat, which outlives a try. */
async function lookOrGone(
  provider: LiveProvider,
  task: Task,
  channel: string,
): Promise<TaskEnd | null> {
  const { heartbeatDetails } = activityInfo();
  const unknownSinceMs = typeof heartbeatDetails === 'number' ? heartbeatDetails : null;
  try {
    const end = await provider.look(task, channel);
    if (unknownSinceMs !== null) heartbeat(null);
    return end;
  } catch (error) {
    if (!(error instanceof ProviderError) || error.kind !== 'not-found') throw error;
    const now = Date.now();
    if (unknownSinceMs !== null && now - unknownSinceMs >= GONE_AFTER_MS) {
      return { cause: 'vendor', message: error.message };
    }
    heartbeat(unknownSinceMs ?? now);
    throw lookAgain('the vendor does not know the task', GONE_LOOK_MS);
  }
}
