import {
  metricMeter,
  setCurrentDetails,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { tellReconciliation } from '../domain/narration.ts';
import {
  lookSince,
  outcomeOf,
  progressAfter,
  progressed,
  type ReconcileReport,
} from '../domain/reconcile-report.ts';
import { SEARCH_ATTRIBUTES, type ReconcileOptions } from './messages.ts';
import { searchActivities } from './reconcile-activities.ts';
import { ReconcileRun } from './reconcile-run.ts';

/** How many sessions one reconciliation looks at besides those that are open still: the next one goes on. */
const MOST_RUNS = 500;
/** How many are looked at and released at a time: sessions that live come first. */
const AT_A_TIME = 10;

/**
 * Finds the tasks of live sessions that ended without their own clean-up and stops them, and tells what runs at the vendors
 * and is nobody's. Begins where the schedule's last one has come to.
 */
export async function reconcile(options: ReconcileOptions): Promise<ReconcileReport> {
  const { startTime, lastResult } = workflowInfo();
  const before = progressAfter(lastResult, startTime);
  setCurrentDetails('Looking for sessions that have ended without stopping their tasks');
  const { findEndedRuns } = searchActivities();
  const known = [...before.open, ...before.settled].map(({ runId }) => runId);
  const found = await findEndedRuns.executeWithOptions(
    { summary: `sessions that ended since ${before.until}` },
    [{ since: lookSince(before), except: known, most: MOST_RUNS }],
  );
  const runs = [...before.open, ...found.runs];
  const work = new ReconcileRun();
  for (let from = 0; from < runs.length; from += AT_A_TIME) {
    await work.release(runs.slice(from, from + AT_A_TIME));
  }
  setCurrentDetails('Comparing what the vendors run with the sessions that there are');
  await Promise.all(options.providers.map((provider) => work.compare(provider, options)));
  const until = found.areAll
    ? startTime.toISOString()
    : (found.runs.at(-1)?.closedAt ?? before.until);
  const report = {
    startedAt: startTime.toISOString(),
    tookMs: Date.now() - startTime.getTime(),
    checked: runs.length,
    released: work.released,
    running: work.running,
    unowned: work.unowned,
    failures: work.failures,
    progress: progressed(before, until, work),
  };
  publish(report, options);
  return report;
}

/** Shows the report where operators look: the workflow's page and list in the UI, and the metrics of the worker. */
function publish(report: ReconcileReport, { providers }: ReconcileOptions): void {
  setCurrentDetails(tellReconciliation(report));
  const outcome = outcomeOf(report);
  if (outcome !== null) upsertSearchAttributes([{ key: SEARCH_ATTRIBUTES.status, value: outcome }]);
  const { released, unowned, failures } = report;
  const unownedNow = metricMeter.createGauge(
    'durascribe_reconcile_unowned',
    'int',
    undefined,
    "tasks that run at the vendor and are nobody's, at the last reconciliation",
  );
  for (const provider of providers) {
    const left = unowned.filter((task) => task.provider === provider && !task.isStopped);
    unownedNow.set(left.length, { provider });
  }
  const releases = metricMeter.createCounter(
    'durascribe_reconcile_released',
    undefined,
    'tasks that a session had left and that a reconciliation has stopped',
  );
  for (const { provider } of released) releases.add(1, { provider });
  const failed = metricMeter.createCounter(
    'durascribe_reconcile_failures',
    undefined,
    'what a reconciliation could not do',
  );
  for (const { provider } of failures) failed.add(1, { provider });
}
