import { z } from 'zod';
import { callFaults, hang } from '../shared/fault-kinds.ts';
import { FaultQueue, faultTurns } from '../shared/fault-queue.ts';
import { OPERATIONS } from './routing.ts';
import type { Operation } from './routing.ts';

const behaviourSchema = z.discriminatedUnion('kind', [
  /** A `reset` has not read the body. */
  ...callFaults,
  hang,
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
  ...faultTurns,
});
export type Fault = z.input<typeof faultSchema>;

type Met = { readonly operation: Operation; readonly key: string };

export class Faults extends FaultQueue<typeof faultSchema, Met> {
  constructor() {
    super(faultSchema, matches);
  }
}

function matches(fault: z.infer<typeof faultSchema>, { operation, key }: Met): boolean {
  const isMeant = fault.operation === 'any' || fault.operation === operation;
  return isMeant && key.startsWith(fault.keyPrefix ?? '');
}
