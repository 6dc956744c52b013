type Queue = { running: number; readonly waiting: (() => void)[] };

/** Lets pieces of work for the same key take turns: a few at a time, and no more in waiting than makes sense. */
export class Turns {
  readonly #atATime: number;
  readonly #mostWaiting: number;
  readonly #queues = new Map<string, Queue>();

  constructor(atATime: number, mostWaiting: number) {
    this.#atATime = atATime;
    this.#mostWaiting = mostWaiting;
  }

  /**
   * Runs `work` when it is its turn. Null, and nothing was run, when too many wait for `key` already, or when its turn
   * has not come by `untilMs`.
   */
  async take<T>(
    key: string,
    work: () => Promise<T>,
    untilMs = Infinity,
  ): Promise<{ readonly result: T } | null> {
    const queue = this.#queues.get(key) ?? { running: 0, waiting: [] };
    this.#queues.set(key, queue);
    if (queue.running >= this.#atATime) {
      if (queue.waiting.length >= this.#mostWaiting) return null;
      if (!(await turnIn(queue, untilMs))) return null;
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

/** Whether a turn came in time. */
function turnIn({ waiting }: Queue, untilMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const begin = () => {
      clearTimeout(timer);
      resolve(true);
    };
    const giveUp = () => {
      waiting.splice(waiting.indexOf(begin), 1);
      resolve(false);
    };
    const timer = untilMs === Infinity ? undefined : setTimeout(giveUp, untilMs - Date.now());
    waiting.push(begin);
  });
}
