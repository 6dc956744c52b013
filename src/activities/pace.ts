import { setTimeout as delay } from 'node:timers/promises';

const SECOND_MS = 1_000;

/** Does `work` as soon as that is not too fast. */
export type Pace = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * Lets no more than `perSecond` calls of this worker come to their vendor in any second, however that counts: a call's place
 * is free a second after it has come there, which it has once it is answered, and within a second at the latest. The
 * queue's own limit, which holds for the whole fleet, saves up a second's worth, and lets that through at once.
 */
export function paceOf(perSecond: number): Pace {
  let free = perSecond;
  const waiting: (() => void)[] = [];
  const giveBack = () => {
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
  };
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => void waiting.push(resolve));
    const call = work();
    void Promise.race([call, delay(SECOND_MS, null, { ref: false })])
      .catch(() => undefined)
      .then(() => setTimeout(giveBack, SECOND_MS).unref());
    return call;
  };
}
