// Runs a long command quietly but visibly: one line that shows the seconds, the tail of its output if
// it fails, and nothing left behind when it is interrupted.
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, statSync, utimes } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const TAIL_LINES = 20;
const REPORT_EVERY_SECONDS = 15;
const HEARTBEAT_MS = 2_000;
const STALE_LOCK_MS = 15_000;
const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/** What `runVisibly` throws; `tail` is the end of the command's output. */
export class CommandError extends Error {
  /**
   * @param {string} message
   * @param {string} tail
   * @param {string | undefined} code the system's, such as ENOENT
   */
  constructor(message, tail, code) {
    super(message);
    this.tail = tail;
    this.code = code;
  }
}

export class Interrupted extends Error {}

/** @type {import('node:child_process').ChildProcess | undefined} */
let running;
let interrupted = false;

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(signal, () => {
    // Ctrl-C under npm arrives twice (from the terminal and from npm), so a repeat means nothing more.
    interrupted = true;
    signalGroup(running, 'SIGINT');
    setTimeout(() => signalGroup(running, 'SIGKILL'), 5_000).unref();
  });
}

/**
 * @param {string} label what is being done, for the progress line
 * @param {string} command
 * @param {string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, cwd?: string, hasStalled?: () => boolean }} [options]
 *   `hasStalled` is asked every second; when it says so, the command is killed
 * @returns {Promise<void>}
 */
export async function runVisibly(label, command, args, { env, cwd, hasStalled } = {}) {
  stopIfInterrupted();
  const stopProgress = showProgress(label);
  let output = '';
  let stalled = false;
  // A group of its own, so that an interrupt ends the command's children too.
  const child = spawn(command, args, {
    env,
    cwd,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running = child;
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => (output = (output + chunk).slice(-20_000)));
  }
  const watch = setInterval(() => {
    stalled = hasStalled?.() ?? false;
    if (stalled) signalGroup(child, 'SIGKILL');
  }, 1_000);
  try {
    await new Promise((resolve, reject) => {
      child.on('error', (error) => reject(new CommandError(error.message, '', error.code)));
      child.on('close', (code, signal) => {
        if (code === 0) return resolve(undefined);
        const reason = stalled ? 'it made no progress' : `it ended with ${code ?? signal}`;
        const tail = output.trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
        reject(new CommandError(reason, tail));
      });
    });
  } catch (error) {
    stopIfInterrupted();
    throw error;
  } finally {
    running = undefined;
    clearInterval(watch);
    stopProgress();
  }
}

/**
 * Does `work` while no other process does work under the same lock file. A lock is kept fresh by a
 * heartbeat, so that one left by a killed process is known by its age, also between containers.
 * @template T
 * @param {string} path
 * @param {string} label what to say while another process holds the lock
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(path, label, work) {
  mkdirSync(dirname(path), { recursive: true });
  if (!tryLock(path)) {
    const stopProgress = showProgress(label);
    try {
      do {
        await sleep(500);
        stopIfInterrupted();
      } while (!tryLock(path));
    } finally {
      stopProgress();
    }
  }
  const heartbeat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now, () => {}); // Gone only if we slept so long that it was taken from us.
  }, HEARTBEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    rmSync(path, { force: true });
  }
}

/** @param {string} path */
function tryLock(path) {
  const ageMs = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
  if (ageMs > STALE_LOCK_MS) rmSync(path, { force: true });
  try {
    closeSync(openSync(path, 'wx'));
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * On a terminal one line with a spinner, elsewhere (CI logs) a line now and then.
 * @param {string} label
 * @returns {() => void} to be called at the end
 */
function showProgress(label) {
  const startedAtMs = Date.now();
  const seconds = () => Math.round((Date.now() - startedAtMs) / 1_000);
  if (!process.stderr.isTTY) {
    console.error(`  ${label} ...`);
    const report = () => console.error(`  ${label} ... ${seconds()} s`);
    const timer = setInterval(report, REPORT_EVERY_SECONDS * 1_000);
    return () => clearInterval(timer);
  }
  let frame = 0;
  const timer = setInterval(() => {
    process.stderr.write(`\r\u001B[K${SPINNER[frame++ % SPINNER.length]} ${label} ${seconds()} s`);
  }, 100);
  return () => {
    clearInterval(timer);
    process.stderr.write('\r\u001B[K');
  };
}

/**
 * @param {import('node:child_process').ChildProcess | undefined} child
 * @param {NodeJS.Signals} signal
 */
function signalGroup(child, signal) {
  if (child?.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error; // ESRCH: gone already.
  }
}

function stopIfInterrupted() {
  if (interrupted) throw new Interrupted();
}
