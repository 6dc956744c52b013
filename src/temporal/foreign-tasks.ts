import type { Client } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from '../workflows/messages.ts';

/**
 * The ids of the tasks that open sessions of `channel` other than `sessionId` hold, from Temporal's visibility:
 * what such a session runs must never be adopted, or stopped, by another one.
 */
export async function foreignTasks(
  client: Client,
  channel: string,
  sessionId: string,
): Promise<string[]> {
  const name = SEARCH_ATTRIBUTES.channel.name;
  const query = `${name} = ${quoted(channel)} AND ExecutionStatus = 'Running'`;
  const ids: string[] = [];
  for await (const { workflowId, memo } of client.workflow.list({ query })) {
    const id = taskId(memo?.session);
    if (workflowId !== sessionId && id !== null) ids.push(id);
  }
  return ids;
}

function taskId(session: unknown): string | null {
  const task: unknown = property(session, 'task');
  const id = property(task, 'id');
  return typeof id === 'string' ? id : null;
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

/** A string of Temporal's list filter. */
function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
