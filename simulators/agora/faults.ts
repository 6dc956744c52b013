import { z } from 'zod';
import { callFaults, hang, messageFaults, messageFaultsOnlyOf } from '../shared/fault-kinds.ts';
import { FaultQueue, faultTurns } from '../shared/fault-queue.ts';

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

const behaviourSchema = z.discriminatedUnion('kind', [
  ...callFaults,
  hang,
  /** Answers with an error, without having acted. The legacy API may give it a `code`. */
  z.strictObject({
    kind: z.literal('status'),
    status: z.int().min(201).max(599),
    retryAfterSeconds: z.int().min(0).optional(),
    message: z.string().optional(),
    code: z.int().optional(),
  }),
  /** The task that is started stays STARTING for `ms`. */
  z.strictObject({ kind: z.literal('slow-start'), ms: z.int().min(0) }),
  ...messageFaults,
]);
export type FaultBehaviour = z.infer<typeof behaviourSchema>;

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
    ...faultTurns,
  })
  .refine(...messageFaultsOnlyOf('notification'));
export type Fault = z.input<typeof faultSchema>;

type Met = {
  readonly operation: Operation | 'notification';
  readonly channel: string | undefined;
  readonly eventType?: number;
};

export class Faults extends FaultQueue<typeof faultSchema, Met> {
  constructor() {
    super(faultSchema, matches);
  }
}

function matches(fault: z.infer<typeof faultSchema>, call: Met): boolean {
  const isAny = fault.operation === 'any' && call.operation !== 'notification';
  return (
    (isAny || fault.operation === call.operation) &&
    (fault.eventType ?? call.eventType) === call.eventType &&
    (fault.channel ?? call.channel) === call.channel
  );
}
