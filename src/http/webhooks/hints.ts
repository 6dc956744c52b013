import { Problem, type ProblemKind } from '../problem.ts';
import type { SessionClient } from '../session-client.ts';

/** There is no such session, or none any more. */
const GONE = new Set<ProblemKind>(['not-live', 'session-not-found', 'erased']);

/** A vendor's word that something happened to a task of a channel. */
export type TaskHint = { readonly kind: string; readonly id: string; readonly taskId: string };

/**
 * Wakes the session that has the task: the one of the likely id, which is that of most, or else the one that is found by
 * its task. Does nothing when there is none, or when it is over.
 */
export async function hintOfTask(
  sessions: SessionClient,
  likelyId: string,
  hint: TaskHint,
): Promise<void> {
  await unlessGone(async () => {
    const id = (await hasTask(sessions, likelyId, hint.taskId))
      ? likelyId
      : await sessions.idOfTask(hint.taskId);
    if (id !== undefined) await sessions.hint(id, hint);
  });
}

/** Does `work`, unless the session that it is about is over or never was. */
export async function unlessGone(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

async function hasTask(sessions: SessionClient, id: string, taskId: string): Promise<boolean> {
  try {
    return (await sessions.getStored(id)).pairs.some((task) => task.id === taskId);
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
}

function isGone(error: unknown): boolean {
  return error instanceof Problem && GONE.has(error.kind);
}
