import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { recordingPrefix } from '../domain/recording.ts';
import { transcriptPrefix } from '../domain/transcript.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { insisting } from './failures.ts';

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
  const erase = async (workflowId: string, runId: string) =>
    gone(() =>
      client.workflowService.deleteWorkflowExecution({
        namespace,
        workflowExecution: { workflowId, runId },
      }),
    );

  return {
    /** Ends what still collects the session's transcripts. */
    async endCollections(id: string): Promise<void> {
      return insisting(async () => {
        for (const query of [`WorkflowId = '${id}'`, collectionsOf(id)]) {
          for await (const { workflowId, runId, status } of client.workflow.list({ query })) {
            if (status.name !== 'RUNNING') continue;
            await gone(() => client.workflow.getHandle(workflowId, runId).terminate('erased'));
          }
        }
      });
    },

    /** Removes every object that is kept of the session. */
    async eraseObjects(id: string): Promise<void> {
      return insisting(async () => {
        await transcripts?.removeAll(transcriptPrefix(id));
        await audio?.removeAll(recordingPrefix(id));
      });
    },

    /** Has Temporal delete every run of the session, and of what has collected its transcripts. */
    async eraseHistory(id: string): Promise<void> {
      return insisting(async () => {
        for (const query of [`WorkflowId = '${id}'`, collectionsOf(id)]) {
          for await (const { workflowId, runId } of client.workflow.list({ query })) {
            await erase(workflowId, runId);
          }
        }
      });
    },
  };
}

function collectionsOf(id: string): string {
  return `WorkflowId STARTS_WITH 'transcript:${id}:'`;
}

async function gone(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}
