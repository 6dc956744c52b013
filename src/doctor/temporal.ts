import { isGrpcServiceError, type Client } from '@temporalio/client';
import type { Config } from '../config.ts';
import { UnreadablePayload } from '../domain/unreadable-payload.ts';
import { lazyClient, temporalAddress } from '../temporal/connection.ts';
import { missingAttributes, registration } from '../temporal/search-attributes.ts';
import {
  CALLBACK_QUEUE,
  equals,
  providerTaskQueue,
  RECORDING_QUEUES,
} from '../workflows/messages.ts';
import { counted, fault, notChecked, risk, well, type Check, type Sight } from './finding.ts';

/** Under the deadline of a whole check, however many calls follow each other. */
const CALL_MS = 6_000;
const DAY_SECONDS = 86_400;
/** A worker asks for work at least once a minute; the server forgets who has not for five. */
const SILENT_AFTER_MS = 120_000;
/** Of temporal.api.enums.v1.TaskQueueType. */
const TASKS = { workflow: 1, activity: 2 } as const;
/** Of gRPC. */
const NOT_FOUND = new Set<number>([5]);
const LATE = new Set<number>([4]);
const REFUSED = new Set<number>([7, 16]);

const NAMESPACE = 'namespace';
const ATTRIBUTES = 'search attributes';
const READABLE = 'encryption';

/** Whether the server is there, and has what sessions need of it. */
export function temporalChecks(config: Config): Check[] {
  return [{ subject: 'server', look: () => lookAtServer(config) }];
}

type Queue = {
  readonly subject: string;
  readonly name: string;
  readonly tasks: keyof typeof TASKS;
};
type Server = {
  readonly client: Client;
  readonly namespace: string;
  readonly ask: <T>(work: () => Promise<T>) => Promise<T>;
};

async function lookAtServer(config: Config): Promise<Sight[]> {
  const queues = taskQueues(config);
  const dependent = [ATTRIBUTES, READABLE, ...queues.map(({ subject }) => subject)];
  const client = lazyClient(config.encryptionKeys);
  const server: Server = {
    client,
    namespace: client.options.namespace,
    ask: (work) => client.withDeadline(Date.now() + CALL_MS, work),
  };
  try {
    const { serverVersion } = await server.ask(() => client.workflowService.getSystemInfo({}));
    const answers = well('server', `${temporalAddress()} answers, version ${serverVersion}`);
    const namespace = await namespaceSight(server);
    if (namespace.outcome === 'fault') {
      return [answers, namespace, ...notChecked(dependent, 'its namespace is not there')];
    }
    const others = [
      attributesSight(server),
      readableSight(server, config.taskQueue),
      ...queues.map((queue) => queueSight(server, queue)),
    ];
    return [answers, namespace, ...(await Promise.all(others))];
  } catch (error) {
    const why = 'Temporal does not answer';
    return [unreachable(error), ...notChecked([NAMESPACE, ...dependent], why)];
  } finally {
    await client.connection.close();
  }
}

/** Where a worker with this configuration takes work from (see worker.ts). */
function taskQueues({ taskQueue, providers }: Config): Queue[] {
  const { 'amazon-transcribe': recordings, ...live } = providers;
  const names = [
    CALLBACK_QUEUE,
    ...Object.entries(live).flatMap(([name, settings]) => (settings === null ? [] : [name])),
    ...(recordings === null ? [] : Object.values(RECORDING_QUEUES)),
  ];
  return [
    { subject: 'workflows', name: taskQueue, tasks: 'workflow' },
    { subject: 'activities', name: taskQueue, tasks: 'activity' },
    ...names.map((name) => ({
      subject: `activities of ${name}`,
      name: providerTaskQueue(taskQueue, name),
      tasks: 'activity' as const,
    })),
  ];
}

