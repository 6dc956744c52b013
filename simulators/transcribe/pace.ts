import { ServiceError } from './errors.ts';
import type { Operation } from './faults.ts';

const SECOND_MS = 1_000;

/** How many calls of an operation are served in any second. */
export type PerSecond = Readonly<Record<Operation, number>>;

/** Refuses what comes faster than the account's quotas. */
export class Pace {
  readonly #now: () => number;
  readonly #perSecond: PerSecond;
  readonly #served: Record<Operation, number[]> = { start: [], get: [], list: [], delete: [] };

  constructor(now: () => number, perSecond: PerSecond) {
    this.#now = now;
    this.#perSecond = perSecond;
  }

  admit(operation: Operation): void {
    const nowMs = this.#now();
    const recent = this.#served[operation].filter((atMs) => nowMs - atMs < SECOND_MS);
    this.#served[operation] = recent;
    if (recent.length >= this.#perSecond[operation]) {
      throw new ServiceError(
        'LimitExceededException',
        "You've sent too many requests. Wait before you retry your request.",
      );
    }
    recent.push(nowMs);
  }
}
