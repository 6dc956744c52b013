import { z } from 'zod';
import { callFaults, hang, messageFaults, messageFaultsOnlyOf } from '../shared/fault-kinds.ts';
import { FaultQueue, faultTurns } from '../shared/fault-queue.ts';

export const OPERATIONS = ['start', 'end', 'fetch', 'list', 'key', 'file'] as const;
export type Operation = (typeof OPERATIONS)[number];

export const WEBHOOK_TYPES = [
  'transcription-started',
  'transcription-stopped',
  'transcription-failed',
  'session-ended',
] as const;
export type WebhookType = (typeof WEBHOOK_TYPES)[number];

const behaviourSchema = z.discriminatedUnion('kind', [
  ...callFaults,
  hang,
  /** Answers with an error; without having acted, unless `effect`. */
  z.strictObject({
    kind: z.literal('status'),
    status: z.int().min(201).max(599),
    retryAfterSeconds: z.int().min(0).optional(),
    message: z.string().optional(),
    effect: z.boolean().default(false),
  }),
  ...messageFaults,
]);
export type FaultBehaviour = z.infer<typeof behaviourSchema>;

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
    ...faultTurns,
  })
  .refine(...messageFaultsOnlyOf('webhook'));
export type Fault = z.input<typeof faultSchema>;

type Met = {
  readonly operation: Operation | 'webhook';
  readonly roomId: string | undefined;
  readonly webhookType?: WebhookType;
};

export class Faults extends FaultQueue<typeof faultSchema, Met> {
  constructor() {
    super(faultSchema, matches);
  }
}

function matches(fault: z.infer<typeof faultSchema>, call: Met): boolean {
  const isAny = fault.operation === 'any' && call.operation !== 'webhook';
  return (
    (isAny || fault.operation === call.operation) &&
    (fault.webhookType ?? call.webhookType) === call.webhookType &&
    (fault.roomId ?? call.roomId) === call.roomId
  );
}
