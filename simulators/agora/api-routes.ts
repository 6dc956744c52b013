import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { errorAnswer, failedQuery, NO_ROUTE, Refusal, UNAUTHENTICATED } from './answers.ts';
import type { Answer, Rule } from './answers.ts';
import { INVALID_JSON } from './body-rules.ts';
import type { FaultBehaviour, Faults, Operation } from './faults.ts';
import { timestamp } from './ledger.ts';
import type { Call } from './ledger.ts';
import { join, leave, list, query } from './operations.ts';
import type { ApiRequest, Project } from './operations.ts';
import { admitUpdate, update } from './update.ts';

const HANDLERS = { join, query, list, update, leave } as const satisfies Record<
  Operation,
  (project: Project, request: ApiRequest) => Answer
>;

const paramsSchema = z.object({ appid: z.string(), agentId: z.string().default('') });
const querySchema = z.record(z.string(), z.unknown());
const channelsSchema = z.object({ rtcConfig: z.object({ channelName: z.string() }) });

/** What the routes of the API need besides the project. */
export type ApiContext = {
  readonly project: Project;
  readonly faults: Faults;
  readonly authorization: string;
  readonly startingMs: number;
  /** Called whenever the state may have changed. */
  readonly changed: () => void;
};

/** The five operations of Agora's Real-Time STT REST API v7, with their faults. */
export function registerApi(app: FastifyInstance, context: ApiContext): void {
  const base = '/api/speech-to-text/v1/projects/:appid';
  const serving = (operation: Operation) => (request: FastifyRequest, reply: FastifyReply) =>
    serve(context, operation, request, reply);
  app.post(`${base}/join`, serving('join'));
  app.get(`${base}/agents`, serving('list'));
  app.get(`${base}/agents/:agentId`, serving('query'));
  app.post(`${base}/agents/:agentId/update`, serving('update'));
  app.post(`${base}/agents/:agentId/leave`, serving('leave'));
  app.setNotFoundHandler(async (request, reply) => {
    // A browser that shows the ledger asks for icons, which is no caller's mistake.
    if (!request.url.startsWith('/api/')) return reply.code(404).send(NO_ROUTE.body);
    const call = openCall(context, 'unknown', request);
    violate(context, call, 'route', `${request.method} ${call.path} is no route of the API`);
    return send(context, call, reply, NO_ROUTE);
  });
}

async function serve(
  context: ApiContext,
  operation: Operation,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const call = openCall(context, operation, request);
  const turnedAway = gatewayFault(context, call, request);
  if (turnedAway) return send(context, call, reply, turnedAway);
  const fault = context.faults.take(operation, call.channel);
  if (fault) call.fault = fault.kind;
  const answer = act(context, operation, call, request, fault);
  context.changed();
  if (fault?.kind === 'latency' || fault?.kind === 'hang') {
    await sleep(fault.ms, undefined, { ref: false });
  }
  const lost = fault?.kind === 'lost-response' || fault?.kind === 'reset';
  if (lost || request.raw.socket.destroyed) {
    reply.hijack();
    request.raw.socket.destroy();
    return reply;
  }
  return send(context, call, reply, answer);
}

/** Does what was asked, so far as the fault lets it, and says what the answer is. */
function act(
  { project, startingMs }: ApiContext,
  operation: Operation,
  call: Call,
  { params, query: queryString, body }: FastifyRequest,
  fault: FaultBehaviour | undefined,
): Answer {
  const request: ApiRequest = {
    agentId: paramsSchema.parse(params).agentId,
    query: queryString,
    body: parsedBody(body),
    startingMs: fault?.kind === 'slow-start' ? fault.ms : startingMs,
  };
  const prevented = fault && preventedAnswer(operation, request.agentId, fault);
  const attempt = prevented ? countOnly(operation) : HANDLERS[operation];
  const answer = refusable(project, call, () => attempt(project, request));
  if (answer.task) {
    call.agentId = answer.task.agentId;
    call.channel = answer.task.channel;
  }
  return prevented ? { ...prevented, ...(answer.task && { task: answer.task }) } : answer;
}

/** A request that a fault keeps from acting has still been sent: its pace and sequence count. */
function countOnly(operation: Operation): (project: Project, request: ApiRequest) => Answer {
  return (project, request) => {
    if (operation === 'update') return { status: 200, task: admitUpdate(project, request) };
    const task = project.tasks.get(request.agentId);
    return { status: 200, ...(task && { task }) };
  };
}

function preventedAnswer(
  operation: Operation,
  agentId: string,
  fault: FaultBehaviour,
): Answer | undefined {
  if (fault.kind === 'reset') return errorAnswer(502);
  if (fault.kind === 'hang') return fault.effect ? undefined : errorAnswer(504);
  if (fault.kind !== 'status') return undefined;
  const { status, message, retryAfterSeconds } = fault;
  const answer =
    operation === 'query' && status !== 401
      ? failedQuery(status, message ?? 'the query failed', agentId, 0)
      : errorAnswer(status, message);
  return { ...answer, ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) };
}

function refusable(project: Project, call: Call, attempt: () => Answer): Answer {
  try {
    return attempt();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (error.rule) {
      project.records.violate(project.now(), error.rule, error.message, error.task ?? call);
    }
    return error.answer();
  }
}

function gatewayFault(
  context: ApiContext,
  call: Call,
  request: FastifyRequest,
): Answer | undefined {
  const [scheme, credentials] = (request.headers.authorization ?? '').split(' ');
  if (scheme?.toLowerCase() !== 'basic' || credentials !== context.authorization) {
    violate(context, call, 'authentication', 'missing or wrong Basic credentials');
    return UNAUTHENTICATED;
  }
  const { appid } = paramsSchema.parse(request.params);
  if (appid === context.project.appId) return undefined;
  violate(context, call, 'app-id', `App ID "${appid}" is no project of this account`);
  return errorAnswer(400, 'invalid_appid!');
}

function violate({ project }: ApiContext, call: Call, rule: Rule, detail: string): void {
  project.records.violate(project.now(), rule, detail, call);
}

function openCall(
  { project }: ApiContext,
  operation: Call['operation'],
  request: FastifyRequest,
): Call {
  const { agentId } = paramsSchema.partial().parse(request.params);
  const body = parsedBody(request.body);
  const queryString = querySchema.parse(request.query);
  const task = project.tasks.get(agentId ?? '');
  const joined = channelsSchema.safeParse(body).data?.rtcConfig.channelName;
  const channel = task?.channel ?? joined ?? z.string().safeParse(queryString['channel']).data;
  return project.records.open({
    at: timestamp(project.now()),
    operation,
    method: request.method,
    path: request.url.split('?')[0] ?? '',
    query: queryString,
    body: body === INVALID_JSON ? '[not JSON]' : (body ?? null),
    status: null,
    response: null,
    ...(agentId && { agentId }),
    ...(channel && { channel }),
  });
}

function parsedBody(body: unknown): unknown {
  if (typeof body !== 'string' || body === '') return undefined;
  try {
    return JSON.parse(body);
  } catch {
    return INVALID_JSON;
  }
}

function send(context: ApiContext, call: Call, reply: FastifyReply, answer: Answer): FastifyReply {
  call.status = answer.status;
  call.response = structuredClone(answer.body ?? null);
  if (answer.task) {
    answer.task.joinAnswered = true;
    // The caller's 5 s run from when it was answered, not from when it asked.
    const started = call.operation === 'join' && answer.status === 200;
    if (started || call.operation === 'update') {
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
