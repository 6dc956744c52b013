import { fileURLToPath } from 'node:url';
import { Client } from '@temporalio/client';
import { Runtime, Worker } from '@temporalio/worker';
import { pino } from 'pino';
import { createErasureActivities } from './activities/erasure.ts';
import { createLiveActivities } from './activities/live.ts';
import { readConfig } from './config.ts';
import { liveProviders } from './providers/registry.ts';
import { objectStore } from './storage/object-store.ts';
import { workerConnection } from './temporal/connection.ts';
import { temporalLogger } from './temporal/logger.ts';
import { otherSessions } from './temporal/other-sessions.ts';
import { ensureSearchAttributes } from './temporal/search-attributes.ts';
import { providerTaskQueue } from './workflows/messages.ts';

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
    const transcripts = config.transcripts && objectStore(config.transcripts);
    const providers = Object.values(liveProviders(config)).filter((provider) => provider !== null);
    const workers = await Promise.all([
      Worker.create({
        ...shared,
        taskQueue: config.taskQueue,
        workflowsPath: fileURLToPath(new URL('workflows/index.ts', import.meta.url)),
        activities: createErasureActivities({ client, transcripts }),
        // The default of 10 s is what every session of a killed worker would wait.
        stickyQueueScheduleToStartTimeout: '1 second',
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
            otherSessions: (channel, sessionId) => otherSessions(client, channel, sessionId),
          }),
        }),
      ),
    ]);
    log.info(
      { taskQueue: config.taskQueue, providers: providers.map(({ name }) => name) },
      'working',
    );
    await Promise.all(workers.map((worker) => worker.run()));
  } finally {
    // Without this the process would never exit.
    await connection.close();
  }
}
