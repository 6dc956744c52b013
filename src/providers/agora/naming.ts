import { createHash } from 'node:crypto';
import type { TaskStart } from '../../domain/task.ts';

const OURS = 'durascribe-';

type Origin = Pick<TaskStart, 'sessionId' | 'firstRunId' | 'generation'>;

/**
 * The task's `name`, by which Agora refuses a second start of it: single-use, 64 characters at most (v7, join); and
 * the `instanceId` of its builderToken, with the same limits and of A-Z a-z 0-9 - _ (v6, acquire).
 */
export function taskName(origin: Origin): string {
  return `${OURS}${digest(origin).toString('hex').slice(0, 32)}-${origin.generation}`;
}

/** Whether the name is one that `taskName` makes, here or in another deployment. */
export function isTaskName(name: string): boolean {
  return name.startsWith(OURS);
}

/**
 * The UID with which the task's bot joins: unique in its channel (v7, join), fresh in each generation, and
 * from the upper half of the 32-bit range, where an application's own UIDs are least likely.
 */
export function botUid(origin: Origin): string {
  return String(2 ** 31 + (digest(origin).readUInt32BE() % (2 ** 31 - 1)));
}

function digest({ sessionId, firstRunId, generation }: Origin): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([sessionId, firstRunId, generation]))
    .digest();
}
