import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';

const TAIL_LINES = 12;

export type ManagedProcess = {
  /** The process group that it is in, with all that it starts. */
  readonly group: number;
  /** Aborted when the process has ended, however; the reason is an Error with its last lines. */
  readonly ended: AbortSignal;
  /** SIGTERM, and SIGKILL if it has not ended after `withinMs`. Returns when nothing of it is left. */
  stop(withinMs: number): Promise<void>;
  /** SIGKILL, at once and without a word to it. Returns when nothing of it is left. */
  kill(): Promise<void>;
};

export type ProcessOptions = {
  /** As it is called in messages. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Gets the output, from its beginning. */
  readonly logFile: string;
};

/**
 * Starts a process that lives no longer than this one, even if this one is killed, and that a terminal's Ctrl-C
 * does not reach: who starts it decides when it stops.
 */
export function startProcess({ name, command, args, logFile }: ProcessOptions): ManagedProcess {
  const log = openSync(logFile, 'w');
  // Detached: a session of its own, out of the terminal's reach.
  const leash = spawn('sh', ['-c', LEASH, 'leash', command, ...args], {
    detached: true,
    stdio: ['pipe', log, log],
  });
  closeSync(log);
  leash.stdin?.on('error', () => {}); // Closing the pipe to one that has just ended.

  const kill = () => killGroup(leash);
  process.once('exit', kill);
  const ended = new AbortController();
  const end = (how: string) => {
    kill(); // What it may have left behind.
    process.off('exit', kill);
    ended.abort(new Error(`${name} ended ${how}.\n${tail(logFile)}`.trimEnd()));
  };
  leash.once('error', (error) => end(`before it began: ${error.message}`));
  leash.once('close', (code, signal) => end(`unexpectedly (${code ?? signal})`));

  const isOver = new Promise((resolve) => ended.signal.addEventListener('abort', resolve));
  return {
    group: leash.pid ?? Number.NaN,
    ended: ended.signal,
    stop: async (withinMs) => {
      if (ended.signal.aborted) return;
      leash.stdin?.end();
      const timer = setTimeout(kill, withinMs);
      await isOver;
      clearTimeout(timer);
    },
    kill: async () => {
      if (ended.signal.aborted) return;
      kill();
      await isOver;
    },
  };
}

// A shell holds the process on a pipe from us. When we close it, or die and so close it, the shell sends SIGTERM,
// and SIGKILL half a minute later for the case that we are not there to do it; when the process ends, so does the
// shell, with its exit code. A program can't be asked to watch such a pipe itself: the Temporal server is not ours,
// and a blocked event loop would not notice.
const LEASH = `
exec 3<&0 </dev/null
"$@" 3<&- &
process=$!
(read -r _ <&3; kill "$process"; sleep 30; kill -KILL "$process") 2>/dev/null &
watcher=$!
wait "$process"
code=$?
kill "$watcher" 2>/dev/null
exit "$code"
`;

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return; // Nobody left.
    throw error;
  }
}

function tail(logFile: string): string {
  if (!existsSync(logFile)) return ''; // Something cleaned up under us.
  return readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
}
