import { timestamp } from '../shared/timestamp.ts';
import { Refusal } from './answers.ts';
import type { Answer } from './answers.ts';
import { checked, endBody, listQuery, startBody } from './bodies.ts';
import { fileText, fileUrls, taskOfFile } from './files.ts';
import { taskStatus } from './ledger.ts';
import { endTask, startTask } from './project.ts';
import type { Project } from './project.ts';
import type { Task } from './tasks.ts';

export type ApiRequest = {
  /** The transcription, or the file, that the path names; else empty. */
  readonly name: string;
  readonly query: unknown;
  /** Undefined without a body, `INVALID_JSON` for one that isn't JSON. */
  readonly body: unknown;
  /** Where the caller reaches the simulator. */
  readonly baseUrl: string;
};

/** "Start Realtime Transcription". */
export function start(project: Project, request: ApiRequest): Answer {
  const wanted = checked(startBody, request.body, 'body');
  const task = startTask(project, { ...wanted, startedBy: 'caller' });
  return { status: 200, body: startView(project, task), task };
}

/** "End Realtime Transcription": all that runs in the room; it tells of the newest. */
export function end(project: Project, request: ApiRequest): Answer {
  const { roomId } = checked(endBody, request.body, 'body');
  const running = project.tasks.running(roomId);
  const task = running.at(-1);
  if (!task) throw new Refusal(404, null, `No running transcription found for room ${roomId}`);
  for (const each of running) endTask(project, each, 'ended');
  const body = { ...startView(project, task), ...endView(task) };
  return { status: 200, body, task };
}

/** "Fetch a Realtime Transcription". */
export function fetch(project: Project, request: ApiRequest): Answer {
  const task = project.tasks.get(request.name);
  if (!task || task.end?.cause === 'vanished') {
    throw new Refusal(404, null, `Transcription ${request.name} was not found`);
  }
  return { status: 200, body: fetchView(project, task, request.baseUrl), task };
}

/** "Fetch All Realtime Transcriptions": newest first. */
export function list(project: Project, request: ApiRequest): Answer {
  const wanted = checked(listQuery, request.query, 'query');
  const { answers, tasks } = project;
  const filtering = answers.roomFilter === 'honoured';
  const { page, perPage, status } = wanted;
  const matching = tasks.all(filtering ? wanted.roomId : undefined).filter((task) => {
    if (task.end?.cause === 'vanished') return false;
    if (status !== undefined && taskStatus(task, answers) !== status) return false;
    return !filtering || (wanted.sessionId ?? task.sessionId) === task.sessionId;
  });
  const shown = matching.toReversed().slice((page - 1) * perPage, page * perPage);
  return {
    status: 200,
    body: {
      pageInfo: {
        currentPage: page,
        perPage,
        lastPage: Math.max(1, Math.ceil(matching.length / perPage)),
        total: matching.length,
      },
      transcriptions: shown.map((task) => fetchView(project, task, request.baseUrl)),
    },
  };
}

/** "Fetch the RSA public key", which proves the webhooks. */
export function key({ keys }: Project): Answer {
  return { status: 200, body: { publicKey: keys.publicKey() } };
}

/** A text at one of the URLs that `fetch` gives. */
export function file(project: Project, { name }: ApiRequest): Answer {
  const text = fileText(project, name);
  if (text === undefined) throw new Refusal(404, null, `File ${name} was not found`);
  const task = taskOfFile(project, name);
  return { status: 200, body: text, ...(task && { task }) };
}

function startView({ answers }: Project, task: Task): object {
  const { id, roomId, sessionId, webhookUrl } = task;
  return {
    id,
    status: taskStatus(task, answers),
    extension: {
      enabled: true,
      provider: 'videosdk',
      extensionConfig: { roomId, sessionId },
    },
    ...(webhookUrl !== undefined && { webhookUrl }),
    start: timestamp(task.startedAtMs),
  };
}

function endView({ end: ended }: Task): object {
  return { end: ended && timestamp(ended.atMs) };
}

function fetchView(project: Project, task: Task, baseUrl: string): object {
  return { ...startView(project, task), ...fileUrls(project, task, baseUrl), ...endView(task) };
}
