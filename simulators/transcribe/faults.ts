import { z } from 'zod';
import { callFaults, hang, messageFaults, messageFaultsOnlyOf } from '../shared/fault-kinds.ts';
import { FaultQueue, faultTurns } from '../shared/fault-queue.ts';

export const OPERATIONS = ['start', 'get', 'list', 'delete'] as const;
export type Operation = (typeof OPERATIONS)[number];

const behaviourSchema = z.discriminatedUnion('kind', [
  ...callFaults,
  hang,
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
  ...messageFaults,
]);
export type FaultBehaviour = z.infer<typeof behaviourSchema>;

/** A fault to inject: for the first `times` matching calls after the first `after` of them. */
export const faultSchema = z
  .strictObject({
    /** `any` is any operation, but no event. */
    operation: z.enum([...OPERATIONS, 'any', 'event']),
    fault: behaviourSchema,
    /** Only calls and events about this job; all when it is not given. */
    jobName: z.string().optional(),
    ...faultTurns,
  })
  .refine(...messageFaultsOnlyOf('event'))
  .refine(({ operation, fault }) => fault.kind !== 'stale' || operation === 'get', {
    path: ['fault', 'kind'],
    error: 'stale is for get only',
  });
export type Fault = z.input<typeof faultSchema>;

type Met = { readonly operation: Operation | 'event'; readonly jobName: string | undefined };

export class Faults extends FaultQueue<typeof faultSchema, Met> {
  constructor() {
    super(faultSchema, matches);
  }
}

function matches(fault: z.infer<typeof faultSchema>, call: Met): boolean {
  const isAny = fault.operation === 'any' && call.operation !== 'event';
  return (
    (isAny || fault.operation === call.operation) &&
    (fault.jobName ?? call.jobName) === call.jobName
  );
}
