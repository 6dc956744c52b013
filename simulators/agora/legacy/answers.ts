import { z } from 'zod';
import { UNAUTHENTICATED } from '../answers.ts';
import type { Answer, Refusal, Rule } from '../answers.ts';
import type { Operation } from '../faults.ts';

/** Answers that the documentation leaves open or gives in several forms. */
export const legacyAnswersSchema = z.strictObject({
  /**
   * A start repeated with the builderToken of a running task: 201 with the task, 409 or code 49 with
   * the message that names it, code 49 alone, or the message alone.
   */
  repeatedStart: z.enum(['201', '409', 'code-49', 'code-49-bare', 'message']),
  /** A stop repeated. */
  repeatedStop: z.enum(['404', 'code-49']),
  /** What has both a message and a code is answered as `{message}` or as `{code, reason}`. */
  errors: z.enum(['message', 'code']),
});
export type LegacyAnswers = z.infer<typeof legacyAnswersSchema>;

export const DEFAULT_LEGACY_ANSWERS: LegacyAnswers = {
  repeatedStart: '409',
  repeatedStop: '404',
  errors: 'message',
};

export const TASK_NOT_FOUND = 'The task is not found';
export const TASK_MISMATCH = 'The taskId does not match with builderToken.';
export const TOKEN_TOO_OLD = 'resourceId reaches out the limited time interval!';

/** The numbers of "Error code", for what this simulator refuses. */
export const CODES = {
  invalidParameter: 2,
  repeated: 49,
  mismatch: 53,
  notFound: 404,
  unknownToken: 1001,
} as const;

/** "Message" has a wording for these of the codes. */
const WORDED: ReadonlySet<number> = new Set([CODES.mismatch, CODES.notFound]);

const OF_THE_BODY: ReadonlySet<Rule | null> = new Set(['body', 'language', 'mask']);

/** An error as the documentation words it, in the form that is wanted where there are two. */
export function refusalAnswer(
  { errors }: LegacyAnswers,
  { status, rule, message, about }: Refusal,
  operation: Operation,
): Answer {
  if (operation === 'acquire' && rule !== null) {
    return coded(status, CODES.invalidParameter, `Acquire: ${message}`);
  }
  if (rule === 'query') return coded(status, CODES.invalidParameter, message);
  if (OF_THE_BODY.has(rule)) return worded(status, `body schema check fail, ${message}`);
  const { code } = about;
  if (code === undefined) return worded(status, message);
  return errors === 'message' && WORDED.has(code)
    ? worded(status, message)
    : coded(status, code, message);
}

export function worded(status: number, message: string): Answer {
  return { status, body: { message } };
}

/** The reason may be absent. */
export function coded(status: number, code: number, reason?: string): Answer {
  return { status, body: { code, ...(reason !== undefined && { reason }) } };
}

const FAILURES: Readonly<Record<number, string>> = {
  206: 'no host in the channel sent a stream',
  404: TASK_NOT_FOUND,
  409: 'the task has already been started',
  429: 'API rate limit exceeded',
  500: 'internal server error',
  504: 'internal communication error',
};

/** An error of the vendor's own making; with a code it has no message. */
export function failure({
  status,
  message,
  code,
}: {
  readonly status: number;
  readonly message?: string | undefined;
  readonly code?: number | undefined;
}): Answer {
  if (status === 401) return UNAUTHENTICATED;
  if (code !== undefined) return coded(status, code, message);
  return worded(status, message ?? FAILURES[status] ?? 'unknown error');
}
