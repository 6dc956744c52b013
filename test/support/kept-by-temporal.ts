import { Client, Connection } from '@temporalio/client';
import type { Payload } from '@temporalio/common';
import proto from '@temporalio/proto';
import { z } from 'zod';
import { ENCRYPTED, SECRETS, secretsIn } from './secrets.ts';
import { dataConverterOf, ENCRYPTION_KEY } from './stack.ts';

const { History } = proto.temporal.api.history.v1;
const { WorkflowExecutionInfo } = proto.temporal.api.workflow.v1;

const AT_A_TIME = 16;
const PAGE = 1_000;
const EXECUTION = z.object({ workflowId: z.string(), runId: z.string() });
const ENCODED = z.looseObject({ metadata: z.looseObject({ encoding: z.instanceof(Uint8Array) }) });

export type Scan = { readonly runs: number; readonly found: readonly string[] };

/** All that the Temporal at `address` keeps of every run, as it keeps it, and the secrets in it: `<workflow id>: <secret>`. */
export async function scanTemporal(address: string): Promise<Scan> {
  const connection = await Connection.connect({ address });
  try {
    const dataConverter = dataConverterOf({ DURASCRIBE_ENCRYPTION_KEYS: ENCRYPTION_KEY });
    const client = new Client({ connection, dataConverter });
    const infos = await allRuns(client);
    const found = new Set<string>();
    const left = [...infos];
    const work = async () => {
      for (let info = left.pop(); info; info = left.pop()) {
        const { workflowId, runId } = EXECUTION.parse(info.execution);
        const secrets = [
          ...secretsIn(WorkflowExecutionInfo.encode(info).finish(), [...SECRETS, ...ENCRYPTED]),
          ...(await secretsOfRun(client, workflowId, runId)),
        ];
        for (const secret of secrets) found.add(`${workflowId}: ${secret}`);
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, work));
    return { runs: infos.length, found: [...found].toSorted() };
  } finally {
    await connection.close();
  }
}

type Info = Awaited<
  ReturnType<Client['workflowService']['listWorkflowExecutions']>
>['executions'][number];

async function allRuns({ workflowService }: Client): Promise<Info[]> {
  const infos: Info[] = [];
  let nextPageToken: Uint8Array | undefined;
  do {
    const request = { namespace: 'default', pageSize: PAGE };
    const page = await workflowService.listWorkflowExecutions(
      nextPageToken === undefined ? request : { ...request, nextPageToken },
    );
    infos.push(...page.executions);
    nextPageToken = page.nextPageToken;
  } while (nextPageToken.length > 0);
  return infos;
}

async function secretsOfRun(client: Client, workflowId: string, runId: string): Promise<string[]> {
  try {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    const raw = secretsIn(History.encode(history).finish(), [...SECRETS, ...ENCRYPTED]);
    const decoded = await Promise.all(
      payloadsIn(history).map((payload) => secretsOfPayload(client, payload)),
    );
    return [...raw, ...decoded.flat()];
  } catch (error) {
    // It may have been erased since it was listed.
    if (error instanceof Error && error.name === 'WorkflowNotFoundError') return [];
    throw error;
  }
}

/** What is in a payload that need not be there at all. */
async function secretsOfPayload(client: Client, payload: Payload): Promise<string[]> {
  const [codec] = client.options.loadedDataConverter.payloadCodecs;
  // Some tests have keys of their own.
  const [clear] = (await codec?.decode([payload]).catch(() => [])) ?? [];
  if (clear === payload) return [];
  return secretsIn(clear?.data ?? new Uint8Array(), SECRETS).map((name) => `${name}, encrypted`);
}

function payloadsIn(value: unknown): Payload[] {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return [];
  const payload = ENCODED.safeParse(value);
  if (payload.success) return [value];
  return Object.values(value).flatMap(payloadsIn);
}
