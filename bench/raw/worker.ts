import { fileURLToPath } from 'node:url';
import { NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { createLiveActivities } from '../../src/activities/live.ts';
import { readConfig } from '../../src/config.ts';
import { agora } from '../../src/providers/agora/provider.ts';

/**
 * A worker as whoever has read Temporal's documentation writes it. The calls to the vendor are the product's own: what is
 * compared is all that is around them.
 */
const { taskQueue, watchMs, transcriptWaitMs, providers } = readConfig();
if (providers.agora === null) throw new Error('set the variables of Agora');
const provider = agora(providers.agora);
Runtime.install({ telemetryOptions: { logging: { filter: { core: 'WARN', other: 'WARN' } } } });
const connection = await NativeConnection.connect({ address: process.env['TEMPORAL_ADDRESS'] });
const workers = await Promise.all([
  Worker.create({
    connection,
    taskQueue,
    workflowsPath: fileURLToPath(new URL('workflows.ts', import.meta.url)),
  }),
  Worker.create({
    connection,
    taskQueue: `${taskQueue}.agora`,
    maxTaskQueueActivitiesPerSecond: provider.maxCallsPerSecond,
    activities: createLiveActivities({
      provider,
      watchMs,
      transcriptWaitMs,
      transcripts: null,
      otherSessions: async () => ({ exist: false, areKnown: true, tasks: [] }),
    }),
  }),
]);
console.log('working');
await Promise.all(workers.map((worker) => worker.run()));
await connection.close();
