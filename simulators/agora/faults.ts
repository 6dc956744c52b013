import { z } from 'zod';

/** The operations of both APIs. */
export const OPERATIONS = [
  'join',
  'query',
  'list',
  'update',
  'leave',
  'acquire',
  'start',
  'legacy-query',
  'legacy-update',
  'legacy-stop',
] as const;
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
  /** Answers with an error, without having acted. The legacy API may give it a `code`. */
  z.strictObject({
    kind: z.literal('status'),
    status: z.int().min(201).max(599),
    retryAfterSeconds: z.int().min(0).optional(),
    message: z.string().optional(),
    code: z.int().optional(),
  }),
  /** The task that is started stays STARTING for `ms`. */
  z.strictObject({ kind: z.literal('slow-start'), ms }),
  /** A notification that is never sent. */
  z.strictObject({ kind: z.literal('lost') }),
  /** A notification that is sent twice, though the first was received. */
  z.strictObject({ kind: z.literal('duplicated') }),
  /** A notification that is sent `ms` late, so that later ones overtake it. */
  z.strictObject({ kind: z.literal('delayed'), ms }),
]);
export type FaultBehaviour = z.infer<typeof behaviourSchema>;

const OF_NOTIFICATIONS: readonly FaultBehaviour['kind'][] = ['lost', 'duplicated', 'delayed'];

/** A fault to inject: for the first `times` matching calls after the first `after` of them. */
export const faultSchema = z
  .strictObject({
    /** `any` is any operation of the two APIs, but no notification. */
    operation: z.enum([...OPERATIONS, 'any', 'notification']),
    fault: behaviourSchema,
    /**
     * Only calls about this channel; all when it is not given. An `acquire` names no channel: its
     * `instanceId` counts as one.
     */
    channel: z.string().optional(),
    /** Only notifications of this type. */
    eventType: z.int().optional(),
    times: z.int().min(1).default(1),
    after: z.int().min(0).default(0),
  })
  .refine(
    ({ operation, fault }) =>
      OF_NOTIFICATIONS.includes(fault.kind) === (operation === 'notification'),
    { path: ['fault', 'kind'], error: `${OF_NOTIFICATIONS.join(', ')} are for notifications only` },
  );
export type Fault = z.input<typeof faultSchema>;

type Met = {
  readonly operation: Operation | 'notification';
  readonly channel: string | undefined;
  readonly eventType?: number;
};

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
  const operation = fault.operation === 'any' ? call.operation !== 'notification' : undefined;
  if (!(operation ?? fault.operation === call.operation)) return false;
  if (fault.eventType !== undefined && fault.eventType !== call.eventType) return false;
  return fault.channel === undefined || fault.channel === call.channel;
}
