import { UNAUTHENTICATED } from '../answers.ts';
import type { Answer, Refusal } from '../answers.ts';

/**
 * Agora documents no table of v7 errors for STT; these are those of its Conversational AI API, which
 * shares the platform and the names ("REST API response status codes").
 */
const ERRORS: Readonly<Record<number, readonly [reason: string, detail: string]>> = {
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
};

/** An error with any status, in the vendor's words unless there are others. */
export function errorAnswer(status: number, message?: string): Answer {
  if (status === 401) return UNAUTHENTICATED;
  const [reason, detail] = ERRORS[status] ?? ['UnknownError', 'unknown error'];
  return { status, body: { detail: message ?? detail, reason } };
}

export function refusalAnswer({ status, message, about }: Refusal): Answer {
  const { body } = errorAnswer(status, message);
  return { status, body: Object.assign({}, body, about.taskInfo) };
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
