import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Stack } from './stack.ts';

const CLI = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));

type Finding = {
  readonly section: string;
  readonly subject: string;
  readonly outcome: string;
  readonly found: string;
  readonly advice: string | null;
};

/** What `durascribe doctor` says with the stack's environment and `changes`, and its exit code. */
export async function doctor(
  { environment }: Stack,
  changes: NodeJS.ProcessEnv,
  ...options: string[]
) {
  const env = { ...environment, ...changes };
  const child = spawn(process.execPath, [CLI, 'doctor', ...options], { env, cwd: '/' });
  const [output, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  return { code: Number(code), output: output + errors };
}

/** The same as `--json` says it. */
export async function diagnosis(stack: Stack, changes: NodeJS.ProcessEnv) {
  const { code, output } = await doctor(stack, changes, '--json');
  const { findings }: { findings: Finding[] } = JSON.parse(output);
  return { code, findings };
}

/** The first finding about `subject`, of its section where that is told. */
export function sight(
  findings: readonly Finding[],
  subject: string,
  section?: string,
): Finding | undefined {
  return findings.find(
    (one) => one.subject === subject && (section ?? one.section) === one.section,
  );
}
