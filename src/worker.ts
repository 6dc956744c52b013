import { Client } from '@temporalio/client';
import { Runtime, Worker } from '@temporalio/worker';
import { createCallbackActivities } from './activities/callbacks.ts';
import { createErasureActivities } from './activities/erasure.ts';
import { createLiveActivities } from './activities/live.ts';
import { createReconcileActivities } from './activities/reconcile.ts';
import { createReleaseActivities } from './activities/releases.ts';
import { readConfig, readEnvironment, type Config } from './config.ts';
import { measured } from './providers/measured.ts';
import type { LiveProvider } from './providers/port.ts';
import { liveProviders } from './providers/registry.ts';
import { listActivities, recordingQueues } from './recording-queues.ts';
import type { DeploymentVersion } from './settings/deployment.ts';
import { objectStore, type ObjectStore } from './storage/object-store.ts';
import { usualCachedSessions } from './temporal/cached-sessions.ts';
import { activityInterceptors } from './telemetry/activity-log.ts';
import { createLogger } from './telemetry/logging.ts';
import { startTracing } from './telemetry/tracing.ts';
import { isTemporalLocal, temporalAddress, workerConnection } from './temporal/connection.ts';
import { dataConverterWith } from './temporal/encryption.ts';
import { endedRuns, readLeftovers } from './temporal/ended-runs.ts';
import { temporalLogger } from './temporal/logger.ts';
import { otherSessions } from './temporal/other-sessions.ts';
import { ensureReconcileSchedule } from './temporal/reconcile-schedule.ts';
import { ensureSearchAttributes } from './temporal/search-attributes.ts';
import { isListed, openSessions } from './temporal/task-owners.ts';
import { WorkerMetrics } from './temporal/worker-metrics.ts';
import { workflowCode, WORKFLOW_SOURCES } from './temporal/workflow-code.ts';
import { CALLBACK_QUEUE, providerTaskQueue } from './workflows/messages.ts';

/** How many callbacks one worker has under way, each of which may take 15 s. */
const CALLBACKS_AT_A_TIME = 300;
/** How long the schedule of the reconciliations may keep a worker from its work. */
const SCHEDULED_WITHIN_MS = 10_000;

const log = await createLogger('worker', readEnvironment());

try {
  await work();
} catch (error) {
  log.fatal(error instanceof Error ? error.message : error);
  // What the SDK's runtime has open would keep the process alive.
  process.exit(1);
}

