import { z } from 'zod';
import { Refusal } from './answers.ts';
import type { Answer } from './answers.ts';
import { checked, updateBody } from './body-rules.ts';
import type { Configuration } from './body-rules.ts';
import { liveTask, taskInfo } from './operations.ts';
import type { ApiRequest, Project } from './operations.ts';
import type { Task } from './tasks.ts';

/** "Update service": 5 s from the start to the first update, and between updates. */
const SPACING_MS = 5_000;

const CHANGEABLE = new Set([
  'languages',
  'keywords',
  'uidLanguagesConfig',
  'rtcConfig.subscribeAudioUids',
  'translateConfig',
  'translateConfig.enable',
  'translateConfig.languages',
]);

type UpdateBody = z.infer<typeof updateBody>;

const updateQuery = z.strictObject({ sequenceId: z.string(), updateMask: z.string().optional() });

/** "Update task configuration", v7: a masked field is replaced whole, the others stay. */
export function update(project: Project, request: ApiRequest): Answer {
  const task = admitUpdate(project, request);
  const { updateMask } = checked(updateQuery, request.query, 'query');
  const body = checked(updateBody, request.body, 'body');
  const masks = checkMask(updateMask, body);
  task.configuration = changed(task.configuration, body, masks);
  return { status: 200, body: taskInfo(project.tasks, task), task };
}

/**
 * Checks the pace and the sequence of a request that has arrived, and counts it: even one that is
 * refused has used its sequenceId, and the next has to keep its distance.
 */
export function admitUpdate(project: Project, request: ApiRequest): Task {
  const task = liveTask(project.tasks, request.agentId, 'update-after-leave');
  const nowMs = project.now();
  const refusals = [spacingFault(task, nowMs), sequenceFault(task, request.query)].filter(
    (refusal) => refusal !== undefined,
  );
  task.lastCallAtMs = nowMs;
  const [first, ...others] = refusals;
  for (const { rule, message } of others) {
    if (rule) project.records.violate(nowMs, rule, message, task);
  }
  if (first) throw first;
  return task;
}

function spacingFault(task: Task, nowMs: number): Refusal | undefined {
  const sinceMs = nowMs - task.lastCallAtMs;
  if (sinceMs >= SPACING_MS) return undefined;
  const detail = `only ${sinceMs} ms since the last join or update: wait at least ${SPACING_MS} ms`;
  return new Refusal(400, 'spacing', detail, { task });
}

function sequenceFault(task: Task, query: unknown): Refusal | undefined {
  const refused = (detail: string) => new Refusal(400, 'sequence', detail, { task });
  const parsed = z.looseObject({ sequenceId: z.string().regex(/^\d{1,15}$/) }).safeParse(query);
  if (!parsed.success) return refused('sequenceId must be an integer, 0 or more');
  const sequenceId = Number(parsed.data.sequenceId);
  const last = task.lastSequenceId;
  task.lastSequenceId = Math.max(last, sequenceId);
  if (sequenceId === last + 1) return undefined;
  if (sequenceId > last) {
    return refused(`sequenceId ${sequenceId} skips ahead of the last one, ${last}`);
  }
  return refused(`sequenceId ${sequenceId} is not above the last one, ${last}`);
}

function checkMask(updateMask: string | undefined, body: UpdateBody): readonly string[] {
  if (!updateMask) throw maskFault('updateMask is required');
  const masks = updateMask.split(',');
  const unknown = masks.find((mask) => !CHANGEABLE.has(mask));
  if (unknown !== undefined) throw maskFault(`updateMask: "${unknown}" is no changeable field`);
  if (new Set(masks).size < masks.length) throw maskFault('updateMask names a field twice');
  const fields = fieldsOf(body);
  const absent = masks.find((mask) => !fields.some((field) => covers(mask, field)));
  if (absent !== undefined) throw maskFault(`updateMask names ${absent}, which the body lacks`);
  const unmasked = fields.find((field) => !masks.some((mask) => covers(mask, field)));
  if (unmasked !== undefined) {
    throw maskFault(`the body has ${unmasked}, which updateMask doesn't name`);
  }
  return masks;
}

function maskFault(detail: string): Refusal {
  return new Refusal(400, 'mask', detail);
}

function covers(mask: string, field: string): boolean {
  return field === mask || field.startsWith(`${mask}.`);
}

function fieldsOf({ rtcConfig, translateConfig, ...flat }: UpdateBody): string[] {
  return [
    ...Object.keys(flat),
    ...Object.keys(rtcConfig ?? {}).map((key) => `rtcConfig.${key}`),
    ...Object.keys(translateConfig ?? {}).map((key) => `translateConfig.${key}`),
  ];
}

function changed(
  before: Configuration,
  { rtcConfig, translateConfig, ...flat }: UpdateBody,
  masks: readonly string[],
): Configuration {
  const kept = masks.includes('translateConfig') ? {} : before.translateConfig;
  const translation = translateConfig ? { ...kept, ...translateConfig } : before.translateConfig;
  if (translation?.enable && !translation.languages?.length) {
    throw new Refusal(400, 'body', 'translateConfig.languages is needed to enable translation');
  }
  return {
    ...before,
    ...flat,
    translateConfig: translation,
    ...(rtcConfig?.subscribeAudioUids && {
      subscribeAudioUids: rtcConfig.subscribeAudioUids,
      unSubscribeAudioUids: undefined,
    }),
  };
}
