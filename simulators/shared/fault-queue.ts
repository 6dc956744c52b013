import { z } from 'zod';

/** How many matching calls a fault strikes (`times`), after how many that it spares (`after`). */
export const faultTurns = {
  times: z.int().min(1).default(1),
  after: z.int().min(0).default(0),
};

type Waiting = { readonly fault: unknown; times: number; after: number };

/** The faults waiting for their calls; the one injected first strikes first. */
export class FaultQueue<Schema extends z.ZodType<Waiting>, Call> {
  readonly #schema: Schema;
  readonly #matches: (fault: z.output<Schema>, call: Call) => boolean;
  #waiting: z.output<Schema>[] = [];

  constructor(schema: Schema, matches: (fault: z.output<Schema>, call: Call) => boolean) {
    this.#schema = schema;
    this.#matches = matches;
  }

  inject(fault: z.input<Schema>): void {
    this.#waiting.push(this.#schema.parse(fault));
  }

  clear(): void {
    this.#waiting = [];
  }

  /** The fault that this call meets; each call counts for every fault it matches. */
  take(call: Call): z.output<Schema>['fault'] | undefined {
    let met: z.output<Schema> | undefined;
    for (const fault of this.#waiting) {
      if (!this.#matches(fault, call)) continue;
      if (fault.after > 0) fault.after -= 1;
      else if (!met) {
        met = fault;
        fault.times -= 1;
      }
    }
    this.#waiting = this.#waiting.filter(({ times }) => times > 0);
    return met?.fault;
  }
}
