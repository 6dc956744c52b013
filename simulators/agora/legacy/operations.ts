import { z } from 'zod';
import type { Answer } from '../answers.ts';
import { checked } from '../body-rules.ts';
import { unixSeconds } from '../project.ts';
import type { ApiRequest, Project } from '../project.ts';
import type { Task } from '../tasks.ts';
import { admitPaced, applyUpdate } from '../updating.ts';
import { coded, CODES } from './answers.ts';
import { acquireBody, updateBody } from './bodies.ts';
import { liveTaskOfToken, taskInfo, taskOfToken } from './task-of-token.ts';

const CHANGEABLE = new Set([
  'languages',
  'uidLanguagesConfig',
  'rtcConfig.subscribeAudioUids',
  'translateConfig',
  'translateConfig.enable',
  'translateConfig.languages',
]);

const updateQuery = z.strictObject({
  builderToken: z.string(),
  sequenceId: z.string(),
  updateMask: z.string().optional(),
});

/** "Acquire a builder token": as many as are wanted, also for one `instanceId`. */
export function acquire({ builderTokens, now }: Project, { body }: ApiRequest): Answer {
  const { instanceId } = checked(acquireBody, body, 'body');
  const { tokenName, createdAtMs } = builderTokens.mint(instanceId, now());
  return { status: 200, body: { createTs: unixSeconds(createdAtMs), instanceId, tokenName } };
}

/** "Query the task status", v6. */
export function query(project: Project, request: ApiRequest): Answer {
  const task = liveTaskOfToken(project, request);
  return { status: 200, body: taskInfo(project, task), task };
}

/** "Update task configuration", v6. */
export function update(project: Project, request: ApiRequest): Answer {
  const task = admitUpdate(project, request);
  const { updateMask } = checked(updateQuery, request.query, 'query');
  applyUpdate(task, checked(updateBody, request.body, 'body'), updateMask, CHANGEABLE);
  return { status: 200, body: taskInfo(project, task), task };
}

/** What an update does as soon as it has arrived, whatever becomes of it. */
export function admitUpdate(project: Project, request: ApiRequest): Task {
  const task = liveTaskOfToken(project, request, 'update-after-leave');
  admitPaced(project, task, request.query);
  return task;
}

/** "Stop a Real-time STT task", v6: 200 without a body. */
export function stop(project: Project, request: ApiRequest): Answer {
  const known = taskOfToken(project, request);
  if (known.end?.cause === 'left' && project.legacyAnswers.repeatedStop === 'code-49') {
    return { ...coded(400, CODES.repeated, 'the task has been stopped'), task: known };
  }
  const task = liveTaskOfToken(project, request);
  checked(z.strictObject({}).optional(), request.body, 'body');
  project.tasks.end(task, 'left');
  return { status: 200, task };
}
