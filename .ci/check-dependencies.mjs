// Checks what the product is made of: the lock file, who may run scripts at an installation, the licences of what is
// shipped, the list of it (SBOM), the configuration of updates, and, where the registry answers, known
// vulnerabilities. Then the same for lock files that are broken on purpose. Installs its tools first where they are
// missing: for that it needs Python 3.10 or newer with pip, and the network.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { provideTool } from '../scripts/install-python-tool.mjs';
import { BROKEN_LOCKS, lockFaults } from './dependencies/lock.mjs';

/** @type {import('../scripts/python-tools.mjs').PythonTool} */
const CYCLONEDX = {
  name: 'cyclonedx-python-lib',
  version: '11.12.0',
  requirement: 'cyclonedx-python-lib[json-validation]==11.12.0',
  what: 'the schemas of CycloneDX',
  user: 'the check of the dependencies',
  script: '.ci/check-dependencies.mjs',
};
/** @type {import('../scripts/python-tools.mjs').PythonTool} */
const CHECK_JSONSCHEMA = {
  name: 'check-jsonschema',
  version: '0.39.0',
  requirement: 'check-jsonschema==0.39.0',
  what: "the schema of Renovate's configuration",
  user: 'the check of the dependencies',
  script: '.ci/check-dependencies.mjs',
};
const VALIDATE_SBOM = `
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
fault = JsonStrictValidator(SchemaVersion.V1_5).validate_str(open(sys.argv[1]).read())
sys.exit(str(fault)[:2000] if fault else 0)`;
const VALIDATE_RENOVATE = 'import sys; from check_jsonschema import main; sys.exit(main())';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = mkdtempSync(join(tmpdir(), 'durascribe-dependencies-'));
/** @param {string} name */
const json = (name) => JSON.parse(readFileSync(join(root, name), 'utf8'));
const npmrc = readFileSync(join(root, '.npmrc'), 'utf8');
/** @type {string[]} */
const faults = [];

try {
  const found = { manifest: json('package.json'), lock: json('package-lock.json'), npmrc };
  faults.push(...lockFaults(found));
  for (const { what, change, fault } of BROKEN_LOCKS) {
    const broken = structuredClone(found);
    change(broken);
    if (!lockFaults(broken).some((text) => fault.test(text))) faults.push(`not found out: ${what}`);
  }
  checkScripts(found.manifest);
  await checkSbom();
  await checkRenovate();
  audit();
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) process.exitCode = 1;
  else
    console.log(`No objection to the dependencies; ${BROKEN_LOCKS.length} broken locks found out.`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** That npm itself refuses a script that nobody has approved; before npm 11 it knows nothing of approvals. */
function checkScripts(manifest) {
  const { allowScripts: _, ...unapproved } = manifest;
  writeFileSync(join(folder, 'package.json'), JSON.stringify(unapproved));
  for (const name of ['package-lock.json', '.npmrc']) {
    writeFileSync(join(folder, name), readFileSync(join(root, name)));
  }
  const { stderr } = npm(['ci', '--dry-run'], folder);
  if (/ESTRICTALLOWSCRIPTS/.test(stderr)) return;
  const version = npm(['--version'], root).stdout.trim();
  if (Number(version.split('.')[0]) < 11) {
    console.log(`npm ${version} runs every install script: approvals are not tried here.`);
  } else faults.push(`npm ${version} would run install scripts that nobody has approved`);
}

async function checkSbom() {
  const { stdout, stderr, status } = npm(['run', '-s', 'sbom'], root);
  if (status !== 0) {
    faults.push(`npm run sbom has failed:\n${stderr}`);
    return;
  }
  const file = join(folder, 'sbom.json');
  const python = await provideTool(CYCLONEDX);
  for (const [text, isValid] of [
    [stdout, true],
    [stdout.replace('"purl"', '"pearl"'), false],
  ]) {
    writeFileSync(file, text);
    const result = spawnSync(python, ['-c', VALIDATE_SBOM, file], { encoding: 'utf8' });
    if ((result.status === 0) !== isValid) {
      faults.push(
        isValid ? `The SBOM is not valid: ${result.stderr}` : 'A broken SBOM is not found out',
      );
    }
  }
}

async function checkRenovate() {
  const python = await provideTool(CHECK_JSONSCHEMA);
  const args = ['-c', VALIDATE_RENOVATE, '--builtin-schema', 'vendor.renovate', 'renovate.json'];
  const { status, stdout } = spawnSync(python, args, { cwd: root, encoding: 'utf8' });
  if (status !== 0) faults.push(`renovate.json: ${stdout}`);
}

/** Known vulnerabilities, where the registry can be asked for them: mirrors often can't. */
function audit() {
  const { stdout } = npm(['audit', '--json', '--omit', 'dev'], root);
  const { vulnerabilities, statusCode, message } = JSON.parse(stdout || '{}');
  if (!vulnerabilities) {
    const reason = statusCode ? `HTTP ${statusCode}` : (message ?? 'no answer');
    console.log(`Vulnerabilities were NOT looked for: the registry takes no audit (${reason}).`);
    return;
  }
  for (const { name, severity } of Object.values(vulnerabilities)) {
    faults.push(`${name} has a known vulnerability (${severity}): npm audit tells more`);
  }
}

/**
 * @param {string[]} args
 * @param {string} cwd
 */
function npm(args, cwd) {
  const result = spawnSync('npm', args, { cwd, encoding: 'utf8', maxBuffer: 64 * 1_024 * 1_024 });
  if (result.error) throw result.error;
  return result;
}
