// Checks what deploy/kubernetes makes: builds each overlay by kustomize, holds every object against the schemas of
// Kubernetes and of the operators' own kinds (a field that they do not know is a fault), every reference against what
// is there, and all of it against kube-score. Then the same for manifests that are broken on purpose, each of which
// must be found out. Installs its tools first where they are missing, in the user's cache: for that it needs Go,
// Python 3.10 or newer with pip, and the network.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { provideTool } from '../scripts/install-python-tool.mjs';
import { runVisibly } from '../scripts/run-visibly.mjs';
import { BROKEN } from './kubernetes/broken.mjs';

const KUBERNETES = '1.37';
/** The newest that Go 1.26 builds. */
const KUSTOMIZE = { module: 'sigs.k8s.io/kustomize/kustomize/v5@v5.8.2', name: 'kustomize' };
const KUBE_SCORE = {
  module: 'github.com/zegl/kube-score@v1.20.0',
  folder: '/cmd/kube-score',
  name: 'kube-score',
};
/** The schemas of the kinds that are not Kubernetes' own, and of KEDA the source of its scaler. */
const OPERATORS = [
  { module: 'github.com/kedacore/keda/v2@v2.21.0', folder: 'config/crd/bases' },
  {
    module: 'github.com/prometheus-operator/prometheus-operator@v0.85.0',
    folder: 'example/prometheus-operator-crd',
  },
  { module: 'github.com/external-secrets/external-secrets@v1.3.2', folder: 'config/crds/bases' },
];
/** @type {import('../scripts/python-tools.mjs').PythonTool} */
const SCHEMAS = {
  name: 'kubernetes-validate',
  version: '1.37.0',
  requirement: 'kubernetes-validate==1.37.0',
  what: 'the schemas of Kubernetes',
  user: 'the check of deploy/kubernetes',
  script: '.ci/check-kubernetes.mjs',
};
/** No CPU limit: one throttles while others idle. Tags are not moved. Topology spread keeps pods apart. */
const SCORE = ['score', '--output-format', 'ci', '--ignore-container-cpu-limit', '--ignore-test'];
const IGNORED_TESTS = 'container-image-pull-policy,deployment-has-host-podantiaffinity';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const overlays = join(root, 'deploy/kubernetes/overlays');
const tools = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'durascribe');
const folder = mkdtempSync(join(tmpdir(), 'durascribe-kubernetes-'));

try {
  const kustomize = await goTool(KUSTOMIZE);
  const kubeScore = await goTool(KUBE_SCORE);
  const python = await provideTool(SCHEMAS);
  const [keda, ...others] = OPERATORS.map(({ module, folder: schemas }) => ({
    module,
    source: goModule(module),
    schemas,
  }));
  for (const name of readdirSync(overlays)) {
    const built = execFileSync(kustomize, ['build', join(overlays, name)], { encoding: 'utf8' });
    writeFileSync(join(folder, `${name}.yaml`), built);
  }
  const whole = readdirSync(folder).map((name) => join(folder, name));
  const broken = BROKEN.map(breakIt);
  const files = [...whole, ...broken.map(({ file }) => file)];
  const kinds = [keda, ...others].map(({ source, schemas }) => join(source, schemas));

  const faults = [
    ...faultsOf(python, ['.ci/kubernetes/schemas.py', KUBERNETES, kinds.join(':'), ...files]),
    ...faultsOf(join(root, 'node_modules/.bin/node'), [
      '.ci/kubernetes/references.mjs',
      join(keda.source, 'pkg/scalers/temporal_scaler.go'),
      ...files.map((file) => `${file}.json`),
    ]),
    ...files.flatMap((file) => scoreFaults(kubeScore, file)),
  ];
  report(whole, broken, faults);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** @param {{ module: string, folder?: string, name: string }} tool */
async function goTool({ module, folder: inside = '', name }) {
  const [path, version] = module.split('@');
  const target = join(tools, `${name}-${version.slice(1)}`, name);
  if (existsSync(target)) return target;
  const env = { ...process.env, GOBIN: dirname(target) };
  const args = ['install', `${path}${inside}@${version}`];
  await runVisibly(`building ${name} with Go`, 'go', args, { env });
  return target;
}

/**
 * The folder of a module's source.
 * @param {string} module
 * @returns {string}
 */
function goModule(module) {
  const options = { cwd: folder, encoding: /** @type {const} */ ('utf8') };
  return JSON.parse(execFileSync('go', ['mod', 'download', '-json', module], options)).Dir;
}

/** @param {import('./kubernetes/broken.mjs').Broken} broken */
function breakIt({ what, of, find, put, fault }) {
  const text = readFileSync(join(folder, `${of}.yaml`), 'utf8');
  if (!text.includes(find)) throw new Error(`${what}: ${of} has no ${JSON.stringify(find)}`);
  const file = join(folder, `broken-${what.replaceAll(/\W+/g, '-')}.yaml`);
  writeFileSync(file, text.replace(find, put));
  return { what, file, fault };
}

/**
 * Runs a check that prints a line of JSON for each fault: `{ file, fault }`.
 * @param {string} command
 * @param {string[]} args
 * @returns {{ file: string, fault: string }[]}
 */
function faultsOf(command, args) {
  const stdio = /** @type {const} */ (['ignore', 'pipe', 'inherit']);
  const { stdout, status, error } = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    stdio,
  });
  if (error || status !== 0) throw error ?? new Error(`${args[0]} has failed`);
  return stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
}

/**
 * @param {string} kubeScore
 * @param {string} file
 */
function scoreFaults(kubeScore, file) {
  const args = [...SCORE, IGNORED_TESTS, file];
  const { stdout, stderr, error } = spawnSync(kubeScore, args, { encoding: 'utf8' });
  if (error) throw error;
  // It ends with 1 where it finds something, and where it cannot read: then it says so elsewhere.
  const lines = stdout.split('\n').filter((line) => /^\[(CRITICAL|WARNING)\]/.test(line));
  return [...lines, ...(stdout === '' ? [stderr] : [])].map((fault) => ({ file, fault }));
}

/**
 * @param {string[]} whole
 * @param {{ what: string, file: string, fault: RegExp }[]} broken
 * @param {{ file: string, fault: string }[]} faults
 */
function report(whole, broken, faults) {
  const found = (file) => faults.filter((fault) => fault.file === file).map(({ fault }) => fault);
  const bad = [
    ...whole.flatMap((file) => found(file).map((fault) => `${basename(file)}: ${fault}`)),
    ...broken
      .filter(({ file, fault }) => !found(file).some((text) => fault.test(text)))
      .map(({ what, file }) => `not found out: ${what} (${found(file).join('; ') || 'no fault'})`),
  ];
  for (const line of bad) console.error(line);
  if (bad.length > 0) process.exitCode = 1;
  else {
    const names = whole.map((file) => basename(file, '.yaml')).join(', ');
    console.log(`No objection to ${names}; ${broken.length} broken ones were found out.`);
  }
}
