import type { TaskStart } from '../../domain/task.ts';
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

/** When a task ends at the latest (RFC 3339): by its own lifetime, or by that of the tokens it was started with. */
export function endOfTask(
  start: TaskStart,
  startedAtMs: number,
  settings: AgoraSettings,
  taskSeconds: number,
): string {
  // A task that is adopted has the token of the try that was not answered.
  const mintedAtMs =
    start.unansweredSince === null ? startedAtMs : Date.parse(start.unansweredSince);
  const tokenEndMs = Math.min(mintedAtMs, startedAtMs) + tokenSeconds(start, settings) * 1_000;
  const taskEndMs =
    startedAtMs + Math.min(settings.maxTaskSeconds ?? taskSeconds, taskSeconds) * 1_000;
  return new Date(Math.min(tokenEndMs, taskEndMs)).toISOString();
}
