import { z } from 'zod';
import { readState } from '../shared/state-file.ts';
import { jobSchema } from './jobs.ts';
import { recordsSchema } from './ledger.ts';

const stateSchema = z.object({
  version: z.literal(1),
  /** Oldest first. */
  jobs: z.array(jobSchema),
  records: recordsSchema,
});
export type SavedState = z.infer<typeof stateSchema>;

/** Jobs survive a restart, as they do at Amazon. */
export function loadState(file: string | undefined): SavedState {
  const empty = stateSchema.parse({ version: 1, jobs: [], records: {} });
  return readState('Transcribe', file, stateSchema, empty);
}
