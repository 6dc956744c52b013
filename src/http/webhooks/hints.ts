import { isSearchable } from '../../domain/labels.ts';
import type { SessionStatus } from '../../domain/session.ts';
import { Problem, type ProblemKind } from '../problem.ts';
import type { SessionClient } from '../session-client.ts';

/** There is no such session, or none any more. */
const GONE = new Set<ProblemKind>(['not-live', 'session-not-found', 'erased']);

/** A vendor's word that something happened to a task of a channel. */
export type TaskHint = { readonly kind: string; readonly id: string; readonly taskId: string };

/**
 * Wakes the session that has the task: the one of the likely id, which is that of most, or else the one that is found by
 * its task. Does nothing when there is none, when it is over, or when it is in no status that `concerns` it. What can't
 * be looked for is the id of nothing: an error would only have its vendor tell it again.
 */
export async function hintOfTask(
  sessions: SessionClient,
  likelyId: string | null,
  hint: TaskHint,
  concerns: (status: SessionStatus) => boolean = () => true,
): Promise<void> {
  if (!isSearchable(hint.taskId)) return;
  await unlessGone(async () => {
    const isId = likelyId !== null && isSearchable(likelyId);
    const likely = isId ? await statusOf(sessions, likelyId, hint.taskId) : null;
    const id = likely === null ? await sessions.idOfTask(hint.taskId) : likelyId;
    if (id === undefined || id === null) return;
    if (likely !== null && !concerns(likely)) return;
    await sessions.hint(id, hint);
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

/** The status of the session `id` where it has the task; null where it has not, or there is none. */
async function statusOf(
  sessions: SessionClient,
  id: string,
  taskId: string,
): Promise<SessionStatus | null> {
  try {
    const { pairs, session } = await sessions.getStored(id);
    return pairs.some((task) => task.id === taskId) ? session.status : null;
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
}

function isGone(error: unknown): boolean {
  return error instanceof Problem && GONE.has(error.kind);
}
