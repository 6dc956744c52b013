// Lints the CloudFormation templates in deploy/aws. Installs the linter first where it is missing, in a
// virtual environment in the user's cache: for that it needs Python 3.10 or newer with pip, and the network.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { provideTool } from '../scripts/install-python-tool.mjs';

const FOLDER = 'deploy/aws';
/** @type {import('../scripts/python-tools.mjs').PythonTool} */
const CFN_LINT = {
  name: 'cfn-lint',
  version: '1.58.0',
  requirement: 'cfn-lint==1.58.0',
  what: 'the linter of CloudFormation templates',
  user: 'the check of deploy/aws',
  script: '.ci/check-templates.mjs',
};
const LINT = 'import sys; from cfnlint.runner import main; sys.exit(main())';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const templates = readdirSync(join(root, FOLDER))
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => join(FOLDER, name));
if (templates.length === 0) throw new Error(`There is no template in ${FOLDER}.`);

const python = await provideTool(CFN_LINT);
// Every finding counts, also a warning.
const { status, error } = spawnSync(python, ['-c', LINT, '--', ...templates], {
  cwd: root,
  stdio: 'inherit',
});
if (error) throw error;
if (status === 0) console.log(`cfn-lint has no objection to ${templates.join(', ')}.`);
process.exitCode = status ?? 1;
