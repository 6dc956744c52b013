import type { Client } from '@temporalio/client';
import { z } from 'zod';
import { recordingPrefix } from '../domain/recording.ts';
import { isEnded, SESSION_STATUSES } from '../domain/session.ts';
import { transcriptPrefix } from '../domain/transcript.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { erasableRuns, gone, type Run } from './erasable-runs.ts';
import { insisting } from './failures.ts';
import { beating } from './heartbeats.ts';
import { storing } from './storing.ts';

const Session = z.object({ status: z.enum(SESSION_STATUSES) });
const Request = z.object({
  provider: z.string(),
  options: z.object({ captions: z.unknown().optional() }),
});
const Pairs = z.array(z.object({ id: z.string() }));

export type ErasureActivities = ReturnType<typeof createErasureActivities>;

export type ErasureDependencies = {
  readonly client: Client;
  /** Null = none are kept. */
  readonly transcripts: ObjectStore | null;
  readonly audio: ObjectStore | null;
};

/** The activities that erase a session that is over. Each may be repeated freely. */
export function createErasureActivities({ client, transcripts, audio }: ErasureDependencies) {
  const { namespace } = client.options;
  const { workflow } = client;

  /** Whether the run is over, or only collects what one has left, or tells of it. The list lags: it is asked again. */
  const isOver = async ({ workflowId, runId, status }: Run): Promise<boolean> => {
    if (status.name !== 'RUNNING') return true;
    const described = await gone(() => workflow.getHandle(workflowId, runId).describe());
    if (described === null) return true;
    const { status: now, memo } = described;
    return now.name !== 'RUNNING' || hasEnded(memo) || memo?.['session'] === undefined;
  };

  return {
    /** Ends what still collects the session's transcripts or tells of it, and returns the ids of all its tasks. */
    async endCollections(id: string, until: string): Promise<readonly string[]> {
      return insisting(async () => {
        const tasks: string[] = [];
        for await (const run of erasableRuns(client, id, until)) {
          if (!(await isOver(run))) continue;
          tasks.push(...taskIds(run.memo));
          if (run.status.name !== 'RUNNING') continue;
          const handle = workflow.getHandle(run.workflowId, run.runId);
          await gone(() => handle.terminate('erased'));
        }
        return [...new Set(tasks)];
      });
    },

    /** Removes every object that is kept of the session, but for what runs keep that began after `until`. */
    async eraseObjects(id: string, until: string): Promise<void> {
      return insisting(() =>
        beating(async () => {
          const newer: string[] = [];
          for await (const { runId, startTime } of workflow.list({
            query: `WorkflowId = '${id}'`,
          })) {
            if (startTime.getTime() > Date.parse(until)) newer.push(runId);
          }
          const isOld = (key: string) => !newer.some((runId) => key.includes(runId));
          await storing(async () => {
            await transcripts?.removeAll(transcriptPrefix(id), isOld);
            await audio?.removeAll(recordingPrefix(id));
          });
        }),
      );
    },

    /** Has Temporal delete every run of the session, and of what has collected its transcripts and told of it. */
    async eraseHistory(id: string, until: string): Promise<void> {
      return insisting(async () => {
        for await (const run of erasableRuns(client, id, until)) {
          if (!(await isOver(run))) continue;
          const { workflowId, runId } = run;
          const workflowExecution = { workflowId, runId };
          await gone(() =>
            client.workflowService.deleteWorkflowExecution({ namespace, workflowExecution }),
          );
        }
      });
    },
  };
}

type Memo = Run['memo'];

function hasEnded(memo: Memo): boolean {
  const session = Session.safeParse(memo?.['session']);
  return session.success && isEnded(session.data.status);
}

/** The tasks of a run that may have left something: those of a live session without captions have not. */
function taskIds(memo: Memo): string[] {
  const { data: request } = Request.safeParse(memo?.['request']);
  if (request?.provider.startsWith('agora') && request.options.captions === undefined) return [];
  return (Pairs.safeParse(memo?.['pairs']).data ?? []).map(({ id }) => id);
}
