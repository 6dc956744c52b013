import { randomInt } from 'node:crypto';
import { z } from 'zod';
import { Refusal } from '../answers.ts';
import type { Answer } from '../answers.ts';
import { checked } from '../body-rules.ts';
import { captionPlan } from '../captions/plan.ts';
import { startTask, unixSeconds } from '../project.ts';
import type { ApiRequest, Project } from '../project.ts';
import { checkRtcToken } from '../rtc-token.ts';
import type { Task, Tasks } from '../tasks.ts';
import { failedQuery } from './answers.ts';
import { joinBody } from './bodies.ts';

const AGENT_ID_ALPHABET = '0123456789ABCDEFGHJKLMNPQRSTUVWXYZ';
const DAY_SECONDS = 86_400;
const STATES = ['IDLE', 'STARTING', 'RUNNING', 'STOPPING', 'STOPPED', 'RECOVERING', 'FAILED'];

/** "Start a Real-time STT agent", v7. */
export function join(project: Project, request: ApiRequest): Answer {
  const { tasks, now } = project;
  const body = checked(joinBody, request.body, 'body');
  const { channelName: channel, pubBotUid: botUid, pubBotToken } = body.rtcConfig;
  const { subscribeAudioUids, unSubscribeAudioUids } = body.rtcConfig;
  refuseUsedName(tasks, body.name);
  const tokenExpiresAtMs = checkRtcToken(pubBotToken, {
    field: 'rtcConfig.pubBotToken',
    publishes: true,
    appId: project.appId,
    appCertificate: project.appCertificate,
    channel,
    uid: botUid,
    nowMs: now(),
  });
  const { name, languages, keywords, uidLanguagesConfig, translateConfig, captionConfig } = body;
  const task = startTask(project, request.startingMs, {
    api: 'v7',
    agentId: newAgentId(),
    name,
    channel,
    botUid,
    tokenExpiresAtMs,
    maxIdleSeconds: body.maxIdleTime,
    configuration: {
      languages,
      keywords,
      uidLanguagesConfig,
      translateConfig,
      subscribeAudioUids,
      unSubscribeAudioUids,
    },
    captions: captionPlan(captionConfig, captionConfig?.extensionParams ?? body.extensionParams),
  });
  return { status: 200, body: taskInfo(tasks, task), task };
}

/** "Query the task status", v7. It fails for a task that ended, or tells how (`endedQuery`). */
export function query(project: Project, request: ApiRequest): Answer {
  const { tasks } = project;
  const task = tasks.of('v7', request.agentId);
  if (!task || task.end?.cause === 'vanished') {
    return failedQuery(404, 'task not found', request.agentId, 0);
  }
  if (task.end && project.endedQuery === 'not-found') {
    const ended = 'task already ended';
    return { ...failedQuery(404, ended, task.agentId, unixSeconds(task.createdAtMs)), task };
  }
  return {
    status: 200,
    body: { message: tasks.message(task), ...taskInfo(tasks, task) },
    task,
  };
}

const wholeNumber = z
  .string()
  .regex(/^\d{1,10}$/, 'must be an integer (times: Unix timestamps in seconds)')
  .transform(Number);

const listQuery = z.strictObject({
  channel: z.string().optional(),
  from_time: wholeNumber.optional(),
  to_time: wholeNumber.optional(),
  state: z
    .string()
    .regex(/^[0-6]$/, 'must be one integer from 0 to 6')
    .default('2'),
  limit: wholeNumber.pipe(z.number().min(1).max(100)).default(20),
  cursor: z.string().optional(),
});

/** "List Real-time STT agents", v7.2.1: newest first, by the second in which they were started. */
export function list(project: Project, request: ApiRequest): Answer {
  const { tasks } = project;
  const wanted = checked(listQuery, request.query, 'query');
  const nowSeconds = unixSeconds(project.now());
  const fromSeconds = wanted.from_time ?? nowSeconds - DAY_SECONDS;
  const toSeconds = wanted.to_time ?? nowSeconds;
  const inOrder = tasks
    .all(wanted.channel)
    .filter(({ api }) => api === 'v7')
    .toReversed();
  const matching = new Set(
    inOrder.filter((task) => {
      const startedSeconds = unixSeconds(task.createdAtMs);
      const inTime = startedSeconds >= fromSeconds && startedSeconds <= toSeconds;
      const inState = tasks.status(task) === STATES[Number(wanted.state)];
      return inTime && inState && task.end?.cause !== 'vanished';
    }),
  );
  // The cursor's task may have left the state since its page: its place among all tasks counts.
  const rest = afterCursor(inOrder, wanted.cursor).filter((task) => matching.has(task));
  const page = rest.slice(0, wanted.limit);
  return {
    status: 200,
    body: {
      data: {
        count: page.length,
        list: page.map((task) => ({
          start_ts: unixSeconds(task.createdAtMs),
          status: tasks.status(task),
          agent_id: task.agentId,
          ...(project.listNames && { name: task.name }),
        })),
      },
      meta: {
        cursor: rest.length > page.length ? (page.at(-1)?.agentId ?? '') : '',
        total: matching.size,
      },
      status: 'ok',
    },
  };
}

/** "Stop a Real-time STT agent", v7: 200 without a body. */
export function leave(project: Project, request: ApiRequest): Answer {
  const task = liveTask(project.tasks, request.agentId);
  checked(z.strictObject({}).optional(), request.body, 'body');
  project.tasks.end(task, 'left');
  return { status: 200, task };
}

/** The task, or the refusal that it was never started or has ended. */
export function liveTask(
  tasks: Tasks,
  agentId: string,
  ruleAfterLeave?: 'update-after-leave',
): Task {
  const task = tasks.of('v7', agentId);
  if (!task) throw new Refusal(404, null, `task ${agentId} was not found`);
  if (!task.end) return task;
  const rule = task.end.cause === 'left' ? (ruleAfterLeave ?? null) : null;
  throw new Refusal(404, rule, `task ${agentId} has ended`, { task });
}

/** What join, update and the 409 of a taken name tell of a task. */
export function taskInfo(tasks: Tasks, task: Task): object {
  return {
    agent_id: task.agentId,
    create_ts: unixSeconds(task.createdAtMs),
    status: tasks.status(task),
  };
}

function refuseUsedName(tasks: Tasks, name: string): void {
  const holder = tasks.named(name);
  if (!holder) return;
  const about = { task: holder, taskInfo: taskInfo(tasks, holder) };
  if (holder.end) {
    throw new Refusal(409, 'name-reuse', `name "${name}" was used by a task that ended`, about);
  }
  // A caller that never got the first answer does right to ask again.
  const rule = holder.joinAnswered ? 'name-conflict' : null;
  throw new Refusal(409, rule, `a task of name "${name}" exists`, about);
}

function afterCursor(inOrder: readonly Task[], cursor: string | undefined): readonly Task[] {
  if (!cursor) return inOrder;
  const index = inOrder.findIndex((task) => task.agentId === cursor);
  if (index === -1)
    throw new Refusal(400, 'query', `cursor "${cursor}" is no agent_id of the list`);
  return inOrder.slice(index + 1);
}

function newAgentId(): string {
  return Array.from({ length: 26 }, () => AGENT_ID_ALPHABET[randomInt(34)]).join('');
}
