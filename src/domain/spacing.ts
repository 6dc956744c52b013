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

/** When another task is to take over from one that lives from `fromMs` to `endsAtMs`: after four fifths, or 10 min before its end. */
export function rotateAtMs(fromMs: number, endsAtMs: number): number {
  return endsAtMs - Math.min((endsAtMs - fromMs) / 5, LONGEST_LEAD_MS);
}
