import { z } from 'zod';
import type { Answer } from '../answers.ts';
import { checked } from '../body-rules.ts';
import type { ApiRequest, Project } from '../project.ts';
import type { Task } from '../tasks.ts';
import { admitPaced, applyUpdate } from '../updating.ts';
import { updateBody } from './bodies.ts';
import { liveTask, taskInfo } from './operations.ts';

const CHANGEABLE = new Set([
  'languages',
  'keywords',
  'uidLanguagesConfig',
  'rtcConfig.subscribeAudioUids',
  'translateConfig',
  'translateConfig.enable',
  'translateConfig.languages',
]);

const updateQuery = z.strictObject({ sequenceId: z.string(), updateMask: z.string().optional() });

/** "Update task configuration", v7. */
export function update(project: Project, request: ApiRequest): Answer {
  const task = admitUpdate(project, request);
  const { updateMask } = checked(updateQuery, request.query, 'query');
  applyUpdate(task, checked(updateBody, request.body, 'body'), updateMask, CHANGEABLE);
  return { status: 200, body: taskInfo(project.tasks, task), task };
}

/** What an update does as soon as it has arrived, whatever becomes of it. */
export function admitUpdate(project: Project, request: ApiRequest): Task {
  const task = liveTask(project.tasks, request.agentId, 'update-after-leave');
  admitPaced(project, task, request.query);
  return task;
}
