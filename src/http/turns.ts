/** Lets pieces of work for the same key take turns: a few at a time, and no more in waiting than makes sense. */
export class Turns {
  readonly #atATime: number;
  readonly #mostWaiting: number;
  readonly #queues = new Map<string, { running: number; waiting: (() => void)[] }>();

  constructor(atATime: number, mostWaiting: number) {
    this.#atATime = atATime;
    this.#mostWaiting = mostWaiting;
  }

  /** Runs `work` when it is its turn. Null, and nothing was run, when too many wait for `key` already. */
  async take<T>(key: string, work: () => Promise<T>): Promise<{ readonly result: T } | null> {
    const queue = this.#queues.get(key) ?? { running: 0, waiting: [] };
    this.#queues.set(key, queue);
    if (queue.running >= this.#atATime) {
      if (queue.waiting.length >= this.#mostWaiting) return null;
      await new Promise<void>((resolve) => queue.waiting.push(resolve));
    } else {
      queue.running += 1;
    }
    try {
      return { result: await work() };
    } finally {
      // Whoever waits takes over this place; nobody else can come between.
      const next = queue.waiting.shift();
      if (next) next();
      else if ((queue.running -= 1) === 0) this.#queues.delete(key);
    }
  }
}
