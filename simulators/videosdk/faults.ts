import { z } from 'zod';

export const OPERATIONS = ['start', 'end', 'fetch', 'list', 'key', 'file'] as const;
export type Operation = (typeof OPERATIONS)[number];

export const WEBHOOK_TYPES = [
  'transcription-started',
  'transcription-stopped',
  'transcription-failed',
  'session-ended',
] as const;
export type WebhookType = (typeof WEBHOOK_TYPES)[number];

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
  /** Answers with an error; without having acted, unless `effect`. */
  z.strictObject({
    kind: z.literal('status'),
    status: z.int().min(201).max(599),
    retryAfterSeconds: z.int().min(0).optional(),
    message: z.string().optional(),
    effect: z.boolean().default(false),
  }),
  /** A webhook that is never sent. */
  z.strictObject({ kind: z.literal('lost') }),
  /** A webhook that is sent twice. */
  z.strictObject({ kind: z.literal('duplicated') }),
  /** A webhook that is sent `ms` late, so that later ones overtake it. */
  z.strictObject({ kind: z.literal('delayed'), ms }),
]);
export type FaultBehaviour = z.infer<typeof behaviourSchema>;

const OF_WEBHOOKS: readonly FaultBehaviour['kind'][] = ['lost', 'duplicated', 'delayed'];

/** A fault to inject: for the first `times` matching calls after the first `after` of them. */
export const faultSchema = z
  .strictObject({
    /** `any` is any operation of the API, but no webhook. */
    operation: z.enum([...OPERATIONS, 'any', 'webhook']),
    fault: behaviourSchema,
    /** Only calls about this room; all when it is not given. A `key` is about no room. */
    roomId: z.string().optional(),
    /** Only webhooks of this type. */
    webhookType: z.enum(WEBHOOK_TYPES).optional(),
    times: z.int().min(1).default(1),
    after: z.int().min(0).default(0),
  })
  .refine(
    ({ operation, fault }) => OF_WEBHOOKS.includes(fault.kind) === (operation === 'webhook'),
    { path: ['fault', 'kind'], error: `${OF_WEBHOOKS.join(', ')} are for webhooks only` },
  );
export type Fault = z.input<typeof faultSchema>;

type Met = {
  readonly operation: Operation | 'webhook';
  readonly roomId: string | undefined;
  readonly webhookType?: WebhookType;
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
  const operation = fault.operation === 'any' ? call.operation !== 'webhook' : undefined;
  if (!(operation ?? fault.operation === call.operation)) return false;
  if (fault.webhookType !== undefined && fault.webhookType !== call.webhookType) return false;
  return fault.roomId === undefined || fault.roomId === call.roomId;
}