/** Runs workflows and the activities of every provider that is on, until SIGTERM. */
async function work(): Promise<void> {
  const config = readConfig();
  log.level = config.logLevel;
  const { agora, videosdk } = config.providers;
  const vendorUrls = [agora?.baseUrl, videosdk?.baseUrl];
  const tracing = await startTracing(config.areTracesWanted, { name: 'worker', log, vendorUrls });
  const metrics = await WorkerMetrics.at(config.metricsAddress);
  Runtime.install({
    logger: temporalLogger(log),
    telemetryOptions: {
      logging: { filter: { core: 'WARN', other: 'WARN' }, forward: {} },
      ...metrics.telemetry,
    },
  });
  const observe = metrics.providerCalls();
  if (config.encryptionKeys.length === 0 && !isTemporalLocal()) {
    const advice = 'set DURASCRIBE_ENCRYPTION_KEYS: docs/encryption.md';
    log.warn({ temporal: temporalAddress(), advice }, 'sessions are kept in the clear');
  }
  const { connection, namespace } = await workerConnection();
  try {
    await ensureSearchAttributes(connection, namespace);
    const dataConverter = dataConverterWith(config.encryptionKeys);
    const temporal = { connection, namespace, dataConverter };
    const client = new Client({ ...temporal, interceptors: tracing?.client ?? {} });
    const interceptors = { activity: activityInterceptors(tracing) };
    const shared = {
      ...temporal,
      interceptors,
      // Longer than any activity but a recording's archive: what is under way is finished.
      shutdownGraceTime: '15 seconds',
      ...versioning(config.deployment),
    } as const;
    const recordings = config.providers['amazon-transcribe'];
    const transcripts =
      config.transcripts && measured('s3', objectStore(config.transcripts), observe);
    const providers = Object.values(liveProviders(config))
      .filter((provider) => provider !== null)
      .map((provider) => measured(provider.name, provider, observe));
    const audio = recordings && measured('s3', objectStore(recordings.audio), observe);
    const workers = await Promise.all([
      Worker.create({
        ...shared,
        taskQueue: config.taskQueue,
        ...workflowCode(config.workflowBundle, dataConverter, interceptors),
        dataConverter: {
          ...dataConverter,
          payloadConverterPath: WORKFLOW_SOURCES.payloadConverterPath,
        },
        activities: {
          ...createErasureActivities({ client, transcripts, audio }),
          ...createReconcileActivities({
            endedRuns: (since) => endedRuns(client, config.taskQueue, since),
            readLeftovers: (run) => readLeftovers(client, run),
          }),
        },
        maxCachedWorkflows: config.cachedSessions ?? usualCachedSessions(),
        // Of its ten polls two would be for sessions that begin, or that this worker does not have in memory: many at once
        // would wait longer than those that go on.
        nonStickyToStickyPollRatio: 0.5,
        // The default of 10 s is what every session of a killed worker would wait.
        stickyQueueScheduleToStartTimeout: '1 second',
      }),
      Worker.create({
        ...shared,
        taskQueue: providerTaskQueue(config.taskQueue, CALLBACK_QUEUE),
        activities: createCallbackActivities(config.callbacks),
        maxConcurrentActivityTaskExecutions: CALLBACKS_AT_A_TIME,
      }),
      ...providers.map((provider) =>
        Worker.create({
          ...shared,
          taskQueue: providerTaskQueue(config.taskQueue, provider.name),
          maxTaskQueueActivitiesPerSecond: provider.maxCallsPerSecond,
          activities: providerActivities(client, config, provider, transcripts),
        }),
      ),
      ...recordingQueues(client, config, audio, transcripts, observe).map(({ queue, ...options }) =>
        Worker.create({
          ...shared,
          taskQueue: providerTaskQueue(config.taskQueue, queue),
          ...options,
        }),
      ),
    ]);
    await scheduleReconciliations(client, config, providers);
    log.info(
      {
        taskQueue: config.taskQueue,
        ...config.deployment,
        providers: Object.entries(config.providers).flatMap(([name, on]) => (on ? [name] : [])),
      },
      'working',
    );
    metrics.watch(workers, connection, namespace);
    await Promise.all(workers.map((worker) => worker.run()));
  } finally {
    metrics.end();
    // Without this the process would never exit. Of workers that never ran it complains, and would hide why.
    await connection.close().catch((error: unknown) => log.warn({ err: error }, 'still in use'));
    await tracing?.close();
  }
}

/**
 * A worker that has a version gets work once that version is current. Sessions may last for weeks, so they move to the
 * current version as soon as there is one: docs/changing-workflows.md.
 */
function versioning(version: DeploymentVersion | null) {
  if (version === null) return {};
  return {
    workerDeploymentOptions: {
      version,
      useWorkerVersioning: true,
      defaultVersioningBehavior: 'AUTO_UPGRADE',
    },
  } as const;
}

/** All that is done at the vendor of live sessions. */
function providerActivities(
  client: Client,
  { watchMs, transcriptWaitMs }: Config,
  provider: LiveProvider,
  transcripts: ObjectStore | null,
) {
  const { name } = provider;
  return {
    ...createLiveActivities({
      provider,
      watchMs,
      transcriptWaitMs,
      transcripts,
      otherSessions: (channel, sessionId) => otherSessions(client, name, channel, sessionId),
    }),
    ...createReleaseActivities({
      provider,
      isListed: (workflowId) => isListed(client, workflowId),
      openSessions: (channel, sessionId) => openSessions(client, name, channel, sessionId),
    }),
    ...listActivities(client, provider),
  };
}

/** Has a schedule begin the reconciliations. The worker is of use without it, too. */
async function scheduleReconciliations(
  client: Client,
  { taskQueue, reconcile, providers: on }: Config,
  live: readonly LiveProvider[],
): Promise<void> {
  const { everySeconds, ...rest } = reconcile;
  const listing = live.filter(({ running }) => running !== null).map(({ name }) => name);
  const providers = on['amazon-transcribe'] ? [...listing, 'amazon-transcribe' as const] : listing;
  try {
    const options = { ...rest, providers };
    const reconciliations = { taskQueue, everySeconds, options };
    await client.withDeadline(Date.now() + SCHEDULED_WITHIN_MS, () =>
      ensureReconcileSchedule(client, reconciliations),
    );
  } catch (error) {
    log.warn({ err: error }, 'no reconciliation is scheduled');
  }
}
