import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DataConverter } from '@temporalio/common';
import type { WorkerOptions } from '@temporalio/worker';

/** What the code of the workflows is made of: by each worker as it starts, or once by scripts/bundle-workflows.ts. */
export const WORKFLOW_SOURCES = {
  workflowsPath: pathOf('../workflows/index.ts'),
  payloadConverterPath: pathOf('../workflows/payload-converter.ts'),
} as const;

/** The file of a folder of bundles that is for what `dataConverter` says: how failures are written is part of the code. */
export function bundleIn(folder: string, { failureConverterPath }: DataConverter): string {
  return join(folder, failureConverterPath === undefined ? 'plain.js' : 'encrypting.js');
}

/** Where a worker takes the code of the workflows from: the folder that has it, or its sources. */
export function workflowCode(
  folder: string | null,
  dataConverter: DataConverter,
): Pick<WorkerOptions, 'workflowsPath' | 'workflowBundle'> {
  if (folder !== null) return { workflowBundle: { codePath: bundleIn(folder, dataConverter) } };
  return { workflowsPath: WORKFLOW_SOURCES.workflowsPath };
}

function pathOf(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}
