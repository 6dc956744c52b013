import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import { equals, SEARCH_ATTRIBUTES } from '../workflows/messages.ts';
import { isOver, otherSessions, taskIdOf, type OtherSessions } from './other-sessions.ts';

/** How many tasks one query asks for. */
const AT_A_TIME = 50;

/** The session that has, or had, a task. */
export type TaskOwner = { readonly sessionId: string; readonly isOpen: boolean };

/** Whose the provider's tasks are, as visibility has it, in any deployment of the namespace; an open session comes before others. */
export async function ownersOfTasks(
  { workflow }: Client,
  taskIds: readonly string[],
): Promise<Map<string, TaskOwner>> {
  const owners = new Map<string, TaskOwner>();
  for (let from = 0; from < taskIds.length; from += AT_A_TIME) {
    const asked = taskIds.slice(from, from + AT_A_TIME);
    const query = asked.map((id) => equals(SEARCH_ATTRIBUTES.tasks, id)).join(' OR ');
    for await (const info of workflow.list({ query })) {
      const { workflowId: sessionId, status, memo, typedSearchAttributes } = info;
      const isOpen = status.name === 'RUNNING' && !isOver(memo?.['session']);
      for (const id of typedSearchAttributes.get(SEARCH_ATTRIBUTES.tasks) ?? []) {
        if (isOpen || !owners.has(id)) owners.set(id, { sessionId, isOpen });
      }
    }
  }
  return owners;
}

/**
 * What is known of the open sessions of `channel` (null = of every channel), all of them: also of the newest run of `sessionId`, which visibility may
 * not know yet.
 */
export async function openSessions(
  client: Client,
  provider: string,
  channel: string | null,
  sessionId: string | null,
): Promise<OtherSessions> {
  const others = await otherSessions(client, provider, channel, null);
  const newest = sessionId === null ? null : await describe(client, sessionId);
  if (newest?.status.name !== 'RUNNING' || isOver(newest.memo?.['session'])) return others;
  const task = taskIdOf(newest.memo?.['session']);
  return {
    exist: true,
    areKnown: others.areKnown && task !== null,
    tasks: task === null ? others.tasks : [...others.tasks, task],
  };
}

async function describe({ workflow }: Client, sessionId: string) {
  try {
    return await workflow.getHandle(sessionId).describe();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}

/** Whether visibility, which lags a little, knows the workflow. */
export async function isListed({ workflow }: Client, workflowId: string): Promise<boolean> {
  const { count } = await workflow.count(equals({ name: 'WorkflowId' }, workflowId));
  return count > 0;
}
