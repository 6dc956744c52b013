import { activityInfo, log } from '@temporalio/activity';
import { listed } from '../domain/reconcile-report.ts';
import type { Task, TaskStart } from '../domain/task.ts';
import { ProviderError } from '../providers/errors.ts';
import type { LiveProvider, OtherSessions, RunningTask } from '../providers/port.ts';
import { failingClearly, lookAgain } from './failures.ts';
import { beating } from './heartbeats.ts';

const JUST_STARTING = 'a session of the channel is just starting, and may take it over';

/** A start that was cut off may still take effect shortly after: we look this often for what it left. */
const RELEASE_LOOKS = 3;
const RELEASE_LOOK_MS = 5_000;

/** Tasks that nobody may own any more. */
export type LeftTasks = {
  /** The session that has left them; null = one that nobody knows. */
  readonly sessionId: string | null;
  /** Null where the vendor does not tell. */
  readonly channel: string | null;
  readonly tasks: readonly Task[];
};

/** What became of one: stopped, ended already, or the task of an open session; or why it could not be stopped. */
export type Release = {
  readonly taskId: string;
  readonly outcome: 'stopped' | 'ended' | 'owned' | ReleaseFailure;
};

type ReleaseFailure = { readonly failure: string; readonly isWait: boolean };

export type ReleaseActivities = ReturnType<typeof createReleaseActivities>;

export type ReleaseDependencies = {
  readonly provider: LiveProvider;
  /** Whether a search finds the workflow: then it knows what is older, too. */
  readonly isListed: (workflowId: string) => Promise<boolean>;
  /** What is known of the open sessions of the channel (null = of all), those of the session's own id included. */
  readonly openSessions: (
    channel: string | null,
    sessionId: string | null,
  ) => Promise<OtherSessions>;
};

/** Stops what sessions have left behind at one provider. */
export function createReleaseActivities({ provider, isListed, openSessions }: ReleaseDependencies) {
  const release = async (task: Task, inChannel: string | null, sessionId: string | null) => {
    const sessions = await openSessions(inChannel, sessionId);
    if (sessions.tasks.includes(task.id)) return 'owned';
    if (!sessions.areKnown) {
      return { failure: JUST_STARTING, isWait: true };
    }
    const channel = inChannel ?? '';
    const isRunning = await runs(provider, task, channel);
    // What its vendor does not know just now may be back in a moment.
    if (isRunning !== false) await provider.stop(task, channel);
    return isRunning === true ? 'stopped' : 'ended';
  };

  return {
    /** Stops those that run and that no open session has taken over. */
    async releaseTasks({ sessionId, channel, tasks }: LeftTasks): Promise<readonly Release[]> {
      return failingClearly(() =>
        beating(async () => {
          const releases: Release[] = [];
          for (const task of tasks) {
            const outcome = await release(task, channel, sessionId).catch(asFailure);
            releases.push({ taskId: task.id, outcome });
          }
          return releases;
        }),
      );
    },

    /** Finds what a start that was never answered may have left, and stops it; returns its id. */
    async releaseStart(start: TaskStart): Promise<string | null> {
      return failingClearly(() =>
        beating(async () => {
          await requireListed(isListed);
          const others = await openSessions(start.channel, start.sessionId);
          if (!others.areKnown)
            throw new ProviderError('unavailable', JUST_STARTING, { isWait: true });
          const tasks = [...others.tasks, ...start.otherTasks];
          return releaseLostStart(provider, start, { ...others, tasks });
        }),
      );
    },
  };
}

/**
 * Finds what the start may have left, stops it and returns its id: null when there is nothing. Throws what has the
 * activity look again while it may still appear.
 */
