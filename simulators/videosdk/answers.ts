import { z } from 'zod';
import type { Task } from './tasks.ts';

/** What one request is answered with; `task` is the one it concerned. */
export type Answer = {
  readonly status: number;
  readonly body: unknown;
  readonly retryAfterSeconds?: number;
  readonly task?: Task;
};

/** What the documentation leaves open, or says in two ways. */
export const answersSchema = z.strictObject({
  /** Whether `list` filters by room and session, as the reference says, or not, as the SDK does. */
  roomFilter: z.enum(['honoured', 'ignored']),
  /** A start in a room where a transcription runs: 409, or one more transcription. */
  secondStart: z.enum(['refused', 'second-task']),
  /** The status that fetch and list give a transcription that failed. */
  failedTask: z.enum(['failed', 'completed']),
  /** How long after the end the files appear, in ms of the simulator's clock. */
  filesAppearAfterMs: z.int().min(0),
});
export type VendorAnswers = z.infer<typeof answersSchema>;

export const DEFAULT_ANSWERS: VendorAnswers = {
  roomFilter: 'honoured',
  secondStart: 'refused',
  failedTask: 'failed',
  filesAppearAfterMs: 500,
};

/** The documented rules that a caller can break. `token` is about its claims only. */
export const RULES = ['authentication', 'token', 'route', 'body', 'query'] as const;
export type Rule = (typeof RULES)[number];

/** A request refused; `rule` is set when the caller is to blame. */
export class Refusal extends Error {
  readonly status: number;
  readonly rule: Rule | null;

  constructor(status: number, rule: Rule | null, message: string) {
    super(message);
    this.status = status;
    this.rule = rule;
  }
}

const FAILURES: Readonly<Record<number, string>> = {
  401: 'Token is invalid or expired',
  402: 'Room not found',
  403: 'Permission denied',
  404: 'Not found',
  409: 'Resource conflict',
  429: 'Too many requests',
  500: 'Internal server error',
  504: 'Gateway timeout',
};

/** An error as the API words it. */
export function failure(status: number, message = FAILURES[status] ?? 'Unknown error'): Answer {
  return { status, body: { message, statusCode: status } };
}
