import { proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { ErasureActivities } from '../activities/erasure.ts';
import type { LiveActivities } from '../activities/live.ts';
import { providerTaskQueue } from './messages.ts';
import type { Erasure } from './messages.ts';

const patience = {
  startToCloseTimeout: '1 hour',
  heartbeatTimeout: '15 seconds',
  scheduleToCloseTimeout: '24 hours',
  retry: { initialInterval: '1 second', maximumInterval: '60 seconds' },
} as const;
// A few calls to Temporal.
const brief = {
  startToCloseTimeout: '60 seconds',
  scheduleToCloseTimeout: '24 hours',
  retry: patience.retry,
} as const;

/** Erases every run of a session: what was kept of its words, at last what Temporal knows of it. */
export async function eraseSession({ id, provider }: Erasure): Promise<void> {
  const { taskQueue, startTime } = workflowInfo();
  // Whoever begins the session anew meanwhile is left alone.
  const until = startTime.toISOString();
  const { forgetTasks } = proxyActivities<LiveActivities>({
    ...patience,
    taskQueue: providerTaskQueue(taskQueue, provider),
  });
  const { eraseObjects } = proxyActivities<ErasureActivities>(patience);
  const { endCollections, eraseHistory } = proxyActivities<ErasureActivities>(brief);
  // What still collects would write again what is erased here; one last write may be under way.
  const taskIds = await endCollections(id, until);
  await eraseObjects(id, until);
  await forgetTasks(id, taskIds);
  await eraseObjects(id, until);
  await eraseHistory(id, until);
}
