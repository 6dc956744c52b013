import type { Client } from '@temporalio/client';
import { problemOfTemporal } from './temporal-problem.ts';

/** Every call to Temporal is answered or given up within this: the client has no deadline of its own. */
export const DEADLINE_MS = 3_000;

/** Does `work` with Temporal, in time. Throws Problem for what Temporal says, or does not say. */
export async function inTime<T>(
  client: Client,
  work: () => Promise<T>,
  deadlineMs = DEADLINE_MS,
): Promise<T> {
  try {
    return await client.withDeadline(Date.now() + deadlineMs, work);
  } catch (error) {
    throw problemOfTemporal(error) ?? error;
  }
}
