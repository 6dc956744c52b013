import { ActivityCancellationType, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { ArchiveActivities } from '../activities/archive.ts';
import type {
  JobActivities,
  JobStartActivities,
  JobTranscriptActivities,
} from '../activities/jobs.ts';
import { providerTaskQueue, RECORDING_QUEUES } from './messages.ts';

/**
 * The activities of a recording's session, by temper. Starts have a queue of their own, for they have a limit of their own;
 * so have transcripts, for which the vendor is not asked, but of sessions that workers may run who have no such queue.
 */
export function recordingActivities(hasTranscriptQueue: boolean) {
  const { taskQueue } = workflowInfo();
  const queue = (name: string) => ({ taskQueue: providerTaskQueue(taskQueue, name) });
  // Gigabytes may have to be copied. A worker that died is missed by its heartbeats.
  const { archiveRecording } = proxyActivities<ArchiveActivities>({
    ...queue(RECORDING_QUEUES.archive),
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    startToCloseTimeout: '6 hours',
    heartbeatTimeout: '15 seconds',
    retry: { initialInterval: '1 second', maximumInterval: '60 seconds' },
  });
  // Throttled starts wait here for their turn; a start under way is awaited, also by a stop.
  const { startJob } = proxyActivities<JobStartActivities>({
    ...queue(RECORDING_QUEUES.starts),
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    startToCloseTimeout: '15 seconds',
    retry: { initialInterval: '1 second', maximumInterval: '60 seconds' },
  });
  const shared = {
    ...queue(RECORDING_QUEUES.jobs),
    cancellationType: ActivityCancellationType.TRY_CANCEL,
    retry: { initialInterval: '1 second', maximumInterval: '60 seconds' },
  } as const;
  // One call of at most 10 s, for as long as the job runs.
  const { watchJob } = proxyActivities<JobActivities>({
    ...shared,
    startToCloseTimeout: '15 seconds',
  });
  const { stopJobs } = proxyActivities<JobActivities>({
    ...shared,
    startToCloseTimeout: '60 seconds',
    scheduleToCloseTimeout: '24 hours',
  });
  const { storeTranscript } = proxyActivities<JobTranscriptActivities>({
    ...shared,
    ...queue(hasTranscriptQueue ? RECORDING_QUEUES.transcripts : RECORDING_QUEUES.jobs),
    startToCloseTimeout: '1 hour',
    heartbeatTimeout: '15 seconds',
  });
  return { archiveRecording, startJob, watchJob, storeTranscript, stopJobs };
}
