import { setTimeout as delay } from 'node:timers/promises';

const INTERVAL_MS = 1_000;

type Work = () => Promise<void>;
type Waiting = { work: Work; readonly done: Promise<void> };

/** Runs a piece of work for each key at most once a second: what comes meanwhile shares the next run. */
export class OncePerSecond {
  readonly #lastAtMs = new Map<string, number>();
  readonly #waiting = new Map<string, Waiting>();

  /**
   * Runs `work` now or, when `key` ran less than a second ago, once its second is over. Settles as that run does, whose
   * work is the first that came, or the last that `goesFirst`.
   */
  run(key: string, work: Work, goesFirst: boolean): Promise<void> {
    const waiting = this.#waiting.get(key);
    if (waiting) {
      if (goesFirst) waiting.work = work;
      return waiting.done;
    }
    const waitMs = (this.#lastAtMs.get(key) ?? 0) + INTERVAL_MS - Date.now();
    return waitMs <= 0 ? this.#start(key, work) : this.#wait(key, work, waitMs);
  }

  #wait(key: string, work: Work, waitMs: number): Promise<void> {
    const done = delay(waitMs).then(() => {
      const next = this.#waiting.get(key)?.work ?? work;
      this.#waiting.delete(key);
      return this.#start(key, next);
    });
    this.#waiting.set(key, { work, done });
    return done;
  }

  #start(key: string, work: Work): Promise<void> {
    this.#lastAtMs.set(key, Date.now());
    setTimeout(() => this.#forget(key), INTERVAL_MS).unref();
    return work();
  }

  #forget(key: string): void {
    if (Date.now() - (this.#lastAtMs.get(key) ?? 0) >= INTERVAL_MS) this.#lastAtMs.delete(key);
  }
}
