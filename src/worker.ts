import { fileURLToPath } from 'node:url';
import { Client } from '@temporalio/client';
import { Runtime, Worker, type WorkerOptions } from '@temporalio/worker';
import { pino } from 'pino';
import { createArchiveActivities } from './activities/archive.ts';
import { createCallbackActivities } from './activities/callbacks.ts';
import { createErasureActivities } from './activities/erasure.ts';
import { createJobActivities, createJobStartActivities } from './activities/jobs.ts';
import { createLiveActivities } from './activities/live.ts';
import { readConfig, type Config } from './config.ts';
import { amazonTranscribe } from './providers/amazon-transcribe/provider.ts';
import { liveProviders, recordingOpener } from './providers/registry.ts';
import { objectStore, type ObjectStore } from './storage/object-store.ts';
import { workerConnection } from './temporal/connection.ts';
import { temporalLogger } from './temporal/logger.ts';
import { otherSessions } from './temporal/other-sessions.ts';
import { ensureSearchAttributes } from './temporal/search-attributes.ts';
import { CALLBACK_QUEUE, providerTaskQueue, RECORDING_QUEUES } from './workflows/messages.ts';

/** How many recordings one worker copies at a time, each with a few megabytes under way. */
const COPIES_AT_A_TIME = 4;
/** How many callbacks one worker has under way, each of which may take 15 s. */
const CALLBACKS_AT_A_TIME = 300;
/** Amazon Transcribe's quotas of calls a second (TLIM), for the whole fleet. */
const STARTS_PER_SECOND = 25;
const CALLS_PER_SECOND = 30;

const log = pino({ name: 'worker' });

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
  Runtime.install({
    logger: temporalLogger(log),
    telemetryOptions: { logging: { filter: { core: 'WARN', other: 'WARN' }, forward: {} } },
  });
  const { connection, namespace } = await workerConnection();
  try {
    await ensureSearchAttributes(connection, namespace);
    const client = new Client({ connection, namespace });
    const shared = {
      connection,
      namespace,
      // Longer than any activity but a recording's archive: what is under way is finished.
      shutdownGraceTime: '15 seconds',
    } as const;
    const recordings = config.providers['amazon-transcribe'];
    const transcripts = config.transcripts && objectStore(config.transcripts);
    const providers = Object.values(liveProviders(config)).filter((provider) => provider !== null);
    const audio = recordings && objectStore(recordings.audio);
    const workers = await Promise.all([
      Worker.create({
        ...shared,
        taskQueue: config.taskQueue,
        workflowsPath: fileURLToPath(new URL('workflows/index.ts', import.meta.url)),
        activities: createErasureActivities({ client, transcripts, audio }),
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
          activities: createLiveActivities({
            provider,
            watchMs: config.watchMs,
            transcriptWaitMs: config.transcriptWaitMs,
            transcripts,
            otherSessions: (channel, sessionId) =>
              otherSessions(client, provider.name, channel, sessionId),
          }),
        }),
      ),
      ...recordingQueues(config, audio, transcripts).map(({ queue, ...options }) =>
        Worker.create({
          ...shared,
          taskQueue: providerTaskQueue(config.taskQueue, queue),
          ...options,
        }),
      ),
    ]);
    log.info(
      {
        taskQueue: config.taskQueue,
        providers: Object.entries(config.providers).flatMap(([name, on]) => (on ? [name] : [])),
      },
      'working',
    );
    await Promise.all(workers.map((worker) => worker.run()));
  } finally {
    // Without this the process would never exit.
    await connection.close();
  }
}

type RecordingQueue = Pick<
  WorkerOptions,
  | 'activities'
  | 'maxTaskQueueActivitiesPerSecond'
  | 'maxConcurrentActivityTaskExecutions'
  | 'maxHeartbeatThrottleInterval'
> & { readonly queue: string };

/** The queues of recordings; none where they are off. */
function recordingQueues(
  config: Config,
  audio: ObjectStore | null,
  transcripts: ObjectStore | null,
): RecordingQueue[] {
  const settings = config.providers['amazon-transcribe'];
  if (settings === null || audio === null || transcripts === null) return [];
  const provider = amazonTranscribe(settings);
  const open = recordingOpener(config, audio);
  const { jobPollMs } = settings;
  return [
    {
      queue: RECORDING_QUEUES.archive,
      activities: createArchiveActivities({ audio, open }),
      maxConcurrentActivityTaskExecutions: COPIES_AT_A_TIME,
      // A stop is told to a copy by its heartbeat.
      maxHeartbeatThrottleInterval: '2 seconds',
    },
    {
      queue: RECORDING_QUEUES.starts,
      activities: createJobStartActivities({ provider }),
      maxTaskQueueActivitiesPerSecond: STARTS_PER_SECOND,
    },
    {
      queue: RECORDING_QUEUES.jobs,
      activities: createJobActivities({ provider, transcripts, jobPollMs }),
      maxTaskQueueActivitiesPerSecond: CALLS_PER_SECOND,
    },
  ];
}
