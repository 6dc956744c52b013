import { z } from 'zod';
import { OPERATIONS } from './routing.ts';
import type { Operation } from './routing.ts';

const behaviourSchema = z.discriminatedUnion('kind', [
  /** Acts at once, answers after `ms`. */
  z.strictObject({ kind: z.literal('latency'), ms: z.int().min(0) }),
  /** Acts, then closes the connection without an answer. */
  z.strictObject({ kind: z.literal('lost-response') }),
  /** Closes the connection without having acted, and without having read the body. */
  z.strictObject({ kind: z.literal('reset') }),
  /** Answers with an error, without having acted: 503 is SlowDown, 500 InternalError. */
  z.strictObject({
    kind: z.literal('status'),
    status: z.int().min(400).max(599),
    code: z.string().optional(),
    message: z.string().optional(),
  }),
]);
export type FaultBehaviour = z.infer<typeof behaviourSchema>;

/** A fault to inject: for the first `times` matching requests after the first `after` of them. */
const faultSchema = z.strictObject({
  operation: z.enum([...OPERATIONS, 'any']),
  fault: behaviourSchema,
  /** Only requests about keys that begin so; all when it is not given. */
  keyPrefix: z.string().optional(),
  times: z.int().min(1).default(1),
  after: z.int().min(0).default(0),
});
export type Fault = z.input<typeof faultSchema>;

type Met = { readonly operation: Operation; readonly key: string };

/** The faults waiting for their requests; the one injected first strikes first. */
export class Faults {
  #waiting: z.infer<typeof faultSchema>[] = [];

  inject(fault: Fault): void {
    this.#waiting.push(faultSchema.parse(fault));
  }

  clear(): void {
    this.#waiting = [];
  }

  /** The fault that this request meets; each request counts for every fault it matches. */
  take({ operation, key }: Met): FaultBehaviour | undefined {
    let met: FaultBehaviour | undefined;
    for (const fault of this.#waiting) {
      if (fault.operation !== 'any' && fault.operation !== operation) continue;
      if (!key.startsWith(fault.keyPrefix ?? '')) continue;
      if (fault.after > 0) fault.after -= 1;
      else if (!met) {
        met = fault.fault;
        fault.times -= 1;
      }
    }
    this.#waiting = this.#waiting.filter(({ times }) => times > 0);
    return met;
  }
}
