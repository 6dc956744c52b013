import { z } from 'zod';
import { Refusal } from '../answers.ts';
import { checked } from '../body-rules.ts';
import { unixSeconds } from '../project.ts';
import type { ApiRequest, Project } from '../project.ts';
import type { Task } from '../tasks.ts';
import { CODES, TASK_MISMATCH, TASK_NOT_FOUND } from './answers.ts';
import type { BuilderToken } from './builder-tokens.ts';

/** The statuses that a task goes through while it starts. */
const STEPS = ['PREPARING', 'PREPARED', 'STARTING', 'CREATED', 'STARTED'] as const;

const tokenQuery = z.looseObject({ builderToken: z.string().min(1) });

/** The builderToken of a query string, if this project issued it. */
export function knownToken({ builderTokens }: Project, query: unknown): BuilderToken {
  const { builderToken } = checked(tokenQuery, query, 'query');
  const token = builderTokens.get(builderToken);
  if (token) return token;
  const detail = 'failed to parse tokenName';
  throw new Refusal(400, 'builder-token', detail, { code: CODES.unknownToken });
}

/** The task of a request, if its builderToken started it. */
export function taskOfToken(project: Project, request: ApiRequest): Task {
  const { taskId } = knownToken(project, request.query);
  const task = taskId === null ? undefined : project.tasks.of('legacy', taskId);
  if (task && task.agentId === request.agentId) return task;
  throw new Refusal(400, 'builder-token', TASK_MISMATCH, { code: CODES.mismatch });
}

/** The same, or the refusal that it has ended. */
export function liveTaskOfToken(
  project: Project,
  request: ApiRequest,
  ruleAfterStop?: 'update-after-leave',
): Task {
  const task = taskOfToken(project, request);
  if (!task.end) return task;
  const rule = task.end.cause === 'left' ? (ruleAfterStop ?? null) : null;
  throw new Refusal(404, rule, TASK_NOT_FOUND, { task, code: CODES.notFound });
}

/** What start, query and update tell of a task. */
export function taskInfo(project: Project, task: Task): object {
  return {
    taskId: task.agentId,
    createTs: unixSeconds(task.createdAtMs),
    status: statusName(project, task),
  };
}

export function statusName({ now }: Project, task: Task): string {
  if (task.end) return task.end.cause === 'failed' ? 'FAILURE_STOP' : 'STOPPED';
  const startingMs = task.runningAtMs - task.createdAtMs;
  const step = Math.floor(((now() - task.createdAtMs) / startingMs) * STEPS.length);
  return STEPS[step] ?? 'IN_PROGRESS';
}
