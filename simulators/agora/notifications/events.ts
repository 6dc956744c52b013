import { unixSeconds } from '../project.ts';
import type { Task, Tasks } from '../tasks.ts';

/** The notifications of the v7 API, by their numbers. */
export const EVENTS = {
  joined: 101,
  left: 102,
  tokenExpiring: 104,
  captionsUploaded: 200,
  transcriptUploaded: 201,
  uploadFailed: 202,
} as const;
export const EVENT_TYPES = [101, 102, 104, 200, 201, 202] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** "30 seconds before the token expires", and never of a token that isn't valid for longer. */
const EXPIRY_NOTICE_MS = 30_000;

/** The notifications that the life of a task has caused until now, in their order. */
export function eventsUntil(task: Task, nowMs: number): EventType[] {
  const endedAtMs = task.end?.atMs ?? Number.POSITIVE_INFINITY;
  const noticeAtMs = task.tokenExpiresAtMs - EXPIRY_NOTICE_MS;
  const events: EventType[] = [];
  if (task.runningAtMs <= Math.min(nowMs, endedAtMs)) events.push(EVENTS.joined);
  if (noticeAtMs > task.createdAtMs && noticeAtMs <= Math.min(nowMs, endedAtMs)) {
    events.push(EVENTS.tokenExpiring);
  }
  if (task.end && task.end.cause !== 'vanished') events.push(EVENTS.left);
  return events;
}

/** A file as the notifications tell of it. */
export type UploadedFile = {
  readonly file_name: string;
  readonly file_creation_ts: number;
  readonly message: string;
};

export function uploadedFile(fileName: string, atMs: number, message = 'OK'): UploadedFile {
  return { file_name: fileName, file_creation_ts: unixSeconds(atMs), message };
}

export function failedUploads(
  succeeded: readonly UploadedFile[],
  failed: readonly UploadedFile[],
): object {
  return { succeed_file_list: succeeded, failed_file_list: failed };
}

/** What a notification tells of its task; its times are in seconds, as in the samples. */
export function payloadOf(eventType: EventType, task: Task, tasks: Tasks, nowMs: number): object {
  const about = { agent_id: task.agentId, channel: task.channel };
  const started = { ...about, start_ts: unixSeconds(task.createdAtMs) };
  const file = (extension: string, message?: string) =>
    uploadedFile(`${task.agentId}_${task.channel}.${extension}`, nowMs, message);
  switch (eventType) {
    case 101:
      return started;
    case 102:
      return {
        ...started,
        stop_ts: unixSeconds(task.end?.atMs ?? nowMs),
        status: tasks.status(task) === 'FAILED' ? 'FAILED' : 'STOPPED',
        message: tasks.message(task),
      };
    case 104:
      return { ...started, name: task.name, message: 'token will expire!' };
    case 200:
      return { ...about, ...file('m3u8') };
    case 201:
      return { ...about, ...file('vtt') };
    case 202:
      return { ...about, ...failedUploads([], [file('vtt', 'upload failed')]) };
  }
}
