import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { answerWith } from '../shared/faulty-answer.ts';
import { parsedBody } from '../shared/http-call.ts';
import { NO_ROUTE, Refusal, UNAUTHENTICATED } from './answers.ts';
import type { Answer, Rule } from './answers.ts';
import type { FaultBehaviour, Faults, Operation } from './faults.ts';
import { openCall, pathParams } from './incoming.ts';
import type { Call } from './ledger.ts';
import type { ApiRequest, Project } from './project.ts';

type Handler = (project: Project, request: ApiRequest) => Answer;

type Route = {
  readonly operation: Operation;
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Below the base of its API; `:agentId` is the task. */
  readonly path: string;
  readonly act: Handler;
  /** What a request still does that a fault keeps from acting: it was sent, so its pace counts. */
  readonly admit?: Handler;
};

type VendorError = { readonly status: number; readonly message?: string; readonly code?: number };

/** One of the REST APIs of the project: its operations, and its way to say that something failed. */
export type Api = {
  readonly base: string;
  readonly routes: readonly Route[];
  readonly refused: (project: Project, refusal: Refusal, operation: Operation) => Answer;
  /** An error of the vendor's own making. */
  readonly failed: (error: VendorError, operation?: Operation, agentId?: string) => Answer;
};

/** What the routes of the APIs need besides the project. */
export type ApiContext = {
  readonly project: Project;
  readonly faults: Faults;
  readonly authorization: string;
  readonly startingMs: number;
  /** Called whenever the state may have changed. */
  readonly changed: () => void;
};

/** A request on its way through one route. */
type Serving = {
  readonly api: Api;
  readonly route: Route;
  readonly call: Call;
  readonly request: FastifyRequest;
};

const STARTS: ReadonlySet<Call['operation']> = new Set(['join', 'start']);
const UPDATES: ReadonlySet<Call['operation']> = new Set(['update', 'legacy-update']);

/** The operations of the APIs, with their faults. */
export function registerApis(
  app: FastifyInstance,
  apis: readonly Api[],
  context: ApiContext,
): void {
  for (const api of apis) {
    for (const route of api.routes) {
      app.route({
        method: route.method,
        url: `${api.base}${route.path}`,
        handler: (request, reply) => {
          const call = openCall(context.project, route.operation, request);
          return serve(context, { api, route, call, request }, reply);
        },
      });
    }
  }
  app.setNotFoundHandler(async (request, reply) => {
    // A browser that shows the ledger asks for icons, which is no caller's mistake.
    if (!/^\/(?:api|v1)\//.test(request.url)) return reply.code(404).send(NO_ROUTE.body);
    const call = openCall(context.project, 'unknown', request);
    violate(context, call, 'route', `${request.method} ${call.path} is no route of the API`);
    return send(context, call, reply, NO_ROUTE);
  });
}

async function serve(
  context: ApiContext,
  serving: Serving,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { call, route } = serving;
  const turnedAway = gatewayFault(context, serving);
  if (turnedAway) return send(context, call, reply, turnedAway);
  const fault = context.faults.take({ operation: route.operation, channel: call.channel });
  if (fault) call.fault = fault.kind;
  const answer = act(context, serving, fault);
  context.changed();
  return answerWith(fault, reply, () => send(context, call, reply, answer));
}

/** Does what was asked, so far as the fault lets it, and says what the answer is. */
function act(
  { project, startingMs }: ApiContext,
  serving: Serving,
  fault: FaultBehaviour | undefined,
): Answer {
  const { call, route } = serving;
  const { params, query, body } = serving.request;
  const request: ApiRequest = {
    agentId: pathParams(params).agentId,
    query,
    body: parsedBody(body),
    startingMs: fault?.kind === 'slow-start' ? fault.ms : startingMs,
  };
  const prevented = fault && preventedAnswer(serving, request.agentId, fault);
  const attempt = prevented ? (route.admit ?? lookUp) : route.act;
  const answer = refusable(project, serving, () => attempt(project, request));
  if (answer.task) {
    call.agentId = answer.task.agentId;
    call.channel = answer.task.channel;
  }
  return prevented ? { ...prevented, ...(answer.task && { task: answer.task }) } : answer;
}

function lookUp({ tasks }: Project, { agentId }: ApiRequest): Answer {
  const task = tasks.get(agentId);
  return { status: 200, ...(task && { task }) };
}

function preventedAnswer(
  { api, route }: Serving,
  agentId: string,
  fault: FaultBehaviour,
): Answer | undefined {
  const failed = (error: VendorError) => api.failed(error, route.operation, agentId);
  if (fault.kind === 'reset') return failed({ status: 502 });
  if (fault.kind === 'hang' || fault.kind === 'mangled') {
    return fault.effect ? undefined : failed({ status: 504 });
  }
  if (fault.kind !== 'status') return undefined;
  const { retryAfterSeconds } = fault;
  return { ...failed(fault), ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) };
}

function refusable(project: Project, { api, route, call }: Serving, attempt: () => Answer): Answer {
  try {
    return attempt();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { task } = error.about;
    if (error.rule) {
      project.records.violate(project.now(), error.rule, error.message, task ?? call);
    }
    const answer = api.refused(project, error, route.operation);
    return { ...answer, ...(task && { task }) };
  }
}

function gatewayFault(context: ApiContext, { api, call, request }: Serving): Answer | undefined {
  const [scheme, credentials] = (request.headers.authorization ?? '').split(' ');
  if (scheme?.toLowerCase() !== 'basic' || credentials !== context.authorization) {
    violate(context, call, 'authentication', 'missing or wrong Basic credentials');
    return UNAUTHENTICATED;
  }
  const { appid } = pathParams(request.params);
  if (appid === context.project.appId) return undefined;
  violate(context, call, 'app-id', `App ID "${appid}" is no project of this account`);
  return api.failed({ status: 400, message: 'invalid_appid!' });
}

function violate({ project }: ApiContext, call: Call, rule: Rule, detail: string): void {
  project.records.violate(project.now(), rule, detail, call);
}

function send(context: ApiContext, call: Call, reply: FastifyReply, answer: Answer): FastifyReply {
  call.status = answer.status;
  call.response = structuredClone(answer.body ?? null);
  if (answer.task) {
    // Whoever could not read an answer does right to ask again.
    if (call.fault !== 'mangled') answer.task.joinAnswered = true;
    // The caller's 5 s run from when it was answered, not from when it asked.
    const started = STARTS.has(call.operation) && answer.status === 200;
    if (started || UPDATES.has(call.operation)) {
      answer.task.lastCallAtMs = context.project.now();
    }
  }
  context.changed();
  reply.code(answer.status);
  if (answer.retryAfterSeconds !== undefined) reply.header('retry-after', answer.retryAfterSeconds);
  return answer.body === undefined
    ? reply.send()
    : reply.type('application/json').send(JSON.stringify(answer.body));
}
