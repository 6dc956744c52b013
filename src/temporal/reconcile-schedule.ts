import {
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
} from '@temporalio/client';
import type { Client, ScheduleOptions } from '@temporalio/client';
import { PROVIDER_NAMES, type ProviderName } from '../domain/sessions.ts';
import { reconcileId, type ReconcileOptions } from '../workflows/messages.ts';

/** How late a reconciliation may be, as a part of the interval. */
const JITTER = 0.1;

/** A deployment's reconciliations, as they are to be. */
export type Reconciliations = {
  readonly taskQueue: string;
  /** 0 = never. */
  readonly everySeconds: number;
  readonly options: ReconcileOptions;
};

/**
 * Makes the schedule of the reconciliations, or brings the one that there is up to date: a pause of an operator's stays,
 * and so do the providers of other workers of the deployment.
 * Several workers may do so at a time. Throws with the command to run where the server does not let us.
 */
export async function ensureReconcileSchedule(
  client: Client,
  reconciliations: Reconciliations,
): Promise<void> {
  const { taskQueue, everySeconds } = reconciliations;
  const scheduleId = reconcileId(taskQueue);
  const handle = client.schedule.getHandle(scheduleId);
  try {
    if (everySeconds === 0) {
      await handle.delete();
      return;
    }
    const wanted = scheduleOf(reconciliations);
    try {
      await client.schedule.create({ scheduleId, ...wanted });
    } catch (error) {
      if (!(error instanceof ScheduleAlreadyRunning)) throw error;
      await handle.update(({ state, action }) => {
        const args = action.type === 'startWorkflow' ? action.args : undefined;
        return { ...scheduleOf(beside(reconciliations, args)), state };
      });
    }
  } catch (cause) {
    if (everySeconds === 0 && cause instanceof ScheduleNotFoundError) return;
    const command = commandFor(client.options.namespace, reconciliations);
    const message = `The schedule of the reconciliations could not be set. Without it nothing looks for tasks that terminated sessions have left. Run: ${command}`;
    throw new Error(message, { cause });
  }
}

/** With the providers of `args` of the schedule that there is, too: each worker may have others. */
function beside(reconciliations: Reconciliations, args: unknown): Reconciliations {
  const [before]: unknown[] = Array.isArray(args) ? args : [];
  const known: unknown =
    typeof before === 'object' && before !== null ? Reflect.get(before, 'providers') : undefined;
  const { options } = reconciliations;
  const isIn = (provider: ProviderName) =>
    options.providers.includes(provider) || (Array.isArray(known) && known.includes(provider));
  return { ...reconciliations, options: { ...options, providers: PROVIDER_NAMES.filter(isIn) } };
}

function scheduleOf({
  taskQueue,
  everySeconds,
  options,
}: Reconciliations): Pick<ScheduleOptions, 'spec' | 'policies' | 'action'> {
  return {
    // Not all deployments of a namespace, and of a vendor's account, at once.
    spec: { intervals: [{ every: everySeconds * 1_000 }], jitter: everySeconds * JITTER * 1_000 },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 minute' },
    action: {
      type: 'startWorkflow',
      workflowType: 'reconcile',
      workflowId: reconcileId(taskQueue),
      taskQueue,
      args: [options],
      staticSummary: "stops what sessions have left at their vendors, and tells what is nobody's",
    },
  };
}

function commandFor(
  namespace: string,
  { taskQueue, everySeconds, options }: Reconciliations,
): string {
  const id = reconcileId(taskQueue);
  if (everySeconds === 0) {
    return `temporal schedule delete --namespace ${namespace} --schedule-id ${id}`;
  }
  return [
    `temporal schedule create --namespace ${namespace} --schedule-id ${id} --workflow-id ${id}`,
    `--interval ${everySeconds}s --jitter ${everySeconds * JITTER}s --overlap-policy Skip --catchup-window 1m`,
    `--task-queue ${taskQueue} --type reconcile --input '${JSON.stringify(options)}'`,
  ].join(' ');
}
