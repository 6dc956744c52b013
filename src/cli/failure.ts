import type { Problem } from './api-client.ts';

/** How a command ends; docs/command-line.md has it for scripts. */
export const EXIT = { ok: 0, failed: 1, usage: 2, unreachable: 3 } as const;

/** Ends the command with words for whoever gave it. */
export class CommandFailure extends Error {
  override readonly name: string = 'CommandFailure';
  readonly exitCode: number;

  constructor(exitCode: number, message: string, cause?: unknown) {
    super(message, { cause });
    this.exitCode = exitCode;
  }
}

/** What the API has answered instead of what was asked for. */
export class Refusal extends CommandFailure {
  override readonly name = 'Refusal';
  readonly problem: Problem;
  /** When it is worth asking again; null where the API says nothing of it. */
  readonly retryAfterSeconds: number | null;

  constructor(problem: Problem, retryAfterSeconds: number | null) {
    super(isPassing(problem.status) ? EXIT.unreachable : EXIT.failed, problem.detail);
    this.problem = problem;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** The end of the problem's type, such as `session-not-found`. */
  get kind(): string {
    return this.problem.type.split(':').at(-1) ?? '';
  }
}

/** Whether nothing is wrong with what was asked: the API, or what it needs, is away for a while. */
export function isAway(error: unknown): error is CommandFailure {
  return error instanceof CommandFailure && error.exitCode === EXIT.unreachable;
}

function isPassing(status: number): boolean {
  return status === 429 || (status >= 500 && status !== 501);
}

const ADVICE: { readonly [kind: string]: string } = {
  'no-key': 'Set DURASCRIBE_API_KEY, or name a file that has the key with --key-file.',
  'unknown-key': "The key in DURASCRIBE_API_KEY, or in --key-file, is not one of the API's.",
  forbidden: 'Use a key with the scope write.',
  'session-not-found': '`durascribe list` shows the sessions that there are.',
  'different-session': 'Give this one another --id, or stop the other first.',
  'key-reused': 'Use another --idempotency-key, or send the request as it was the first time.',
  'still-running': 'Stop it first: `durascribe stop <id> --wait`.',
  'transcript-not-ready': '`--wait` waits for it.',
  'invalid-request': '`--help` has what the command takes; what no flag covers goes into --data.',
};

/** What is wrong, fault by fault, and what to do about it. */
export function failureInWords(error: CommandFailure): string {
  if (!(error instanceof Refusal)) return error.message;
  const { title, status, detail, errors = [] } = error.problem;
  const faults = errors.map(({ path, message }) => `  ${`${path} ${message}`.trim()}`);
  const advice = ADVICE[error.kind] ?? laterAdvice(error);
  const lines = [`${title} (${status})`, ...(faults.length > 0 ? faults : [`  ${detail}`])];
  return [...lines, ...(advice === null ? [] : [advice])].join('\n');
}

function laterAdvice({ exitCode, retryAfterSeconds }: Refusal): string | null {
  if (retryAfterSeconds !== null) return `Try again in ${retryAfterSeconds} s.`;
  return exitCode === EXIT.unreachable ? 'Try again in a moment.' : null;
}
