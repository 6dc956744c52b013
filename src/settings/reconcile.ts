import { z } from 'zod';
import { seconds, type ConfigFault } from './variables.ts';

export const ReconcileEnvironment = z.object({
  DURASCRIBE_RECONCILE_SECONDS: z.coerce.number().int().min(0).max(86_400).default(300),
  DURASCRIBE_RECONCILE_GRACE_SECONDS: seconds.max(86_400).default(900),
  DURASCRIBE_RECONCILE_STOP_UNOWNED: z.stringbool().default(false),
});

/** A session tries its start for ten minutes: what began within them may be its own. */
const LONGEST_START_SECONDS = 660;

/** What is wrong with how what is nobody's is stopped. */
export function reconcileFaults(data: z.infer<typeof ReconcileEnvironment>): ConfigFault[] {
  const { stopsUnowned, graceSeconds } = reconcileSettings(data);
  if (!stopsUnowned || graceSeconds > LONGEST_START_SECONDS) return [];
  const message = `must be more than ${LONGEST_START_SECONDS} where DURASCRIBE_RECONCILE_STOP_UNOWNED is true: a session may still be starting`;
  return [{ variable: 'DURASCRIBE_RECONCILE_GRACE_SECONDS', message }];
}

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
