import { ActivityCancellationType, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { LiveActivities } from '../activities/live.ts';
import type { LiveProviderName } from '../domain/session.ts';
import { providerTaskQueue } from './messages.ts';

/**
 * The activities of a live session, on its provider's queue and named by temper. Cancelling one never waits for
 * it: a stop wins over whatever is under way. Where the queue is long, stops go first and watching last.
 */
export function liveActivities(provider: LiveProviderName) {
  const shared = {
    taskQueue: providerTaskQueue(workflowInfo().taskQueue, provider),
    cancellationType: ActivityCancellationType.TRY_CANCEL,
  };
  // One call of at most 10 s. The workflow, not the server, decides about another try, also when no worker took it.
  const { prepareTask, startTask, updateTask } = proxyActivities<LiveActivities>({
    ...shared,
    priority: { priorityKey: 2 },
    scheduleToStartTimeout: '10 minutes',
    startToCloseTimeout: '15 seconds',
    retry: { maximumAttempts: 1 },
  });
  // A look makes up to three calls. It is retried for as long as the task runs.
  const { watchTask, lookAtTask } = proxyActivities<LiveActivities>({
    ...shared,
    priority: { priorityKey: 5 },
    startToCloseTimeout: '60 seconds',
    retry: { initialInterval: '5 seconds', maximumInterval: '60 seconds' },
  });
  // A billed task must not be left: a day of tries, the first ones close together.
  const { stopTask, releaseTask } = proxyActivities<LiveActivities>({
    ...shared,
    priority: { priorityKey: 1 },
    startToCloseTimeout: '60 seconds',
    scheduleToCloseTimeout: '24 hours',
    retry: { initialInterval: '1 second', maximumInterval: '60 seconds' },
  });
  // Everything is read at each look, which is retried until all has come or the activity gives up.
  const { collectTranscript } = proxyActivities<LiveActivities>({
    ...shared,
    priority: { priorityKey: 4 },
    startToCloseTimeout: '1 hour',
    heartbeatTimeout: '15 seconds',
    scheduleToCloseTimeout: '7 days',
    retry: { initialInterval: '5 seconds', maximumInterval: '60 seconds' },
  });
  return {
    prepareTask,
    startTask,
    updateTask,
    watchTask,
    lookAtTask,
    stopTask,
    releaseTask,
    collectTranscript,
  };
}
