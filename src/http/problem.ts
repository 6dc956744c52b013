import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type {
  ConnectionError,
  FastifyError,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
} from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { inPlainWords } from '../domain/plain-words.ts';
import { ServedRoutes } from './served-routes.ts';

export const ProblemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem', description: 'Problem details (RFC 9457).' });

/** The problems of every kind in `kinds`, as answers of an operation of the OpenAPI document. */
export function problemAnswers(kinds: readonly ProblemKind[]): Record<string, object> {
  const statuses = [...new Set(kinds.map((kind) => PROBLEMS[kind][0]))];
  return Object.fromEntries(
    statuses.map((status) => {
      const same = kinds.filter((kind) => PROBLEMS[kind][0] === status);
      const examples = same.map((kind) => {
        const { body: value } = new Problem(kind, PROBLEMS[kind][1]);
        return [kind, { summary: value.title, value }];
      });
      const content = {
        'application/problem+json': {
          schema: { $ref: '#/components/schemas/Problem' },
          examples: Object.fromEntries(examples),
        },
      };
      const description = same.map((kind) => `${PROBLEMS[kind][1]}.`).join(' ');
      const headers = RETRIED.has(status) ? { headers: { 'Retry-After': RETRY_AFTER } } : {};
      return [String(status), { description, ...headers, content }];
    }),
  );
}

export type ProblemError = { readonly path: string; readonly message: string };

/** Every kind of problem this API answers with: its status and its title. The kind ends its `type`. */
const PROBLEMS = {
  'invalid-request': [400, 'The request is not valid'],
  'not-found': [404, 'There is no such thing'],
  'session-not-found': [404, 'There is no such session'],
  'no-transcript': [404, 'There is no transcript'],
  'no-delivery': [404, 'There is no such delivery'],
  'method-not-allowed': [405, 'There is no such method here'],
  'not-acceptable': [406, 'There is no such format'],
  unauthorized: [401, 'The sender cannot be trusted'],
  'no-key': [401, 'A key of this API is missing'],
  'unknown-key': [401, 'There is no such key'],
  forbidden: [403, 'The key is not good for this'],
  'not-local': [403, 'Without keys the API is for this machine only'],
  'different-session': [409, 'A different session has this id'],
  'not-live': [409, 'The session is not live'],
  'still-running': [409, 'The session is still running'],
  'transcript-not-ready': [409, 'The transcript is not ready yet'],
  erased: [410, 'The session is gone'],
  'too-large': [413, 'The request is too large'],
  'unsupported-media-type': [415, 'The body must be JSON'],
  'too-slow': [408, 'The request took too long to come'],
  'headers-too-large': [431, 'The headers are too large'],
  unprocessable: [422, 'The request cannot be carried out'],
  refused: [422, 'The vendor refused'],
  'key-reused': [422, 'The Idempotency-Key was used for another request'],
  'too-many-requests': [429, 'Too many requests'],
  'not-started': [503, 'The session could not be started'],
  internal: [500, 'Something went wrong here'],
  unchangeable: [501, 'The provider cannot do this'],
  unavailable: [503, 'Not available now'],
} as const satisfies Record<string, readonly [number, string]>;

export type ProblemKind = keyof typeof PROBLEMS;

/** The statuses that may come with a time after which it is worth trying again. */
const RETRIED = new Set([409, 429, 503]);
const RETRY_AFTER = {
  type: 'integer',
  minimum: 0,
  description: 'In how many seconds it is worth trying again.',
};

/** An answer that says what is wrong. Throw it anywhere below a route. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly kind: ProblemKind;
  readonly errors: readonly ProblemError[];
  /** When it is worth trying again. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    kind: ProblemKind,
    detail: string,
    more: {
      readonly errors?: readonly ProblemError[];
      readonly retryAfterSeconds?: number;
      readonly cause?: unknown;
    } = {},
  ) {
    super(detail, { cause: more.cause });
    this.kind = kind;
    this.errors = more.errors ?? [];
    this.retryAfterSeconds = more.retryAfterSeconds;
  }

  get status(): number {
    return PROBLEMS[this.kind][0];
  }

  /** The body of the answer. */
  get body(): z.infer<typeof ProblemSchema> {
    const [status, title] = PROBLEMS[this.kind];
    const type = `urn:durascribe:problem:${this.kind}`;
    const body = { type, title, status, detail: this.message };
    return this.errors.length === 0 ? body : { ...body, errors: [...this.errors] };
  }
}

