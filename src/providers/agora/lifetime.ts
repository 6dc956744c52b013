import { rotateAtMs } from '../../domain/spacing.ts';
import type { Task, TaskStart } from '../../domain/task.ts';
import type { AgoraSettings } from './settings.ts';

/** What a token outlives its session by, so that the bot is still there while the session stops. */
const MARGIN_SECONDS = 10 * 60;

/** How long the tokens of a task are good for: as long as the session may last, or Agora's limit. */
export function tokenSeconds(
  { maxDurationSeconds }: TaskStart,
  { maxTokenSeconds }: AgoraSettings,
): number {
  const wanted = maxDurationSeconds === 0 ? Infinity : maxDurationSeconds + MARGIN_SECONDS;
  return Math.min(wanted, maxTokenSeconds);
}

/**
 * When a task that is started now ends at the latest, by its own lifetime or by that of its tokens, and when it is to
 * be replaced. By our own clock: the vendor's times are for people.
 */
export function lifetime(
  start: TaskStart,
  settings: AgoraSettings,
  taskSeconds: number,
): Pick<Task, 'endsAt' | 'rotateAt'> {
  // A task that is adopted has the token of the try that was not answered.
  const fromMs = start.unansweredSince === null ? Date.now() : Date.parse(start.unansweredSince);
  const seconds = Math.min(
    tokenSeconds(start, settings),
    settings.maxTaskSeconds ?? taskSeconds,
    taskSeconds,
  );
  const endsAtMs = fromMs + seconds * 1_000;
  return {
    endsAt: new Date(endsAtMs).toISOString(),
    rotateAt: new Date(rotateAtMs(fromMs, endsAtMs)).toISOString(),
  };
}

/** Agora's times (`create_ts`, `createTs`) in ms: said to be milliseconds, they are seconds in its samples. */
export function toMs(ts: number | undefined): number | undefined {
  if (ts === undefined) return undefined;
  return ts < 100_000_000_000 ? ts * 1_000 : ts;
}
