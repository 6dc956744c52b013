import { workflowInfo } from '@temporalio/workflow';

/** When the API has said that the session was created: the time that its first answer showed (RFC 3339). */
export function createdAt(): string {
  const { memo, startTime } = workflowInfo();
  return textIn(memo?.['session'], 'createdAt') ?? startTime.toISOString();
}

/** What the API noted of the request that started the session, to know a repeated one by; null without an `Idempotency-Key`. */
export function startedBy(): string | null {
  return textIn(workflowInfo().memo, 'startedBy');
}

/** Whether the API has put the session into its memo. */
export function isInMemo(): boolean {
  return workflowInfo().memo?.['session'] !== undefined;
}

function textIn(container: unknown, name: string): string | null {
  const value: unknown =
    typeof container === 'object' && container !== null ? Reflect.get(container, name) : null;
  return typeof value === 'string' ? value : null;
}
