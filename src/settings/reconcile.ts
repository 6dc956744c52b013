import { z } from 'zod';
import { seconds } from './variables.ts';

export const ReconcileEnvironment = z.object({
  DURASCRIBE_RECONCILE_SECONDS: z.coerce.number().int().min(0).max(86_400).default(300),
  DURASCRIBE_RECONCILE_GRACE_SECONDS: seconds.max(86_400).default(900),
  DURASCRIBE_RECONCILE_STOP_UNOWNED: z.stringbool().default(false),
});

export type ReconcileSettings = {
  /** 0 = never. */
  readonly everySeconds: number;
  /** A task that began less than so many seconds ago may be one that its session does not know yet. */
  readonly graceSeconds: number;
  readonly stopsUnowned: boolean;
};

/** How what sessions have left at their vendors is looked for. */
export function reconcileSettings(data: z.infer<typeof ReconcileEnvironment>): ReconcileSettings {
  return {
    everySeconds: data.DURASCRIBE_RECONCILE_SECONDS,
    graceSeconds: data.DURASCRIBE_RECONCILE_GRACE_SECONDS,
    stopsUnowned: data.DURASCRIBE_RECONCILE_STOP_UNOWNED,
  };
}
