import { randomUUID } from 'node:crypto';
import { Refusal } from './answers.ts';
import type { VendorAnswers } from './answers.ts';
import type { WebhookType } from './faults.ts';
import type { Utterance } from './files.ts';
import { timestamp } from '../shared/timestamp.ts';
import type { Records } from './ledger.ts';
import type { Sessions } from './sessions.ts';
import type { EndCause, Task, Tasks } from './tasks.ts';
import type { WebhookKeys } from './webhooks/keys.ts';
import type { WebhookSender } from './webhooks/sender.ts';

/** The one VideoSDK project that is simulated. */
export type Project = {
  readonly apiKey: string;
  readonly secret: string;
  readonly answers: VendorAnswers;
  readonly now: () => number;
  readonly utterances: (roomId: string) => readonly Utterance[];
  readonly sessions: Sessions;
  readonly tasks: Tasks;
  readonly records: Records;
  readonly keys: WebhookKeys;
  readonly sender: WebhookSender;
};

type Wanted = Pick<
  Task,
  'roomId' | 'startedBy' | 'webhookUrl' | 'language' | 'modelId' | 'summary'
>;

/** Starts a transcription of the room's active session. */
export function startTask(project: Project, wanted: Wanted): Task {
  const { answers, sessions, tasks, now } = project;
  const session = sessions.active(wanted.roomId);
  if (!session) {
    throw new Refusal(404, null, `No active session found for room ${wanted.roomId}`);
  }
  if (answers.secondStart === 'refused' && tasks.running(wanted.roomId).length > 0) {
    throw new Refusal(409, null, `A transcription is already running in room ${wanted.roomId}`);
  }
  const task: Task = {
    ...wanted,
    id: randomUUID(),
    sessionId: session.sessionId,
    startedAtMs: now(),
    end: null,
  };
  tasks.add(task);
  notify(project, task, 'transcription-started');
  return task;
}

/** The first end counts, except that any transcription can vanish. */
export function endTask(project: Project, task: Task, cause: EndCause): void {
  if (task.end && cause !== 'vanished') return;
  task.end = { atMs: task.end?.atMs ?? project.now(), cause };
  if (cause === 'vanished') return;
  notify(project, task, cause === 'failed' ? 'transcription-failed' : 'transcription-stopped');
}

/** Ends the active session of a room, and its transcriptions with it. */
export function closeSession(project: Project, roomId: string): void {
  const { sessions, tasks } = project;
  const session = sessions.close(roomId);
  for (const task of tasks.running(roomId)) endTask(project, task, 'session-ended');
  const { sessionId } = session;
  const transcribed = tasks.all(roomId).filter((task) => task.sessionId === sessionId);
  const data = {
    sessionId,
    meetingId: roomId,
    start: timestamp(session.startedAtMs),
    end: timestamp(session.endedAtMs),
  };
  for (const url of new Set(transcribed.map(({ webhookUrl }) => webhookUrl))) {
    if (url === undefined) continue;
    project.sender.send({ webhookType: 'session-ended', url, roomId, sessionId, data });
  }
}

/** Sends a webhook of a transcription, if its start named a URL. */
export function notify(
  { sender }: Project,
  { id, roomId, sessionId, webhookUrl }: Task,
  webhookType: Exclude<WebhookType, 'session-ended'>,
): void {
  if (webhookUrl === undefined) return;
  const data = { id, type: 'realtime', meetingId: roomId, sessionId };
  sender.send({ webhookType, url: webhookUrl, id, roomId, sessionId, data });
}
