import { z } from 'zod';
import { readState } from '../shared/state-file.ts';
import { callSchema, violationSchema, webhookSchema } from './ledger.ts';
import { sessionSchema } from './sessions.ts';
import { taskSchema } from './tasks.ts';

const stateSchema = z.object({
  version: z.literal(1),
  /** PKCS #8 PEM; a restart is no reason for the vendor to change its keys. */
  webhookPrivateKey: z.string().optional(),
  sessions: z.array(sessionSchema),
  tasks: z.array(taskSchema),
  calls: z.array(callSchema),
  violations: z.array(violationSchema),
  webhooks: z.array(webhookSchema),
});
export type SavedState = z.infer<typeof stateSchema>;

/** Sessions and tasks survive a restart, as they do at VideoSDK. */
export function loadState(file: string | undefined): SavedState {
  const empty = { sessions: [], tasks: [], calls: [], violations: [], webhooks: [] };
  return readState('VideoSDK', file, stateSchema, { version: 1, ...empty });
}
