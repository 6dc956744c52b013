import { z } from 'zod';

/** The operations of the v7 API. */
export const OPERATIONS = ['join', 'query', 'list', 'update', 'leave'] as const;
export type Operation = (typeof OPERATIONS)[number];

const ms = z.int().min(0);

const behaviourSchema = z.discriminatedUnion('kind', [
  /** Acts at once, answers after `ms`. */
  z.strictObject({ kind: z.literal('latency'), ms }),
  /** Acts, then closes the connection without an answer. */
  z.strictObject({ kind: z.literal('lost-response') }),
  /** Closes the connection without having acted. */
  z.strictObject({ kind: z.literal('reset') }),
  /** Answers after `ms`: as usual when it acted (`effect`), else with 504. */
  z.strictObject({ kind: z.literal('hang'), ms, effect: z.boolean() }),
  /** Answers with an error, without having acted. */
  z.strictObject({
    kind: z.literal('status'),
    status: z.int().min(400).max(599),
    retryAfterSeconds: z.int().min(0).optional(),
    message: z.string().optional(),
  }),
  /** The task that a join starts stays STARTING for `ms`. */
  z.strictObject({ kind: z.literal('slow-start'), ms }),
]);
export type FaultBehaviour = z.infer<typeof behaviourSchema>;

/** A fault to inject: for the first `times` matching calls after the first `after` of them. */
export const faultSchema = z.strictObject({
  operation: z.enum([...OPERATIONS, 'any']),
  fault: behaviourSchema,
  /** Only calls about this channel; all when it is not given. */
  channel: z.string().optional(),
  times: z.int().min(1).default(1),
  after: z.int().min(0).default(0),
});
export type Fault = z.input<typeof faultSchema>;

/** The faults waiting for their calls; the one injected first strikes first. */
export class Faults {
  #waiting: z.infer<typeof faultSchema>[] = [];

  inject(fault: Fault): void {
    this.#waiting.push(faultSchema.parse(fault));
  }

  clear(): void {
    this.#waiting = [];
  }

  /** The fault that this call meets; each call counts for every fault it matches. */
  take(operation: Operation, channel: string | undefined): FaultBehaviour | undefined {
    let met: FaultBehaviour | undefined;
    for (const fault of this.#waiting) {
      if (fault.operation !== 'any' && fault.operation !== operation) continue;
      if (fault.channel !== undefined && fault.channel !== channel) continue;
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
