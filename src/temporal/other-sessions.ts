import type { Client } from '@temporalio/client';
import { equals, SEARCH_ATTRIBUTES } from '../workflows/messages.ts';

/**
 * What Temporal's visibility, which lags a little, knows of the open sessions of `channel` other than `sessionId`:
 * what such a one runs must never be adopted, or stopped, by another one.
 */
export async function otherSessions(
  client: Client,
  channel: string,
  sessionId: string,
): Promise<{ readonly exist: boolean; readonly tasks: string[] }> {
  const query = `${equals(SEARCH_ATTRIBUTES.channel, channel)} AND ExecutionStatus = 'Running'`;
  const tasks: string[] = [];
  let exist = false;
  for await (const { workflowId, memo } of client.workflow.list({ query })) {
    if (workflowId === sessionId) continue;
    exist = true;
    const id = taskId(memo?.session);
    if (id !== null) tasks.push(id);
  }
  return { exist, tasks };
}

function taskId(session: unknown): string | null {
  const task: unknown = property(session, 'task');
  const id = property(task, 'id');
  return typeof id === 'string' ? id : null;
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
