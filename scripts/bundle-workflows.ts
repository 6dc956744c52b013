// Makes the code of the workflows beforehand, so that a worker starts sooner, and where nothing can be written:
// `node scripts/bundle-workflows.ts FILE`. A worker takes it from there by DURASCRIBE_WORKFLOW_BUNDLE.
import { writeFileSync } from 'node:fs';
import { bundleWorkflowCode } from '@temporalio/worker';
import { WORKFLOW_SOURCES } from '../src/temporal/workflow-code.ts';

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('Name the file to write: bundle-workflows.ts FILE');
const { code } = await bundleWorkflowCode({ ...WORKFLOW_SOURCES });
writeFileSync(file, code);
