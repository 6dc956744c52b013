// Checks with promtool what is in deploy/prometheus (rules, their tests, the example configuration), and what a real API
// and a real worker tell of themselves: test/metrics.test.ts runs them, and compares the alerts and the dashboard with
// that. promtool is PROMTOOL, the one on PATH, or Debian's, which is kept in the user's cache (it can't be installed by Go).
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const RULES = 'deploy/prometheus/alerts.yaml';
const TESTS = 'deploy/prometheus/alerts.test.yaml';
const CONFIG = 'deploy/prometheus/prometheus.yaml';
/** What promtool finds fault with in names that others have chosen: prom-client, and the Temporal SDK for its labels. */
const NAMED_BY_OTHERS = [
  /^nodejs_active_(?:resources|handles|requests)_total non-counter metrics should not have "_total" suffix$/,
  /^durascribe_\w+ label names should be written in 'snake_case' not 'camelCase'$/,
];

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const cached = join(
  process.env.XDG_CACHE_HOME || join(homedir(), '.cache'),
  'durascribe',
  'promtool',
);
const promtool = process.env.PROMTOOL || onPath() || (existsSync(cached) ? cached : ofDebian());
const folder = mkdtempSync(join(tmpdir(), 'durascribe-metrics-'));
try {
  check(['check', 'rules', RULES]);
  check(['check', 'config', CONFIG]);
  check(['test', 'rules', TESTS]);
  requireTests();
  const vitest = ['run', '--silent=passed-only', 'test/metrics.test.ts'];
  const node = join(root, 'node_modules/.bin/node');
  run(node, [join(root, 'node_modules/.bin/vitest'), ...vitest], { METRICS_FOLDER: folder });
  for (const name of ['api', 'worker']) checkMetrics(name);
  console.log('promtool has no objection to the alerts, their tests and the metrics.');
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
}

/** Every alert has to be seen firing. */
function requireTests() {
  const tests = readFileSync(join(root, TESTS), 'utf8');
  const alerts = [...readFileSync(join(root, RULES), 'utf8').matchAll(/- alert: (\w+)/g)];
  const untested = alerts.map(([, name]) => name).filter((name) => !tests.includes(`"${name}"`));
  if (alerts.length === 0) throw new Error(`There is no alert in ${RULES}.`);
  if (untested.length > 0) throw new Error(`No test in ${TESTS} has ${untested.join(', ')} fire.`);
}

/** @param {string} name of the process */
function checkMetrics(name) {
  const input = readFileSync(join(folder, `${name}.prom`));
  const { status, stdout, stderr, error } = spawnSync(promtool, ['check', 'metrics'], {
    input,
    encoding: 'utf8',
  });
  if (error) throw error;
  const objections = `${stdout}${stderr}`
    .split('\n')
    .filter((line) => line !== '' && !NAMED_BY_OTHERS.some((known) => known.test(line)));
  // 3 = it has read them, and finds fault with names.
  if (objections.length === 0 && (status === 0 || status === 3)) return;
  throw new Error(`The metrics of the ${name} are not right:\n${objections.join('\n')}`);
}

/** @param {string[]} args */
function check(args) {
  run(promtool, args);
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [more] of the environment
 */
function run(command, args, more = {}) {
  const options = { cwd: root, encoding: 'utf8', env: { ...process.env, ...more } };
  const { status, stdout, stderr, error } = spawnSync(command, args, options);
  if (error) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}\n${stderr}`);
}

function onPath() {
  return spawnSync('promtool', ['--version']).status === 0 ? 'promtool' : undefined;
}

/** promtool out of Debian's package of Prometheus, of which nothing else is installed. */
function ofDebian() {
  const parent = dirname(cached);
  mkdirSync(parent, { recursive: true });
  const workshop = mkdtempSync(join(parent, 'promtool.making-'));
  const here = { cwd: workshop, encoding: 'utf8' };
  try {
    const download = () => spawnSync('apt-get', ['download', 'prometheus'], here);
    if (download().status !== 0) {
      // A fresh machine has no list of packages yet.
      spawnSync('apt-get', ['update'], here);
      const { status, stderr } = download();
      if (status !== 0) {
        throw new Error(
          `There is no promtool: install Prometheus, or set PROMTOOL to one. ${stderr}`,
        );
      }
    }
    const [file = ''] = readdirSync(workshop);
    run('dpkg-deb', ['-x', join(workshop, file), join(workshop, 'package')]);
    renameSync(join(workshop, 'package/usr/bin/promtool'), cached);
    return cached;
  } finally {
    rmSync(workshop, { recursive: true, force: true });
  }
}
