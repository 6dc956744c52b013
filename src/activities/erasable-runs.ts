import { isGrpcServiceError, WorkflowNotFoundError } from '@temporalio/client';
import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { z } from 'zod';
import { deliveryNumber, deliveryPrefix } from '../domain/callbacks.ts';

/** The memo of a session that is the recording of a phone call. */
const OfCall = z.object({
  request: z.object({
    source: z.object({ kind: z.literal('vonage'), conversationUuid: z.string() }),
  }),
});

/** What Temporal calls a run. */
const RUN_ID = /^[0-9a-f-]{36}$/;

/** Of gRPC. */
const NOT_FOUND = 5;

/** A run of a workflow, as a list or a description has it. */
export type Run = Pick<
  WorkflowExecutionInfo,
  'workflowId' | 'runId' | 'status' | 'startTime' | 'memo'
>;

/**
 * The runs of the session `id` that had begun at `until` (RFC 3339), and all of what collects their transcripts and tells
 * of them, whenever that began, and the phone calls that they are the recordings of. The list lags behind what is newest: that is asked for by its ids.
 */
export async function* erasableRuns(
  client: Client,
  id: string,
  until: string,
): AsyncGenerator<Run> {
  const { workflow } = client;
  const described = (workflowId: string, runId?: string): Promise<Run | null> =>
    gone(() => workflow.getHandle(workflowId, runId).describe());
  // One that Temporal no longer knows is as old as can be.
  const isOld = (run: Run | null) => run === null || run.startTime.getTime() <= Date.parse(until);

  const runs = new Map<string, Run>();
  // An id has no quotes (see `sessionIdFault` and the rooms of every provider).
  for await (const run of workflow.list({ query: `WorkflowId = '${id}'` })) {
    runs.set(run.runId, run);
  }
  const newest = await described(id);
  if (newest) runs.set(newest.runId, newest);

  /** How many deliveries are listed of each chain, by its first run. */
  const counts = new Map<string, number>();
  for await (const { run, firstRunId, number } of listedBelongings({ workflow }, id)) {
    counts.set(firstRunId, Math.max(counts.get(firstRunId) ?? 0, number));
    if (isOld(runs.get(firstRunId) ?? (await described(id, firstRunId)))) yield run;
  }
  for (const run of [...runs.values()].filter(isOld)) {
    const collection = await described(`${collectionsOf(id)}${run.runId}`);
    if (collection) yield collection;
    const callId = callOf(run);
    if (callId !== null && callId !== id) yield* erasableRuns(client, callId, until);
    yield* deliveriesAfter(counts.get(run.runId) ?? 0, (number) =>
      described(`${deliveryPrefix(id)}${run.runId}:${number}`),
    );
    yield run;
  }
}

type Belonging = { readonly firstRunId: string; readonly number: number };

/** What collects the transcripts of the session and tells of it, as far as it is listed. */
async function* listedBelongings(
  { workflow }: Pick<Client, 'workflow'>,
  id: string,
): AsyncGenerator<Belonging & { readonly run: Run }> {
  for (const prefix of [collectionsOf(id), deliveryPrefix(id)]) {
    for await (const run of workflow.list({ query: `WorkflowId STARTS_WITH '${prefix}'` })) {
      const belonging = belongingOf(id, run.workflowId);
      if (belonging) yield { ...belonging, run };
    }
  }
}

/** Those of a chain that are not listed yet: their numbers have no gap. */
async function* deliveriesAfter(
  count: number,
  described: (number: number) => Promise<Run | null>,
): AsyncGenerator<Run> {
  for (let number = count + 1; ; number += 1) {
    const delivery = await described(number);
    if (delivery === null) return;
    yield delivery;
  }
}

/** What `work` returns; null when what it is about is gone. */
export async function gone<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    const code: number | null = isGrpcServiceError(error) ? error.code : null;
    if (!(error instanceof WorkflowNotFoundError) && code !== NOT_FOUND) throw error;
    return null;
  }
}

/** The call that the run is the recording of. */
function callOf({ memo }: Run): string | null {
  const { data } = OfCall.safeParse(memo);
  return data ? `vonage-call:${data.request.source.conversationUuid}` : null;
}

function collectionsOf(id: string): string {
  return `transcript:${id}:`;
}

/** The chain of runs that a workflow belongs to, by its first run; null where it is another session's, whose id begins alike. */
function belongingOf(id: string, workflowId: string): Belonging | null {
  const prefix = collectionsOf(id);
  if (!workflowId.startsWith(prefix)) return deliveryNumber(id, workflowId);
  const firstRunId = workflowId.slice(prefix.length);
  return RUN_ID.test(firstRunId) ? { firstRunId, number: 0 } : null;
}
