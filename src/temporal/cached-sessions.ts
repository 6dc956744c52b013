import { getHeapStatistics } from 'node:v8';

/**
 * More than one worker can keep busy: it does some hundred things a second, and a session that changes as often as its
 * vendor lets it wants one every 5 s.
 */
const USUAL = 1_000;
const LEAST = 10;
/** What a worker has in memory without a session, and what the Temporal SDK reckons for each: ours take a third of a MiB. */
const WITHOUT_MIB = 200;
const PER_SESSION_MIB = 1_024 / 600;

/** How many sessions a worker keeps in memory where nobody says so: no more than its heap takes, for a full one ends the process. */
export function usualCachedSessions(
  heapMib = getHeapStatistics().heap_size_limit / 1_024 ** 2,
): number {
  const fitting = Math.floor((heapMib - WITHOUT_MIB) / PER_SESSION_MIB);
  return Math.max(LEAST, Math.min(USUAL, fitting));
}
