// Makes the code of the workflows beforehand, so that a worker starts sooner, and where nothing can be written:
// `node scripts/bundle-workflows.ts FOLDER`. A worker takes it from there by DURASCRIBE_WORKFLOW_BUNDLE.
import { mkdirSync, writeFileSync } from 'node:fs';
import { bundleWorkflowCode } from '@temporalio/worker';
import { FAILURE_CONVERTER_PATH } from '../src/temporal/encryption.ts';
import { bundleIn, WORKFLOW_SOURCES } from '../src/temporal/workflow-code.ts';

const [folder] = process.argv.slice(2);
if (folder === undefined)
  throw new Error('Name the folder to write to: bundle-workflows.ts FOLDER');
mkdirSync(folder, { recursive: true });
for (const converter of [{}, { failureConverterPath: FAILURE_CONVERTER_PATH }]) {
  const { code } = await bundleWorkflowCode({ ...WORKFLOW_SOURCES, ...converter });
  writeFileSync(bundleIn(folder, converter), code);
}
