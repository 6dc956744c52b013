import { activityInfo, heartbeat, log } from '@temporalio/activity';
import type { Remains } from '../domain/erasure.ts';
import type { ConfigurationUpdate } from '../domain/reconciliation.ts';
import type { Task, TaskEnd, TaskStart } from '../domain/task.ts';
import { ProviderError } from '../providers/errors.ts';
import type { LiveProvider, OtherSessions } from '../providers/port.ts';
import { failingClearly, insisting, lookAgain } from './failures.ts';
import { beating } from './heartbeats.ts';
import { observeLateness } from './lateness.ts';
import { releaseLostStart } from './releases.ts';
import { createTranscriptActivities, type TranscriptDependencies } from './transcripts.ts';

/**
 * How long a task that ran may be unknown to its vendor before it counts as gone: Agora moves tasks after a
 * fault for up to 90 s (Agora's answer in AgoraIO/Docs-Source#1126).
 */
const GONE_AFTER_MS = 90_000;
const GONE_LOOK_MS = 10_000;

export type LiveActivities = ReturnType<typeof createLiveActivities>;

export type LiveDependencies = TranscriptDependencies & {
  /** What is known of the other open sessions of the channel. */
  readonly otherSessions: (channel: string, sessionId: string) => Promise<OtherSessions>;
};

/** What one look at a task shows: how it ended, that it runs, or that its vendor does not know it. */
export type Sight = TaskEnd | 'running' | 'unknown';

/** The activities of one provider's live sessions. */
export function createLiveActivities(dependencies: LiveDependencies) {
  const { provider, otherSessions, watchMs } = dependencies;
  const othersOf = async (start: TaskStart): Promise<OtherSessions> => {
    const others = await otherSessions(start.channel, start.sessionId);
    return { ...others, tasks: [...others.tasks, ...start.otherTasks] };
  };

  return {
    ...createTranscriptActivities(dependencies),

    /** Acquires what a start needs, where the provider has something to acquire. May be repeated freely. */
    async prepareTask(start: TaskStart): Promise<string | null> {
      return failingClearly(() => provider.prepare(start));
    },

    /** Starts a task. After an unanswered try it first looks for what that one may have started. */
    async startTask(start: TaskStart): Promise<Task> {
      return failingClearly(async () => {
        if (start.unansweredSince === null) return provider.start(start);
        const found = await asUnavailable(async () => provider.find(start, await othersOf(start)));
        return found === null || found === 'in-doubt' ? provider.start(start) : found;
      });
    },

    /** Sends one update, once; `dueAtMs` (ms since the epoch) is when it could have been sent. */
    async updateTask(task: Task, update: ConfigurationUpdate, dueAtMs?: number): Promise<void> {
      return failingClearly(async () => {
        if (dueAtMs !== undefined) observeLateness(provider.name, dueAtMs);
        if (provider.update === null) {
          throw new ProviderError('rejected', `a task of ${provider.name} cannot change`);
        }
        await provider.update(task, update);
      });
    },

    /** Looks at the task, once. */
    async lookAtTask(task: Task, channel: string): Promise<Sight> {
      return insisting(() => look(provider, task, channel));
    },

    /**
     * Looks at the task every so often until it has ended, and returns how; a task that stays unknown has ended too.
     * With `unknownSince` (RFC 3339), since when it is, returns as well when the vendor knows it again. Looking again
     * is a retry, which costs no history.
     */
    async watchTask(
      task: Task,
      channel: string,
      unknownSince: string | null,
    ): Promise<TaskEnd | 'running'> {
      return insisting(async () => {
        const sight = await look(provider, task, channel);
        if (sight === 'unknown') return goneOrUnknown(unknownSince);
        if (sight !== 'running' || unknownSince !== null) return sight;
        if (activityInfo().heartbeatDetails !== undefined) heartbeat();
        throw lookAgain('it runs', watchMs);
      });
    },

    /** Stops the task; tried until the vendor confirms. */
    async stopTask(task: Task, channel: string): Promise<void> {
      return insisting(() => provider.stop(task, channel));
    },

    /** What `forgetTasks` would remove, and what it can't. */
    async surveyTasks(_sessionId: string, taskIds: readonly string[]): Promise<Remains> {
      return insisting(() => beating(() => provider.remains(taskIds)));
    },

    /** Removes what the tasks of a session have left at its vendor, or in its name. */
    async forgetTasks(_sessionId: string, taskIds: readonly string[]): Promise<void> {
      return insisting(() => beating(() => provider.forget(taskIds)));
    },

    /** Finds what an unanswered start may have left, and stops it. */
    async releaseTask(start: TaskStart): Promise<void> {
      return insisting(async () => {
        await releaseLostStart(provider, start, await othersOf(start));
      });
    },
  };
}

async function look(provider: LiveProvider, task: Task, channel: string): Promise<Sight> {
  try {
    return (await provider.look(task, channel)) ?? 'running';
  } catch (error) {
    if (error instanceof ProviderError && error.kind === 'not-found') return 'unknown';
    throw error;
  }
}

/** Since when the task is unknown is kept in the heartbeat, which outlives a try. */
function goneOrUnknown(unknownSince: string | null): TaskEnd {
  const { heartbeatDetails } = activityInfo();
  const now = Date.now();
  const given = unknownSince === null ? now : Date.parse(unknownSince);
  const sinceMs = typeof heartbeatDetails === 'number' ? heartbeatDetails : given;
  if (now - sinceMs >= GONE_AFTER_MS) {
    return { cause: 'vendor', message: 'the vendor no longer knows the task' };
  }
  heartbeat(sinceMs);
  throw lookAgain('the vendor does not know the task', GONE_LOOK_MS);
}

/** A search that fails says nothing about what was searched for: it is worth another try, and has started nothing. */
async function asUnavailable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ProviderError) {
      throw new ProviderError('unavailable', error.message, { ...error.facts, isUnsent: true });
    }
    log.warn('could not look for a task', { error });
    throw new ProviderError('unavailable', 'could not look for what an earlier start has left', {
      isUnsent: true,
    });
  }
}
