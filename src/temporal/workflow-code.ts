import { fileURLToPath } from 'node:url';
import type { WorkerOptions } from '@temporalio/worker';

/** What the code of the workflows is made of: by each worker as it starts, or once by scripts/bundle-workflows.ts. */
export const WORKFLOW_SOURCES = {
  workflowsPath: pathOf('../workflows/index.ts'),
  payloadConverterPath: pathOf('../workflows/payload-converter.ts'),
} as const;

/** Where a worker takes the code of the workflows from: the file that has it, or its sources. */
export function workflowCode(
  bundle: string | null,
): Pick<WorkerOptions, 'workflowsPath' | 'workflowBundle'> {
  if (bundle !== null) return { workflowBundle: { codePath: bundle } };
  return { workflowsPath: WORKFLOW_SOURCES.workflowsPath };
}

function pathOf(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}
