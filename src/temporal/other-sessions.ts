import type { Client } from '@temporalio/client';
import { isEnded, SESSION_STATUSES } from '../domain/session.ts';
import { equals, SEARCH_ATTRIBUTES } from '../workflows/messages.ts';

/** What is known of the other open sessions of a channel. */
export type OtherSessions = {
  readonly exist: boolean;
  readonly areKnown: boolean;
  readonly tasks: string[];
};

/**
 * What Temporal's visibility, which lags a little, knows of the provider's open sessions of `channel` (null = any) other than
 * `sessionId` (null = of all): what such a one runs must never be adopted, or stopped, by another one.
 */
export async function otherSessions(
  client: Client,
  provider: string,
  channel: string | null,
  sessionId: string | null,
): Promise<OtherSessions> {
  const ofProvider = equals(SEARCH_ATTRIBUTES.provider, provider);
  const ofChannel = channel === null ? [] : [equals(SEARCH_ATTRIBUTES.channel, channel)];
  const query = [ofProvider, ...ofChannel, "ExecutionStatus = 'Running'"].join(' AND ');
  const others: (string | null)[] = [];
  for await (const { workflowId, memo } of client.workflow.list({ query })) {
    // One that only collects its transcript runs nothing.
    if (workflowId === sessionId || isOver(memo?.['session'])) continue;
    others.push(taskIdOf(memo?.['session']));
  }
  return {
    exist: others.length > 0,
    areKnown: !others.includes(null),
    tasks: others.filter((id) => id !== null),
  };
}

/** Whether a session, as a memo has it, has ended: its workflow may be open to collect its transcript. */
export function isOver(session: unknown): boolean {
  const status = property(session, 'status');
  const known = SESSION_STATUSES.find((name) => name === status);
  return known !== undefined && isEnded(known);
}

/** The task of a session, as a memo has it; null while there is none. */
export function taskIdOf(session: unknown): string | null {
  const id = property(property(session, 'task'), 'id');
  return typeof id === 'string' ? id : null;
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
