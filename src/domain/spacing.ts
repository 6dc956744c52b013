import type { Task } from './task.ts';

/**
 * The least time between the answer to a start or update and the next update of the same task.
 * Agora: "Calling update requires at least 5-second intervals" (Real-Time STT, Update service, Notice).
 */
const UPDATE_SPACING_MS = 5_000;

/**
 * When the next update may be sent, in ms since the epoch, after a call that was answered at `answeredAtMs`.
 * A vendor's Retry-After counts when it asks for more than the spacing.
 */
export function nextUpdateAtMs(answeredAtMs: number, retryAfterMs = 0): number {
  return answeredAtMs + Math.max(UPDATE_SPACING_MS, retryAfterMs);
}

/** The back-off before try number `attempt` + 1 (1 = after the first): 1 s doubling to 30 s, or the vendor's Retry-After if later. */
export function backoffMs(attempt: number, retryAfterMs = 0): number {
  return Math.max(Math.min(1_000 * 2 ** (attempt - 1), 30_000), retryAfterMs);
}

/** The longest time that a task is replaced before its end. */
const LONGEST_LEAD_MS = 10 * 60_000;

/** When another task is to take over from `task`, in ms since the epoch: a fifth of its life before its end, 10 min at most. */
export function rotateAtMs({ startedAt, endsAt }: Pick<Task, 'startedAt' | 'endsAt'>): number {
  const endsAtMs = Date.parse(endsAt);
  const lifeMs = endsAtMs - Date.parse(startedAt);
  return endsAtMs - Math.min(lifeMs / 5, LONGEST_LEAD_MS);
}
