import { z } from 'zod';
import { Refusal } from './answers.ts';
import type { Configuration } from './body-rules.ts';
import type { Project } from './project.ts';
import type { Task } from './tasks.ts';

/** "Update service": 5 s from the start to the first update, and between updates. */
const SPACING_MS = 5_000;

type UpdateBody = Omit<Partial<Configuration>, 'subscribeAudioUids' | 'unSubscribeAudioUids'> & {
  readonly rtcConfig?: Pick<Configuration, 'subscribeAudioUids'> | undefined;
};

/**
 * Checks the pace and the sequence of an update that has arrived, and counts it: even one that is
 * refused has used its sequenceId, and the next has to keep its distance.
 */
export function admitPaced(project: Project, task: Task, query: unknown): void {
  const nowMs = project.now();
  const refusals = [spacingFault(task, nowMs), sequenceFault(task, query)].filter(
    (refusal) => refusal !== undefined,
  );
  task.lastCallAtMs = nowMs;
  const [first, ...others] = refusals;
  for (const { rule, message } of others) {
    if (rule) project.records.violate(nowMs, rule, message, task);
  }
  if (first) throw first;
}

/** Replaces each field that the mask names, whole; mask and body have to name the same. */
export function applyUpdate(
  task: Task,
  body: UpdateBody,
  updateMask: string | undefined,
  changeable: ReadonlySet<string>,
): void {
  const masks = checkMask(updateMask, body, changeable);
  task.configuration = changed(task.configuration, body, masks);
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

function checkMask(
  updateMask: string | undefined,
  body: UpdateBody,
  changeable: ReadonlySet<string>,
): readonly string[] {
  if (!updateMask) throw maskFault('updateMask is required');
  const masks = updateMask.split(',');
  const unknown = masks.find((mask) => !changeable.has(mask));
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
