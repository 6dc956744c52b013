// What a new user does: clones, types `npm start`, types the README's curl commands, presses Ctrl-C.
// Passes if every command succeeds, the session ran and stopped, the vendor's simulator has nothing to
// complain of, and nothing is left running. Plain JavaScript, for the machine's own Node.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const API = 'http://127.0.0.1:3000';
/** Of the simulators of Agora, VideoSDK, Amazon Transcribe and Vonage. */
const LEDGERS = [4010, 4011, 4013, 4014].map((port) => `http://127.0.0.1:${port}/ledger`);
const PORTS = [3000, 4010, 4011, 4012, 4013, 4014, 7233, 8233];
/** What a session shows on its way, and how it ends. */
const RAN = new Set(['running', 'transcribing', 'completed']);
const ENDED = new Set(['stopped', 'completed']);
const START_WITHIN_MS = 480_000; // With nothing cached it builds the Temporal server.
const STOP_WITHIN_MS = 60_000;

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = mkdtempSync(join(tmpdir(), 'durascribe-smoke-'));
const clone = join(folder, 'durascribe');
const logFile = join(folder, 'npm-start.log');
let npm;

try {
  await requireFreePorts('before the smoke test');
  execFileSync('git', ['clone', '--quiet', root, clone]);
  npm = startProduct();
  await until('npm start serves', START_WITHIN_MS, () => {
    if (npm.exitCode !== null) throw new Error(`npm start ended with ${npm.exitCode}`);
    return readFileSync(logFile, 'utf8').includes('Durascribe is running');
  });
  console.log('smoke: npm start serves');
  await followReadme();
  await checkLedgers();
  await stopProduct();
  console.log('smoke: passed');
} catch (error) {
  console.error(`smoke: FAILED: ${error.message}`);
  console.error(
    `\nThe output of npm start:\n${readFileSync(logFile, { encoding: 'utf8', flag: 'a+' })}`,
  );
  if (npm?.exitCode === null) {
    process.kill(-npm.pid, 'SIGTERM');
    await once(npm, 'exit');
  }
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function startProduct() {
  const log = openSync(logFile, 'w');
  // A group of its own, to which a signal can be sent as a terminal sends Ctrl-C.
  const stdio = ['ignore', log, log];
  const child = spawn('npm', ['start'], { cwd: clone, detached: true, stdio });
  closeSync(log);
  return child;
}

/** Runs the README's commands, watching what becomes of the sessions that they name. */
async function followReadme() {
  const readme = readFileSync(join(clone, 'README.md'), 'utf8');
  const blocks = [...readme.matchAll(/^```sh\n(.*?)^```/gms)].map(([, body]) => body);
  const commands = blocks.filter((body) => body.includes('curl'));
  const ids = new Set(commands.join().match(/(?<=\/v1\/sessions\/)[\w.:-]+/g));
  if (ids.size === 0) throw new Error('no curl command of the README names a session');

  const seen = new Map([...ids].map((id) => [id, new Set()]));
  let done = false;
  const watching = (async () => {
    while (!done) {
      for (const [id, statuses] of seen) statuses.add(await statusOf(id));
      await sleep(100);
    }
  })();
  try {
    for (const body of commands) {
      console.log(body.trimEnd());
      console.log(await runShell(body));
    }
    for (const id of ids) {
      await until(`${id} has ended`, 30_000, async () => ENDED.has(await statusOf(id)));
    }
  } finally {
    done = true;
    await watching;
  }
  for (const [id, statuses] of seen) {
    if (![...statuses].some((status) => RAN.has(status))) {
      throw new Error(`${id} never ran: ${[...statuses].join(', ')}`);
    }
    console.log(`smoke: ${id} ran and ended`);
  }
}

/** @param {string} script */
function runShell(script) {
  return new Promise((resolve, reject) => {
    const shell = spawn('bash', ['-euc', script], {
      cwd: clone,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [shell.stdout, shell.stderr])
      stream.on('data', (data) => (output += data));
    shell.on('error', reject);
    shell.on('close', (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`a command of the README ended with ${code}:\n${script}\n${output}`));
    });
  });
}

/** @param {string} id */
async function statusOf(id) {
  const response = await fetch(`${API}/v1/sessions/${id}`);
  return response.ok ? (await response.json()).status : `HTTP ${response.status}`;
}

async function checkLedgers() {
  for (const ledger of LEDGERS) {
    const { tasks = [], jobs = [], violations } = await (await fetch(ledger)).json();
    if (violations.length > 0) {
      throw new Error(`${ledger}: rules broken: ${JSON.stringify(violations)}`);
    }
    const live = [...tasks, ...jobs].filter(({ endedAt }) => endedAt === null);
    if (live.length > 0) throw new Error(`${ledger}: left running: ${JSON.stringify(live)}`);
    console.log(`smoke: ${ledger} is clean (${tasks.length} tasks, ${jobs.length} jobs)`);
  }
}

async function stopProduct() {
  process.kill(-npm.pid, 'SIGINT');
  const ended = () => npm.exitCode !== null || npm.signalCode !== null;
  await until('npm start ends on Ctrl-C', STOP_WITHIN_MS, ended);
  const processes = execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' }).split('\n');
  const left = processes.filter((line) => line.includes(clone));
  if (left.length > 0) throw new Error(`still running after Ctrl-C:\n${left.join('\n')}`);
  await requireFreePorts('after Ctrl-C');
  console.log('smoke: Ctrl-C left nothing running');
}

/** @param {string} when */
async function requireFreePorts(when) {
  for (const port of PORTS) {
    if (await isListening(port)) throw new Error(`port ${port} is in use ${when}`);
  }
}

/** @param {number} port */
function isListening(port) {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

/**
 * @param {string} what
 * @param {number} withinMs
 * @param {() => boolean | Promise<boolean>} check
 */
async function until(what, withinMs, check) {
  const deadlineMs = Date.now() + withinMs;
  while (!(await check())) {
    if (Date.now() > deadlineMs) throw new Error(`not within ${withinMs / 1_000} s: ${what}`);
    await sleep(200);
  }
}
