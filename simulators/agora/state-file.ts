import { z } from 'zod';
import { readState } from '../shared/state-file.ts';
import { builderTokenSchema } from './legacy/builder-tokens.ts';
import { callSchema, captionUploadSchema, notificationSchema, violationSchema } from './ledger.ts';
import { taskSchema } from './tasks.ts';

const stateSchema = z.object({
  version: z.literal(1),
  tasks: z.array(taskSchema),
  calls: z.array(callSchema),
  violations: z.array(violationSchema),
  // Older files lack what follows.
  builderTokens: z.array(builderTokenSchema).default([]),
  notifications: z.array(notificationSchema).default([]),
  captions: z.array(captionUploadSchema).default([]),
});
export type SavedState = z.infer<typeof stateSchema>;

/** Tasks survive a restart, as they do at Agora. */
export function loadState(file: string | undefined): SavedState {
  const empty = stateSchema.parse({ version: 1, tasks: [], calls: [], violations: [] });
  return readState('Agora', file, stateSchema, empty);
}
