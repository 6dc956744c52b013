import type { Client } from '@temporalio/client';
import { z } from 'zod';
import { keptSources, keptUnknown, type Kept, type Remains } from '../domain/erasure.ts';
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
  source: z.object({ kind: z.string() }).optional(),
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

  /** What is to go, and each place to look for it. */
  const places = async (id: string, until: string) => {
    const newer: string[] = [];
    const note = ({ runId, startTime }: Pick<Run, 'runId' | 'startTime'>) => {
      if (startTime.getTime() > Date.parse(until)) newer.push(runId);
    };
    for await (const run of workflow.list({ query: `WorkflowId = '${id}'` })) note(run);
    const newest = await gone(() => workflow.getHandle(id).describe());
    if (newest) note(newest);
    const isOld = (key: string) => !newer.some((runId) => key.includes(runId));
    return {
      words: { store: transcripts, prefix: transcriptPrefix(id), isOld },
      // These keys are the same for every run: where there is a newer one they are that one's.
      sound: { store: newer.length === 0 ? audio : null, prefix: recordingPrefix(id) },
    };
  };

  return {
    /** Counts what the other activities here would remove, and says what they leave. Removes nothing. */
    async surveySession(id: string, until: string): Promise<Remains & { workflows: number }> {
      return insisting(() =>
        beating(async () => {
          const { words, sound } = await places(id, until);
          const measures = await storing(async () => [
            await words.store?.measure(words.prefix, words.isOld),
            await sound.store?.measure(sound.prefix),
          ]);
          const runs = new Map<string, Run>();
          for await (const run of erasableRuns(client, id, until)) {
            if (await isOver(run)) runs.set(run.runId, run);
          }
          return {
            ...together(measures),
            jobs: 0,
            workflows: runs.size,
            kept: keptBy(id, [...runs.values()]),
          };
        }),
      );
    },

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
          const { words, sound } = await places(id, until);
          await storing(async () => {
            await words.store?.removeAll(words.prefix, words.isOld);
            // A copy that was killed may have left an upload with parts of the recording.
            await sound.store?.abortUnfinished(sound.prefix);
            await sound.store?.removeAll(sound.prefix);
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
type Measure = Pick<Remains, 'objects' | 'bytes'>;

function together(measures: readonly (Measure | undefined)[]): Measure {
  let [objects, bytes] = [0, 0];
  for (const measure of measures) {
    objects += measure?.objects ?? 0;
    bytes += measure?.bytes ?? 0;
  }
  return { objects, bytes };
}

function keptBy(id: string, runs: readonly Run[]): Kept[] {
  const sources = runs.flatMap(
    ({ memo }) => Request.safeParse(memo?.['request']).data?.source?.kind ?? [],
  );
  const own = runs.filter(({ workflowId }) => workflowId === id);
  return [...keptSources(sources), ...keptUnknown(own.length)];
}

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