/** Answers whatever goes wrong below `app` with a problem. */
export function answerWithProblems(app: FastifyInstance): void {
  const served = new ServedRoutes(app);
  app.setErrorHandler(answerWithProblem);
  const refuse = (request: FastifyRequest, reply: FastifyReply): never => {
    const path = request.url.split('?')[0];
    const methods = served.methodsOf(request.url);
    if (methods.length > 0) {
      void reply.header('allow', methods.join(', '));
      const detail = `${path} takes ${methods.join(', ')}, not ${request.method}`;
      throw new Problem('method-not-allowed', detail);
    }
    const elsewhere = path === '/' ? ': /docs is the page to try the API' : '';
    throw new Problem('not-found', `Nothing is served at ${request.method} ${path}${elsewhere}`);
  };
  // Before anything is made of the body, which may be wrong for the method.
  app.addHook('onRequest', async (request, reply) => {
    if (request.is404) refuse(request, reply);
  });
  app.setNotFoundHandler(refuse);
}

/** Answers with what `error` means to the caller, and logs what is our own fault. */
export function answerWithProblem(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const problem = error instanceof Problem ? error : problemOf(error);
  // What a provider can't do is nobody's fault here.
  if (problem.status >= 500 && problem.kind !== 'unchangeable') {
    request.log.error({ err: problem.cause ?? error }, problem.message);
  }
  if (problem.retryAfterSeconds !== undefined) {
    void reply.header('retry-after', String(problem.retryAfterSeconds));
  }
  void reply.code(problem.status).type('application/problem+json');
  void reply.send(JSON.stringify(problem.body));
}

/** Answers what is no request of HTTP, or is one that is not read to its end, and closes the connection. */
export function answerBelowHttp(error: ConnectionError, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const { status, body } = problemBelowHttp(error.code);
  const text = JSON.stringify(body);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(text)}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${text}`);
}

function problemBelowHttp(code: string): Problem {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new Problem('headers-too-large', 'All headers together may have 16 KiB');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Problem('too-slow', 'A request may have 30 s to come');
    default:
      return new Problem('invalid-request', 'It is no request of HTTP');
  }
}

function problemOf(error: FastifyError): Problem {
  if (hasZodFastifySchemaValidationErrors(error)) {
    const { validation, validationContext } = error;
    if (validationContext === 'params') {
      return new Problem('session-not-found', 'No session has such an id');
    }
    // A value of the wrong type fails other checks too, which then mean nothing.
    const issues = validation.filter(
      (issue) =>
        issue.keyword === 'invalid_type' ||
        !validation.some(
          ({ keyword, instancePath }) =>
            keyword === 'invalid_type' && instancePath === issue.instancePath,
        ),
    );
    const errors = issues.flatMap(({ instancePath, message, params }) =>
      faults(instancePath.split('/').filter(Boolean).join('.'), message ?? 'is not valid', params),
    );
    return new Problem('invalid-request', faultsInWords(errors), { errors });
  }
  const { code, statusCode } = error;
  if (code === 'FST_ERR_MAX_PARAM_LENGTH')
    return new Problem('session-not-found', 'No session has such an id');
  if (statusCode === 413) return new Problem('too-large', error.message);
  if (statusCode === 415) {
    return new Problem('unsupported-media-type', 'Send the body as application/json');
  }
  if (statusCode === 400) return new Problem('invalid-request', error.message);
  return new Problem('internal', 'The fault is ours and is in the log of the API', {
    cause: error,
  });
}

/** All faults in one sentence. */
export function faultsInWords(errors: readonly ProblemError[]): string {
  return errors.map(({ path, message }) => `${path} ${message}`.trim()).join('; ');
}

/** Zod tells of all unknown fields in one issue, and of a union's members in another: one error for each field. */
function faults(path: string, message: string, params: object): ProblemError[] {
  const keys: unknown = Reflect.get(params, 'keys');
  if (!Array.isArray(keys)) return [{ path, message: inPlainWords(message, params) }];
  return keys.map((key) => ({
    path: path === '' ? `${key}` : `${path}.${key}`,
    message: 'is not a known field',
  }));
}