function unreachable(error: unknown): Sight {
  const address = temporalAddress();
  const isRefused = isGrpcServiceError(error) && REFUSED.has(error.code);
  const advice = isRefused
    ? 'correct TEMPORAL_API_KEY, or the certificate of TEMPORAL_TLS_…'
    : 'start Temporal there, or correct TEMPORAL_ADDRESS (and TEMPORAL_TLS… where it wants TLS)';
  return fault('server', `${address}: ${reasonOf(error)}`, advice);
}

function reasonOf(error: unknown): string {
  if (isGrpcServiceError(error)) {
    return LATE.has(error.code) ? `no answer within ${CALL_MS / 1_000} s` : error.details;
  }
  return error instanceof Error ? error.message : 'unknown error';
}

/** Whether what this deployment has kept last can be read by the keys that there are. */
async function readableSight({ client, ask }: Server, taskQueue: string): Promise<Sight> {
  const ofDeployment = equals({ name: 'TaskQueue' }, taskQueue);
  const query = `WorkflowType IN ('liveSession', 'recordingSession') AND ${ofDeployment}`;
  try {
    await ask(() => client.workflow.list({ query, pageSize: 1 })[Symbol.asyncIterator]().next());
    return well(READABLE, 'what it has kept can be read');
  } catch (error) {
    if (!(error instanceof UnreadablePayload)) throw error;
    return fault(READABLE, error.message, 'see docs/encryption.md');
  }
}

async function namespaceSight({ client, namespace, ask }: Server): Promise<Sight> {
  try {
    const { config } = await ask(() => client.workflowService.describeNamespace({ namespace }));
    return retentionSight(namespace, Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0));
  } catch (error) {
    if (!isGrpcServiceError(error) || !NOT_FOUND.has(error.code)) throw error;
    return fault(
      NAMESPACE,
      `there is no namespace ${namespace}`,
      `correct TEMPORAL_NAMESPACE, or: temporal operator namespace create --namespace ${namespace} --retention 30d`,
    );
  }
}

function retentionSight(namespace: string, seconds: number): Sight {
  const isShort = seconds < DAY_SECONDS;
  const kept = isShort ? counted(seconds / 3_600, 'hour') : counted(seconds / DAY_SECONDS, 'day');
  const found = `${namespace} keeps a session for ${kept} after its end`;
  if (!isShort) return well(NAMESPACE, found);
  return risk(
    NAMESPACE,
    `${found}; then it is no longer listed, read (?runId= too) or erased, and a webhook that comes again starts it again`,
    `temporal operator namespace update --namespace ${namespace} --retention 30d`,
  );
}

async function attributesSight({ client, namespace, ask }: Server): Promise<Sight> {
  const missing = await ask(() => missingAttributes(client.connection, namespace));
  if (missing.length === 0) return well(ATTRIBUTES, 'registered');
  const names = missing.map(({ name }) => name).join(', ');
  const command = registration(namespace, missing);
  const advice = `start a worker that may register them, or run: ${command}`;
  return fault(ATTRIBUTES, `not registered: ${names}`, advice);
}

async function queueSight({ client, namespace, ask }: Server, queue: Queue): Promise<Sight> {
  const { pollers } = await ask(() =>
    client.workflowService.describeTaskQueue({
      namespace,
      taskQueue: { name: queue.name },
      taskQueueType: TASKS[queue.tasks],
    }),
  );
  const seenMs = pollers.map(({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) * 1_000);
  const silentMs = Date.now() - Math.max(...seenMs);
  const workers = `${queue.name}: ${counted(seenMs.length, 'worker')}`;
  if (seenMs.length === 0) {
    const advice = 'start one with this environment: node src/worker.ts';
    return fault(queue.subject, `${queue.name}: no worker takes its work`, advice);
  }
  if (silentMs < SILENT_AFTER_MS) return well(queue.subject, workers);
  const found = `${workers}, the last heard of ${Math.round(silentMs / 1_000)} s ago`;
  return risk(queue.subject, found, 'look whether it still lives');
}
