import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const CLI = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));

/** No test lasts longer, and one that fails leaves nothing behind. */
const PATIENCE = { timeout: 60_000, killSignal: 'SIGKILL' } as const;

export type Ran = { readonly code: number | null; readonly out: string; readonly err: string };
export type Running = {
  readonly process: ChildProcess;
  /** What it has printed on its standard output. */
  readonly out: () => string;
  readonly ended: Promise<Ran>;
};

/** The command line as a process with nothing but `environment`. */
export function startCommand(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
  input = '',
  cwd = '/',
): Running {
  const env = { PATH: process.env['PATH'], ...environment };
  const child = spawn(process.execPath, [CLI, ...args], { env, cwd, ...PATIENCE });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  child.stdin.end(input);
  const ended = once(child, 'close').then(() => ({ code: child.exitCode, out, err }));
  return { process: child, out: () => out, ended };
}

export async function run(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
  input?: string,
  cwd?: string,
): Promise<Ran> {
  return startCommand(args, environment, input, cwd).ended;
}
