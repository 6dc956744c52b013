const SECOND_MS = 1_000;

/** Does `work` as soon as that is not too fast. */
export type Pace = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * Lets no more than `perSecond` calls of this worker come to their vendor in any second, however that counts: one more
 * begins a second after one of the last so many was answered. The queue's own limit, which holds for the whole fleet, is
 * no such thing: it saves up a second's worth, and what it lets through 40 ms apart comes closer together, or further.
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
    try {
      return await work();
    } finally {
      setTimeout(giveBack, SECOND_MS).unref();
    }
  };
}
