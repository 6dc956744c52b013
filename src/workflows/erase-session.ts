import {
  log,
  patched,
  proxyActivities,
  setCurrentDetails,
  workflowInfo,
} from '@temporalio/workflow';
import type { ErasureActivities } from '../activities/erasure.ts';
import type { LiveActivities } from '../activities/live.ts';
import { isNothing, tellErasure, type ErasureReport } from '../domain/erasure.ts';
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

/**
 * Erases every run of a session: what was kept of its words, at last what Temporal knows of it. Returns what there was
 * of it when it began, all of which is gone at the end; undefined where it began before there was such a report.
 */
export async function eraseSession({ id, provider }: Erasure): Promise<ErasureReport | undefined> {
  const { taskQueue, startTime } = workflowInfo();
  // Whoever begins the session anew meanwhile is left alone.
  const until = startTime.toISOString();
  const { surveyTasks, forgetTasks } = proxyActivities<LiveActivities>({
    ...patience,
    taskQueue: providerTaskQueue(taskQueue, provider),
  });
  const { surveySession, eraseObjects } = proxyActivities<ErasureActivities>(patience);
  const { endCollections, eraseHistory } = proxyActivities<ErasureActivities>(brief);
  // What still collects would write again what is erased here; one last write may be under way.
  const taskIds = await endCollections(id, until);
  let report: ErasureReport | undefined;
  // Counted before anything is removed: what a worker removed that was killed before it told is counted too.
  if (patched('tells-what-it-removes')) {
    const { workflows, ...ours } = await surveySession(id, until);
    const theirs = await surveyTasks(id, taskIds);
    report = {
      id,
      removed: {
        objects: ours.objects + theirs.objects,
        bytes: ours.bytes + theirs.bytes,
        jobs: ours.jobs + theirs.jobs,
        workflows,
      },
      kept: [...ours.kept, ...theirs.kept],
    };
    setCurrentDetails(tellErasure(report, false));
  }
  await eraseObjects(id, until);
  await forgetTasks(id, taskIds);
  await eraseObjects(id, until);
  await eraseHistory(id, until);
  if (report) {
    setCurrentDetails(tellErasure(report, true));
    if (!isNothing(report.removed)) log.info('erased', { sessionId: id, ...report.removed });
  }
  return report;
}