export async function releaseLostStart(
  provider: LiveProvider,
  start: TaskStart,
  others: OtherSessions,
): Promise<string | null> {
  // Where others start tasks too, only the start itself tells which one it made, if any.
  const found = await provider.find(start, others);
  const isToBeTold = found === 'in-doubt' || (others.exist && provider.isStartRepeatable);
  const known = found === 'in-doubt' ? null : found;
  const task = known ?? (isToBeTold ? await restart(provider, start) : null);
  if (task) await provider.stop(task, start.channel);
  else if (!isToBeTold && activityInfo().attempt < RELEASE_LOOKS) {
    throw lookAgain('nothing to be found yet', RELEASE_LOOK_MS);
  }
  return task?.id ?? null;
}

async function restart(provider: LiveProvider, start: TaskStart): Promise<Task | null> {
  try {
    return await provider.start(start);
  } catch (error) {
    if (error instanceof ProviderError && error.kind === 'rejected') return null;
    throw error;
  }
}

/** What a search does not show yet may own what is looked at: it knows that once it knows the reconciliation itself. */
async function requireListed(isListed: ListDependencies['isListed']): Promise<void> {
  if (await isListed(activityInfo().workflowExecution?.workflowId ?? '')) return;
  throw new ProviderError('unavailable', 'Temporal does not list the newest workflows yet', {
    isWait: true,
  });
}

/** Null = the vendor does not know the task. */
async function runs(provider: LiveProvider, task: Task, channel: string): Promise<boolean | null> {
  try {
    return (await provider.look(task, channel)) === null;
  } catch (error) {
    if (error instanceof ProviderError && error.kind === 'not-found') return null;
    throw error;
  }
}

function asFailure(error: unknown): ReleaseFailure {
  if (error instanceof ProviderError) {
    return { failure: error.message, isWait: error.facts.isWait ?? false };
  }
  log.error('a task could not be released', { error });
  return { failure: 'internal error: see the log of the worker', isWait: false };
}

export type ListActivities = ReturnType<typeof createListActivities>;

export type ListDependencies = {
  /** All that runs at the vendor; null where it has no list. */
  readonly running: (() => Promise<readonly RunningTask[]>) | null;
  /** Whether a search finds the workflow: then it knows what is older, too. */
  readonly isListed: (workflowId: string) => Promise<boolean>;
  readonly ownersOfTasks: (
    taskIds: readonly string[],
  ) => Promise<ReadonlyMap<string, { readonly sessionId: string; readonly isOpen: boolean }>>;
};

/** What runs at a vendor, is ours and belongs to no open session. */
export type UnownedTask = {
  readonly task: Task;
  readonly channel: string | null;
  /** The session that has had it; null = none that is still known. */
  readonly sessionId: string | null;
};

/** Compares what one vendor runs with the sessions that there are. */
export function createListActivities({ running, isListed, ownersOfTasks }: ListDependencies) {
  return {
    /**
     * How many tasks the vendor runs (null where it has no list), and which of them are ours and nobody's: by a session that
     * has had them and is over, or by their name. One that began less than `graceMs` ago may be one that its session
     * does not know yet.
     */
    async listUnowned(graceMs: number): Promise<{
      readonly running: number | null;
      readonly count: number;
      /** The first of them. */
      readonly unowned: readonly UnownedTask[];
    }> {
      return failingClearly(() =>
        beating(async () => {
          if (running === null) return { running: null, count: 0, unowned: [] };
          const all = await running();
          const beforeMs = Date.now() - graceMs;
          const old = all.filter(({ task }) => Date.parse(task.startedAt) <= beforeMs);
          const owners = await ownersOfTasks(old.map(({ task }) => task.id));
          const unowned = old.flatMap(({ task, channel, isNamedByUs }) => {
            const owner = owners.get(task.id);
            const isOurs = owner ? !owner.isOpen : isNamedByUs;
            return isOurs ? [{ task, channel, sessionId: owner?.sessionId ?? null }] : [];
          });
          if (unowned.length > 0) await requireListed(isListed);
          return { running: all.length, count: unowned.length, unowned: listed(unowned) };
        }),
      );
    },
  };
}
