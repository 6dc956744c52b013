import type { Client } from '@temporalio/client';
import type { WorkerOptions } from '@temporalio/worker';
import { createArchiveActivities } from './activities/archive.ts';
import {
  createJobActivities,
  createJobStartActivities,
  createJobTranscriptActivities,
} from './activities/jobs.ts';
import { createListActivities } from './activities/releases.ts';
import type { Config } from './config.ts';
import { amazonTranscribe } from './providers/amazon-transcribe/provider.ts';
import { measured, observed, type ObserveCall } from './providers/measured.ts';
import type { LiveProvider } from './providers/port.ts';
import { recordingOpener } from './providers/registry.ts';
import type { ObjectStore } from './storage/object-store.ts';
import { isListed, ownersOfTasks } from './temporal/task-owners.ts';
import { RECORDING_QUEUES } from './workflows/messages.ts';

/** How many recordings one worker copies at a time, each with a few megabytes under way. */
const COPIES_AT_A_TIME = 4;
/** How many transcripts of recordings one worker reads and stores at a time: those of hours have some megabytes. */
const TRANSCRIPTS_AT_A_TIME = 20;
/** Amazon Transcribe's quotas of calls a second (TLIM), for the whole fleet. */
const STARTS_PER_SECOND = 25;
const CALLS_PER_SECOND = 30;

type RecordingQueue = Pick<
  WorkerOptions,
  | 'activities'
  | 'maxTaskQueueActivitiesPerSecond'
  | 'maxConcurrentActivityTaskExecutions'
  | 'maxHeartbeatThrottleInterval'
> & { readonly queue: string };

/** What a worker takes from the queues of recordings, and how fast; none where they are off. */
export function recordingQueues(
  client: Client,
  config: Config,
  audio: ObjectStore | null,
  transcripts: ObjectStore | null,
  observe: ObserveCall,
): RecordingQueue[] {
  const settings = config.providers['amazon-transcribe'];
  if (settings === null || audio === null || transcripts === null) return [];
  const provider = measured('amazon-transcribe', amazonTranscribe(settings), observe);
  const open = recordingOpener(config, audio);
  const { jobPollMs } = settings;
  const ofTranscripts = createJobTranscriptActivities({ provider, transcripts });
  return [
    {
      queue: RECORDING_QUEUES.archive,
      activities: createArchiveActivities({
        audio,
        open: (source, signal) =>
          // What is in a bucket is opened by the store, which is measured already.
          source.kind === 's3'
            ? open(source, signal)
            : observed(
                { provider: source.kind, operation: 'open' },
                () => open(source, signal),
                observe,
              ),
      }),
      maxConcurrentActivityTaskExecutions: COPIES_AT_A_TIME,
      // A stop is told to a copy by its heartbeat.
      maxHeartbeatThrottleInterval: '2 seconds',
    },
    {
      queue: RECORDING_QUEUES.starts,
      activities: createJobStartActivities({
        provider,
        jobPollMs,
        callsPerSecond: STARTS_PER_SECOND,
      }),
      maxTaskQueueActivitiesPerSecond: STARTS_PER_SECOND,
      // Half of them wait for their second.
      maxConcurrentActivityTaskExecutions: 2 * STARTS_PER_SECOND,
    },
    {
      queue: RECORDING_QUEUES.jobs,
      activities: {
        ...createJobActivities({ provider, jobPollMs, callsPerSecond: CALLS_PER_SECOND }),
        // Scheduled here by workers before there was a queue of its own: those sessions may take weeks.
        ...ofTranscripts,
        ...listActivities(client, provider),
      },
      maxTaskQueueActivitiesPerSecond: CALLS_PER_SECOND,
      maxConcurrentActivityTaskExecutions: 2 * CALLS_PER_SECOND,
    },
    {
      queue: RECORDING_QUEUES.transcripts,
      activities: ofTranscripts,
      maxConcurrentActivityTaskExecutions: TRANSCRIPTS_AT_A_TIME,
    },
  ];
}

/** What a reconciliation asks of a vendor. */
export function listActivities(client: Client, { running }: Pick<LiveProvider, 'running'>) {
  return createListActivities({
    running,
    isListed: (workflowId) => isListed(client, workflowId),
    ownersOfTasks: (taskIds) => ownersOfTasks(client, taskIds),
  });
}
