import {
  metricMeter,
  setCurrentDetails,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { tellReconciliation } from '../domain/narration.ts';
import {
  dueRuns,
  listed,
  outcomeOf,
  progressAfter,
  progressed,
  roomFor,
  type ReconcileReport,
} from '../domain/reconcile-report.ts';
import { SEARCH_ATTRIBUTES, type ReconcileOptions } from './messages.ts';
import { searchActivities } from './reconcile-activities.ts';
import { ReconcileRun } from './reconcile-run.ts';

/** How many sessions one reconciliation looks for besides those that are open still: the next one goes on. */
const MOST_RUNS = 100;

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
    [{ since: before.since, except: known, most: roomFor(MOST_RUNS, before) }],
  );
  const { due, later } = dueRuns(before, startTime.getTime());
  const runs = [...found.runs, ...due];
  const work = new ReconcileRun();
  setCurrentDetails(
    'Stopping what has been left, and comparing what the vendors run with the sessions that there are',
  );
  await work.reconcile(runs, options, before.unowned);
  const until = found.areAll
    ? startTime.toISOString()
    : (found.runs.at(-1)?.closedAt ?? before.until);
  const left = Object.values(work.unownedCounts).reduce((sum, count) => sum + count, 0);
  const report = {
    startedAt: startTime.toISOString(),
    tookMs: Date.now() - startTime.getTime(),
    checked: runs.length,
    counts: {
      released: work.released.length,
      unowned: left + work.unowned.filter(({ isStopped }) => isStopped).length,
      failures: work.failures.length,
      waiting: work.waiting.length,
    },
    released: listed(work.released),
    running: work.running,
    unowned: work.unowned,
    failures: listed(work.failures),
    waiting: listed(work.waiting),
    progress: progressed(before, until, {
      open: [...later, ...work.open],
      settled: work.settled,
      unowned: work.unowned.flatMap(({ taskId, isStopped }) => (isStopped ? [] : [taskId])),
    }),
  };
  publish(report, work, options);
  return report;
}

/** Shows the report where operators look: the workflow's page and list in the UI, and the metrics of the worker. */
function publish(
  report: ReconcileReport,
  { released, failures, unownedCounts }: ReconcileRun,
  { providers }: ReconcileOptions,
): void {
  setCurrentDetails(tellReconciliation(report));
  const outcome = outcomeOf(report);
  if (outcome !== null) upsertSearchAttributes([{ key: SEARCH_ATTRIBUTES.status, value: outcome }]);
  const unownedNow = metricMeter.createGauge(
    'durascribe_reconcile_unowned',
    'int',
    undefined,
    "tasks that run at the vendor and are nobody's, at the last reconciliation",
  );
  for (const provider of providers) {
    const count = unownedCounts[provider];
    if (count !== undefined) unownedNow.set(count, { provider });
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
  // Gauges of workers that have not reconciled since are older than this.
  metricMeter
    .createGauge(
      'durascribe_reconcile_timestamp_seconds',
      'int',
      undefined,
      'when the last reconciliation began that this worker has brought to its end',
    )
    .set(Math.floor(Date.parse(report.startedAt) / 1_000));
  for (const { provider } of failures) failed.add(1, { provider: provider ?? 'none' });
}
