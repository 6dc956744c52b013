import { setTimeout as delay } from 'node:timers/promises';

const INTERVAL_MS = 1_000;

/** Runs a piece of work for each key at most once a second: what comes meanwhile shares the next run. */
export class OncePerSecond {
  readonly #lastAtMs = new Map<string, number>();
  readonly #waiting = new Map<string, Promise<void>>();

  /** Runs `work` now or, when `key` ran less than a second ago, once its second is over. Settles as that run does. */
  run(key: string, work: () => Promise<void>): Promise<void> {
    const shared = this.#waiting.get(key);
    if (shared) return shared;
    const waitMs = (this.#lastAtMs.get(key) ?? 0) + INTERVAL_MS - Date.now();
    if (waitMs <= 0) return this.#start(key, work);
    const next = delay(waitMs).then(() => {
      this.#waiting.delete(key);
      return this.#start(key, work);
    });
    this.#waiting.set(key, next);
    return next;
  }

  #start(key: string, work: () => Promise<void>): Promise<void> {
    this.#lastAtMs.set(key, Date.now());
    setTimeout(() => this.#forget(key), INTERVAL_MS).unref();
    return work();
  }

  #forget(key: string): void {
    if (Date.now() - (this.#lastAtMs.get(key) ?? 0) >= INTERVAL_MS) this.#lastAtMs.delete(key);
  }
}
