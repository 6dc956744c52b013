import { ScheduleOverlapPolicy } from '@temporalio/client';
import { expect } from 'vitest';
import { z } from 'zod';
import { SIMULATED_AGORA } from '../../simulators/credentials.ts';
import type { ReconcileReport } from '../../src/domain/reconcile-report.ts';
import { reconcileId } from '../../src/workflows/messages.ts';
import type { reconcile } from '../../src/workflows/reconcile.ts';
import { joinOf } from '../simulators/agora-caller.ts';
import { eventually, type Stack } from './stack.ts';

export const RECONCILING = {
  // Never within a test: each begins its own.
  DURASCRIBE_RECONCILE_SECONDS: '86400',
  DURASCRIBE_RECONCILE_GRACE_SECONDS: '1',
};

/** Has the schedule begin a reconciliation now, and returns its report once it is over, with its workflow's id. */
export async function reconciled({
  client,
  taskQueue,
}: Stack): Promise<ReconcileReport & { readonly workflowId: string }> {
  const schedule = client.schedule.getHandle(reconcileId(taskQueue));
  let taken = 0;
  // One that has just ended would have the next one skipped.
  await eventually(async () => {
    const { info } = await schedule.describe();
    taken = info.numActionsTaken;
    expect(info.runningActions).toEqual([]);
  });
  // The SDK's own choice would begin it beside others, as if there had been none before.
  await schedule.trigger(ScheduleOverlapPolicy.SKIP);
  let workflowId = '';
  await eventually(async () => {
    const { info } = await schedule.describe();
    expect(info.numActionsTaken).toBe(taken + 1);
    workflowId = info.recentActions.at(-1)?.action.workflow.workflowId ?? '';
  });
  const report = await client.workflow.getHandle<typeof reconcile>(workflowId).result();
  return { ...report, workflowId };
}

/** Terminates the session, and waits until a search shows it. */
export async function terminate({ client }: Stack, sessionId: string): Promise<void> {
  const handle = client.workflow.getHandle(sessionId);
  const { runId } = await handle.describe();
  await handle.terminate('by hand');
  const query = `WorkflowId = '${sessionId}' AND RunId = '${runId}' AND ExecutionStatus = 'Terminated'`;
  await eventually(async () => {
    expect((await client.workflow.count(query)).count).toBe(1);
  });
}

/** Joins as somebody else would; returns the id of the task. */
export async function joinByHand(
  { environment }: Stack,
  name: string,
  channel: string,
): Promise<string> {
  const { customerId, customerSecret, appId } = SIMULATED_AGORA;
  const { AGORA_BASE_URL } = environment;
  const credentials = Buffer.from(`${customerId}:${customerSecret}`).toString('base64');
  const response = await fetch(`${AGORA_BASE_URL}/api/speech-to-text/v1/projects/${appId}/join`, {
    method: 'POST',
    headers: { authorization: `Basic ${credentials}`, 'content-type': 'application/json' },
    body: JSON.stringify(joinOf(name, channel)),
  });
  return z.object({ agent_id: z.string() }).parse(await response.json()).agent_id;
}
