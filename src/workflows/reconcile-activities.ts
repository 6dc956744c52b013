import { proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { ReconcileActivities } from '../activities/reconcile.ts';
import type { ListActivities, ReleaseActivities } from '../activities/releases.ts';
import type { ProviderName } from '../domain/sessions.ts';
import { providerTaskQueue } from './messages.ts';

const patience = {
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '15 seconds',
} as const;

/** The activities that ask Temporal. */
export function searchActivities() {
  return proxyActivities<ReconcileActivities>({
    ...patience,
    scheduleToCloseTimeout: '15 minutes',
    retry: { initialInterval: '1 second', maximumInterval: '30 seconds' },
  });
}

/**
 * The activities of one provider, on its queue and behind everything that sessions want there. What fails is tried again
 * by the next reconciliation.
 */
export function vendorActivities(provider: ProviderName) {
  return proxyActivities<ReleaseActivities & ListActivities>({
    ...patience,
    taskQueue: providerTaskQueue(workflowInfo().taskQueue, provider),
    priority: { priorityKey: 5 },
    // No worker may have the provider, or none any more.
    scheduleToStartTimeout: '2 minutes',
    retry: { initialInterval: '5 seconds', maximumAttempts: 3 },
  });
}
