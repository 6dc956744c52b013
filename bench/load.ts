/** What a load came to. */
export type Load = {
  readonly operations: number;
  readonly seconds: number;
  readonly latenciesMs: readonly number[];
};

/** Does `work` for each of `items`, so many callers at a time: each begins anew when it is answered. */
export async function each<Item>(
  items: readonly Item[],
  callers: number,
  work: (item: Item) => Promise<void>,
): Promise<Load> {
  const waiting = [...items];
  return loop(callers, () => {
    const item = waiting.shift();
    return item === undefined ? null : () => work(item);
  });
}

/** Does `work` for so many seconds, with a number that counts up. */
export async function during(
  seconds: number,
  callers: number,
  work: (index: number) => Promise<void>,
): Promise<Load> {
  const endsAtMs = performance.now() + seconds * 1_000;
  let count = 0;
  return loop(callers, () => {
    if (performance.now() > endsAtMs) return null;
    const index = count++;
    return () => work(index);
  });
}

async function loop(callers: number, next: () => (() => Promise<void>) | null): Promise<Load> {
  const latenciesMs: number[] = [];
  const beganMs = performance.now();
  const caller = async () => {
    for (let work = next(); work; work = next()) {
      const sentMs = performance.now();
      await work();
      latenciesMs.push(performance.now() - sentMs);
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  const seconds = (performance.now() - beganMs) / 1_000;
  return { operations: latenciesMs.length, seconds, latenciesMs };
}
