import {
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  proxyActivities,
  setHandler,
  sleep,
  upsertMemo,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { LiveActivities } from '../../src/activities/live.ts';
import type { Configuration } from '../../src/domain/configuration.ts';
import type { TaskStart } from '../../src/domain/task.ts';
import { SEARCH_ATTRIBUTES } from '../../src/workflows/messages.ts';
import { change, stop, type RawRequest, type RawState, type RawView } from './messages.ts';

const GAP_MS = 5_000;

/**
 * A session by hand: started, changed no more often than the vendor allows, watched, stopped, and shown in its memo.
 * It has none of what makes the product's one outlive faults.
 */
export async function rawSession(request: RawRequest, state?: RawState): Promise<RawView> {
  const { startTask, updateTask, stopTask, watchTask } = vendor();
  let view: RawView = state?.view ?? {
    status: 'starting',
    desired: request.configuration,
    applied: null,
    revision: 0,
    taskId: null,
  };
  let isStopped = false;
  const show = (changes: Partial<RawView>) => {
    view = { ...view, ...changes };
    upsertMemo({ request, session: view });
    if (changes.status === undefined) return;
    upsertSearchAttributes([
      { key: SEARCH_ATTRIBUTES.status, value: changes.status },
      { key: SEARCH_ATTRIBUTES.changedAt, value: new Date() },
    ]);
  };
  setHandler(change, (changes) => {
    show({ desired: { ...view.desired, ...changes }, revision: view.revision + 1 });
    return view.revision;
  });
  setHandler(stop, () => {
    isStopped = true;
  });

  const task = state?.task ?? (await startTask(taskStart(request)));
  let notBeforeMs = state?.notBeforeMs ?? Date.now() + GAP_MS;
  let sequenceId = state?.sequenceId ?? 0;
  if (state === undefined) {
    show({ status: 'running', applied: view.desired, taskId: task.id });
  }

  const life = new CancellationScope();
  void life.run(async () => {
    await Promise.race([sleep('4 hours'), watchTask(task, request.channel, null)]).catch(
      unlessCancelled,
    );
    isStopped = true;
  });
  // Temporal takes 2,000 updates of a run.
  const isInterrupted = () => isStopped || workflowInfo().continueAsNewSuggested;
  const isDue = async () => {
    await condition(() => isInterrupted() || view.applied !== view.desired);
    const waitMs = notBeforeMs - Date.now();
    if (!isInterrupted() && waitMs > 0) await condition(isInterrupted, waitMs);
    return !isStopped;
  };
  while (await isDue()) {
    if (workflowInfo().continueAsNewSuggested) {
      await continueAsNew<typeof rawSession>(request, { view, task, notBeforeMs, sequenceId });
    }
    const wanted = view.desired;
    sequenceId += 1;
    const fields = changedFields(view.applied, wanted);
    await updateTask(task, { configuration: wanted, fields, sequenceId, revision: view.revision });
    notBeforeMs = Date.now() + GAP_MS;
    // The object that the handler replaces: a change that came meanwhile is seen by it.
    show({ applied: wanted });
  }
  life.cancel();
  await stopTask(task, request.channel);
  show({ status: 'stopped' });
  return view;
}

/** A bare timer and one activity, again and again: what Temporal itself takes. */
export async function rawTimer(request: RawRequest, times: number): Promise<void> {
  const { startTask, updateTask, stopTask } = vendor();
  const task = await startTask(taskStart(request));
  const fields = ['subscribeAudioUids'] as const;
  for (let sequenceId = 1; sequenceId <= times; sequenceId += 1) {
    await sleep(GAP_MS);
    const configuration = { ...request.configuration, subscribeAudioUids: [String(sequenceId)] };
    await updateTask(task, { configuration, fields, sequenceId, revision: sequenceId });
  }
  await stopTask(task, request.channel);
}

function unlessCancelled(error: unknown): void {
  if (!isCancellation(error)) throw error;
}

function vendor() {
  const taskQueue = `${workflowInfo().taskQueue}.agora`;
  return proxyActivities<LiveActivities>({ taskQueue, startToCloseTimeout: '60 seconds' });
}

function changedFields(applied: Configuration | null, wanted: Configuration) {
  return (['languages', 'subscribeAudioUids'] as const).filter(
    (field) => JSON.stringify(applied?.[field]) !== JSON.stringify(wanted[field]),
  );
}

function taskStart({ channel, configuration }: RawRequest): TaskStart {
  const { workflowId, firstExecutionRunId } = workflowInfo();
  return {
    sessionId: workflowId,
    firstRunId: firstExecutionRunId,
    generation: 1,
    channel,
    configuration,
    options: {},
    maxIdleSeconds: 300,
    maxDurationSeconds: 14_400,
    key: null,
    otherTasks: [],
    unansweredSince: null,
    triedUntil: null,
  };
}
