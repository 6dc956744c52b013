/** The rules that a caller can break. A known name, a full service or a missing job is no such break. */
export const RULES = ['authentication', 'operation', 'body', 'delete-unfinished'] as const;
export type Rule = (typeof RULES)[number];

/** The errors of the API that have a fixed status. */
const STATUS = {
  BadRequestException: 400,
  SerializationException: 400,
  UnknownOperationException: 400,
  MissingAuthenticationTokenException: 400,
  UnrecognizedClientException: 400,
  InvalidSignatureException: 400,
  NotFoundException: 404,
  ConflictException: 409,
  LimitExceededException: 429,
  // What a full queue is told ("Job queueing"); the service's model does not name it.
  LimitExceededConcurrentJobException: 429,
  InternalFailureException: 500,
  ServiceUnavailableException: 503,
} as const;
export type ErrorType = keyof typeof STATUS;

/** A request refused, in the API's way; `rule` is set where the caller is to blame. */
export class ServiceError extends Error {
  readonly type: ErrorType;
  readonly status: number;
  readonly rule: Rule | null;

  constructor(type: ErrorType, message: string, rule: Rule | null = null) {
    super(message);
    this.type = type;
    this.status = STATUS[type];
    this.rule = rule;
  }
}

/** The error that goes with a status that a fault asks for. */
export function errorTypeOf(status: number): ErrorType {
  if (status === 429) return 'LimitExceededException';
  if (status === 503) return 'ServiceUnavailableException';
  if (status === 404) return 'NotFoundException';
  if (status === 409) return 'ConflictException';
  return status >= 500 ? 'InternalFailureException' : 'BadRequestException';
}
