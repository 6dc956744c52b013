/** Why everything stops when nothing is wrong: someone asked for it. */
export class Interrupt extends Error {}

/** Why, in a line for whoever is at the terminal. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

export type Supervisor = {
  /** Aborted when everything is to stop: with an `Interrupt`, or with the Error that was the cause. */
  readonly halted: AbortSignal;
  /**
   * Adds a part that runs. If it can end by itself (`ended`), that halts everything. Returns what takes it out again,
   * for whoever ends it on purpose.
   */
  add(stop: () => Promise<void>, ended?: AbortSignal): () => void;
  /** Stops what was added, the last one first, each when the one before has stopped. */
  stopAll(): Promise<void>;
};

/** Holds together what this process starts: it runs, and stops, as one. SIGINT, SIGTERM and SIGHUP halt it. */
export function superviseParts(): Supervisor {
  const halt = new AbortController();
  const stops = new Set<() => Promise<void>>();
  haltOnSignals(halt);
  haltWithNpm(halt);
  return {
    halted: halt.signal,
    add: (stop, ended) => {
      stops.add(stop);
      const haltToo = () => halt.abort(ended?.reason);
      ended?.addEventListener('abort', haltToo);
      return () => {
        stops.delete(stop);
        ended?.removeEventListener('abort', haltToo);
      };
    },
    stopAll: async () => {
      const all = [...stops].toReversed();
      stops.clear();
      for (const stop of all) await stop();
    },
  };
}

function haltOnSignals(halt: AbortController): void {
  let firstAtMs: number | undefined;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      firstAtMs ??= Date.now();
      halt.abort(new Interrupt());
      // Under npm one Ctrl-C arrives twice at once, from the terminal and from npm. A later one is impatience:
      // leaving kills what is still there (processes.ts).
      if (Date.now() - firstAtMs > 500) process.exit(130);
    });
  }
}

/** Under npm, its end is ours too: killed outright, it can't pass a signal on. */
function haltWithNpm(halt: AbortController): void {
  if (process.env.npm_lifecycle_event === undefined) return;
  const npm = process.ppid;
  const look = () => process.ppid === npm || halt.abort(new Interrupt());
  setInterval(look, 1_000).unref();
}
