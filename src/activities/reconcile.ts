import { log } from '@temporalio/activity';
import type { EndedRun, Leftovers } from '../domain/leftovers.ts';
import { insisting } from './failures.ts';
import { beating } from './heartbeats.ts';

export type ReconcileActivities = ReturnType<typeof createReconcileActivities>;

export type ReconcileDependencies = {
  /** The sessions that ended since (RFC 3339) other than by themselves, or failed; the first one first. */
  readonly endedRuns: (since: string) => Promise<readonly EndedRun[]>;
  /** What a run may have left; null when Temporal no longer knows it. */
  readonly readLeftovers: (run: EndedRun) => Promise<Leftovers | null>;
};

/** Which sessions are looked for. */
export type Search = {
  /** RFC 3339. */
  readonly since: string;
  /** Runs that are known already. */
  readonly except: readonly string[];
  readonly most: number;
};

/** What was read of the histories of runs. */
export type Reading = {
  readonly left: readonly Leftovers[];
  readonly unread: readonly EndedRun[];
  readonly gone: readonly EndedRun[];
};

/** The activities of the reconciliation that ask Temporal only. Each may be repeated freely. */
export function createReconcileActivities(dependencies: ReconcileDependencies) {
  return {
    /** The first `most` sessions that match, and whether there are more. */
    async findEndedRuns(
      search: Search,
    ): Promise<{ readonly runs: readonly EndedRun[]; readonly areAll: boolean }> {
      return insisting(() =>
        beating(async () => {
          const except = new Set(search.except);
          const ended = await dependencies.endedRuns(search.since);
          const found = ended.filter(({ runId }) => !except.has(runId));
          return { runs: found.slice(0, search.most), areAll: found.length <= search.most };
        }),
      );
    },

    /** What the runs may have left at their vendors, and which could not be read, or Temporal no longer knows. */
    async readLeftovers(runs: readonly EndedRun[]): Promise<Reading> {
      return insisting(() =>
        beating(async () => {
          const left: Leftovers[] = [];
          const unread: EndedRun[] = [];
          const gone: EndedRun[] = [];
          for (const run of runs) {
            try {
              const leftovers = await dependencies.readLeftovers(run);
              if (leftovers) left.push(leftovers);
              else gone.push(run);
            } catch (error) {
              unread.push(run);
              log.warn('the history of a session could not be read', {
                sessionId: run.sessionId,
                error,
              });
            }
          }
          return { left, unread, gone };
        }),
      );
    },
  };
}
