import { setTimeout as sleep } from 'node:timers/promises';

export type Patience = {
  readonly everyMs: number;
  readonly withinMs: number;
  /** Ends the wait, with its reason as the error. */
  readonly signal: AbortSignal;
};

/**
 * Waits until `check` says true; a check that throws counts as false. Throws `what` (a sentence of what did not
 * happen), with the last fault as its cause, when that takes longer than `withinMs`.
 */
export async function waitUntil(
  what: string,
  check: () => Promise<boolean>,
  { everyMs, withinMs, signal }: Patience,
): Promise<void> {
  const deadlineMs = Date.now() + withinMs;
  let cause: unknown;
  while (Date.now() < deadlineMs) {
    signal.throwIfAborted();
    try {
      if (await check()) return;
    } catch (error) {
      cause = error;
    }
    // An abort only cuts the pause short; its reason is thrown above.
    await sleep(everyMs, undefined, { signal }).catch(() => {});
  }
  signal.throwIfAborted();
  throw new Error(`${what} within ${withinMs / 1_000} s`, { cause });
}
