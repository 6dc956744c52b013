import type { Task, TaskStart } from '../../src/domain/task.ts';
import type { LiveProvider, OtherSessions } from '../../src/providers/port.ts';
import { NOBODY } from './vendor.ts';

/** What a search for a start without an answer makes out. */
export async function foundOf(
  provider: LiveProvider,
  start: TaskStart,
  others: OtherSessions = NOBODY,
): Promise<Task | null> {
  const found = await provider.find(start, others);
  return found === 'in-doubt' ? null : found;
}

/** The task of a start that was tried just now without an answer, as a session comes by it. */
export async function foundOrStarted(provider: LiveProvider, start: TaskStart): Promise<Task> {
  const now = new Date().toISOString();
  const again = { ...start, unansweredSince: now, triedUntil: now };
  return (await foundOf(provider, again)) ?? provider.start(again);
}
