import { z } from 'zod';

export const OPERATIONS = ['start', 'get', 'list', 'delete'] as const;
export type Operation = (typeof OPERATIONS)[number];

const ms = z.int().min(0);

const behaviourSchema = z.discriminatedUnion('kind', [
  /** Acts at once, answers after `ms`. */
  z.strictObject({ kind: z.literal('latency'), ms }),
  /** Acts, then closes the connection without an answer. */
  z.strictObject({ kind: z.literal('lost-response') }),
  /** Closes the connection without having acted. */
  z.strictObject({ kind: z.literal('reset') }),
  /** Answers after `ms`: as usual when it acted (`effect`), else with 503. */
  z.strictObject({ kind: z.literal('hang'), ms, effect: z.boolean() }),
  /** Answers with an error, without having acted; `type` is by default the one that fits the status. */
  z.strictObject({
    kind: z.literal('status'),
    status: z.int().min(400).max(599),
    type: z.string().optional(),
    message: z.string().optional(),
    retryAfterSeconds: z.int().min(0).optional(),
  }),
  /** A get of an ended job that answers as if it were still in progress (boto3#1517). */
  z.strictObject({ kind: z.literal('stale') }),
  /** An event that is never sent. */
  z.strictObject({ kind: z.literal('lost') }),
  /** An event that is sent twice, though the first was received. */
  z.strictObject({ kind: z.literal('duplicated') }),
  /** An event that is sent `ms` late, so that later ones overtake it. */
  z.strictObject({ kind: z.literal('delayed'), ms }),
]);
export type FaultBehaviour = z.infer<typeof behaviourSchema>;

const OF_EVENTS: readonly FaultBehaviour['kind'][] = ['lost', 'duplicated', 'delayed'];

/** A fault to inject: for the first `times` matching calls after the first `after` of them. */
export const faultSchema = z
  .strictObject({
    /** `any` is any operation, but no event. */
    operation: z.enum([...OPERATIONS, 'any', 'event']),
    fault: behaviourSchema,
    /** Only calls and events about this job; all when it is not given. */
    jobName: z.string().optional(),
    times: z.int().min(1).default(1),
    after: z.int().min(0).default(0),
  })
  .refine(({ operation, fault }) => OF_EVENTS.includes(fault.kind) === (operation === 'event'), {
    path: ['fault', 'kind'],
    error: `${OF_EVENTS.join(', ')} are for events only`,
  })
  .refine(({ operation, fault }) => fault.kind !== 'stale' || operation === 'get', {
    path: ['fault', 'kind'],
    error: 'stale is for get only',
  });
export type Fault = z.input<typeof faultSchema>;

type Met = { readonly operation: Operation | 'event'; readonly jobName: string | undefined };

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
  take(call: Met): FaultBehaviour | undefined {
    let met: FaultBehaviour | undefined;
    for (const fault of this.#waiting) {
      if (!matches(fault, call)) continue;
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

function matches(fault: z.infer<typeof faultSchema>, call: Met): boolean {
  const anyOperation = fault.operation === 'any' && call.operation !== 'event';
  if (!anyOperation && fault.operation !== call.operation) return false;
  return fault.jobName === undefined || fault.jobName === call.jobName;
}
