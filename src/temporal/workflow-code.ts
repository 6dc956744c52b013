import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DataConverter } from '@temporalio/common';
import type { WorkerInterceptors, WorkerOptions } from '@temporalio/worker';

/** What the code of the workflows is made of: by each worker as it starts, or once by scripts/bundle-workflows.ts. */
export const WORKFLOW_SOURCES = {
  workflowsPath: pathOf('../workflows/index.ts'),
  payloadConverterPath: pathOf('../workflows/payload-converter.ts'),
  // Of use where there are traces only, and there at all times: they may be switched on while sessions run.
  workflowInterceptorModules: [pathOf('../workflows/tracing.ts')],
};

/** The file of a folder of bundles that is for what `dataConverter` says: how failures are written is part of the code. */
export function bundleIn(folder: string, { failureConverterPath }: DataConverter): string {
  return join(folder, failureConverterPath === undefined ? 'plain.js' : 'encrypting.js');
}

/**
 * Where a worker takes the code of the workflows from: the folder that has it, or its sources. Its `interceptors` are the
 * worker's and, unless that code has them already, the workflows' own.
 */
export function workflowCode(
  folder: string | null,
  dataConverter: DataConverter,
  interceptors: WorkerInterceptors,
): Pick<WorkerOptions, 'workflowsPath' | 'workflowBundle' | 'interceptors'> {
  if (folder !== null) {
    return { workflowBundle: { codePath: bundleIn(folder, dataConverter) }, interceptors };
  }
  const { workflowsPath, workflowInterceptorModules: workflowModules } = WORKFLOW_SOURCES;
  return { workflowsPath, interceptors: { ...interceptors, workflowModules } };
}

function pathOf(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}
