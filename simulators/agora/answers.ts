import type { Task } from './tasks.ts';

/** What one request is answered with; `task` is the one it concerned. */
export type Answer = {
  readonly status: number;
  readonly body?: unknown;
  readonly retryAfterSeconds?: number;
  readonly task?: Task;
};

/** The documented rules that a caller can break. `language` stands apart: it is mostly user data. */
export const RULES = [
  'authentication',
  'app-id',
  'route',
  'body',
  'language',
  'query',
  'token',
  'name-conflict',
  'name-reuse',
  'bot-uid',
  'spacing',
  'sequence',
  'mask',
  'update-after-leave',
] as const;
export type Rule = (typeof RULES)[number];

/**
 * Agora documents no table of v7 errors for STT; these are those of its Conversational AI API, which
 * shares the platform and the names ("REST API response status codes").
 */
const ERRORS = {
  400: ['InvalidRequest', 'the request is invalid'],
  403: ['InvalidPermission', 'the project may not do this'],
  404: ['TaskNotFound', 'the task was not found'],
  409: ['TaskConflict', 'a task of this name exists'],
  422: ['ResourceQuotaLimitExceeded', 'the quota of the project is exhausted'],
  429: ['TooManyRequests', 'API rate limit exceeded'],
  500: ['InternalError', 'internal error'],
  502: ['BadGateway', 'bad gateway'],
  503: ['ServiceUnavailable', 'the task could not be started'],
  504: ['GatewayTimeout', 'the gateway timed out'],
} as const satisfies Record<number, readonly [string, string]>;

/** A request refused, in the words of the vendor; `rule` is set when it is the caller's mistake. */
export class Refusal extends Error {
  readonly status: keyof typeof ERRORS;
  readonly rule: Rule | null;
  readonly task: Task | undefined;
  readonly taskInfo: object;

  constructor(
    status: keyof typeof ERRORS,
    rule: Rule | null,
    detail: string,
    about: { readonly task?: Task; readonly taskInfo?: object } = {},
  ) {
    super(detail);
    this.status = status;
    this.rule = rule;
    this.task = about.task;
    this.taskInfo = about.taskInfo ?? {};
  }

  answer(): Answer {
    return {
      status: this.status,
      body: { detail: this.message, reason: ERRORS[this.status][0], ...this.taskInfo },
      ...(this.task && { task: this.task }),
    };
  }
}

/** The answer of the gateway to missing or wrong credentials ("RESTful authentication"). */
export const UNAUTHENTICATED: Answer = {
  status: 401,
  body: { message: 'Invalid authentication credentials' },
};

/** The answer of the gateway to an unknown path or method. */
export const NO_ROUTE: Answer = {
  status: 404,
  body: { message: 'no Route matched with those values' },
};

/** An error of the vendor's own making, with any status. */
export function errorAnswer(status: number, message?: string): Answer {
  if (status === 401) return UNAUTHENTICATED;
  const known = Object.entries(ERRORS).find(([code]) => Number(code) === status)?.[1];
  const [reason, detail] = known ?? ['UnknownError', 'unknown error'];
  return { status, body: { detail: message ?? detail, reason } };
}

/** The shape of a failed query, which alone among the v7 operations has no `detail` and `reason`. */
export function failedQuery(
  status: number,
  message: string,
  agentId: string,
  createTs: number,
): Answer {
  return { status, body: { message, agent_id: agentId, create_ts: createTs, status: 'FAILED' } };
}
