import type { LoadedDataConverter } from '@temporalio/common';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow/index.js';
import type { WorkflowExecutionDescription } from '@temporalio/client';
import { z } from 'zod';

const Progress = z.object({ bytes: z.int(), totalBytes: z.int().nullable() });

/** How far the copy of a recording is, by the heartbeat of the activity that makes it; null while there is none. */
export async function archiveProgress(
  { raw }: WorkflowExecutionDescription,
  converter: LoadedDataConverter,
): Promise<z.infer<typeof Progress> | null> {
  for (const { heartbeatDetails } of raw.pendingActivities ?? []) {
    const [details] = await decodeArrayFromPayloads(converter, heartbeatDetails?.payloads);
    const progress = Progress.safeParse(details);
    if (progress.success) return progress.data;
  }
  return null;
}
