import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { answerWith } from '../shared/faulty-answer.ts';
import { failure, Refusal } from './answers.ts';
import type { Answer, Rule } from './answers.ts';
import type { FaultBehaviour, Faults, Operation } from './faults.ts';
import { openCall, pathName, requestBody } from './incoming.ts';
import type { Call } from './ledger.ts';
import { end, fetch, file, key, list, start } from './operations.ts';
import type { ApiRequest } from './operations.ts';
import type { Project } from './project.ts';
import { tokenFault } from './token.ts';

type Route = {
  readonly operation: Operation;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly act: (project: Project, request: ApiRequest) => Answer;
  /** Whether it wants no token. */
  readonly open?: true;
};

/** What the routes of the API need besides the project. */
export type ApiContext = {
  readonly project: Project;
  readonly faults: Faults;
  /** Called whenever the state may have changed. */
  readonly changed: () => void;
};

/** A request on its way through one route. */
type Serving = { readonly route: Route; readonly call: Call; readonly request: FastifyRequest };

const TRANSCRIPTIONS = '/ai/v1/realtime-transcriptions';
const ROUTES: readonly Route[] = [
  { operation: 'start', method: 'POST', path: `${TRANSCRIPTIONS}/start`, act: start },
  { operation: 'end', method: 'POST', path: `${TRANSCRIPTIONS}/end`, act: end },
  { operation: 'list', method: 'GET', path: TRANSCRIPTIONS, act: list },
  { operation: 'list', method: 'GET', path: `${TRANSCRIPTIONS}/`, act: list },
  { operation: 'fetch', method: 'GET', path: `${TRANSCRIPTIONS}/:name`, act: fetch },
  { operation: 'key', method: 'GET', path: '/v2/public/rsa-public-key', act: key, open: true },
  { operation: 'file', method: 'GET', path: '/files/:name', act: file, open: true },
];

/** The operations of the API, with their faults. */
export function registerApi(app: FastifyInstance, context: ApiContext): void {
  for (const route of ROUTES) {
    app.route({
      method: route.method,
      url: route.path,
      handler: (request, reply) => {
        const call = openCall(context.project, route.operation, request);
        return serve(context, { route, call, request }, reply);
      },
    });
  }
  app.setNotFoundHandler(async (request, reply) => {
    const answer = failure(404, `Cannot ${request.method} ${request.url.split('?')[0]}`);
    // A browser that shows the ledger asks for icons, which is no caller's mistake.
    if (!/^\/(?:ai|v2|files)\//.test(request.url)) return reply.code(404).send(answer.body);
    const call = openCall(context.project, 'unknown', request);
    violate(context, call, 'route', `${request.method} ${call.path} is no route of the API`);
    return send(context, call, reply, answer);
  });
}

async function serve(
  context: ApiContext,
  serving: Serving,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { call, route } = serving;
  const turnedAway = route.open ? undefined : await gatewayFault(context, serving);
  if (turnedAway) return send(context, call, reply, turnedAway);
  const fault = context.faults.take({ operation: route.operation, roomId: call.roomId });
  if (fault) call.fault = fault.kind;
  const answer = act(context, serving, fault);
  context.changed();
  return answerWith(fault, reply, () => send(context, call, reply, answer));
}

async function gatewayFault(
  context: ApiContext,
  { call, request }: Serving,
): Promise<Answer | undefined> {
  const bad = await tokenFault(context.project, request.headers.authorization);
  if (!bad) return undefined;
  violate(context, call, bad.rule, bad.detail);
  return failure(401);
}

/** Does what was asked, so far as the fault lets it, and says what the answer is. */
function act(
  context: ApiContext,
  { call, route, request }: Serving,
  fault: FaultBehaviour | undefined,
): Answer {
  if (fault && prevents(fault)) return errorOf(fault);
  const answer = refusable(context, call, () =>
    route.act(context.project, {
      name: pathName(request.params),
      query: request.query,
      body: requestBody(request),
      baseUrl: `${request.protocol}://${request.host}`,
    }),
  );
  if (answer.task) {
    call.id = answer.task.id;
    call.roomId = answer.task.roomId;
  }
  return fault?.kind === 'status' ? errorOf(fault) : answer;
}

function prevents(fault: FaultBehaviour): boolean {
  switch (fault.kind) {
    case 'reset':
      return true;
    case 'hang':
    case 'mangled':
    case 'status':
      return !fault.effect;
    case 'latency':
    case 'lost-response':
    case 'lost':
    case 'duplicated':
    case 'delayed':
      return false;
  }
}

function errorOf(fault: FaultBehaviour): Answer {
  if (fault.kind !== 'status') return failure(504);
  const { status, message, retryAfterSeconds } = fault;
  return {
    ...failure(status, message),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  };
}

function refusable(context: ApiContext, call: Call, attempt: () => Answer): Answer {
  try {
    return attempt();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    violate(context, call, error.rule, error.message);
    return failure(error.status, error.message);
  }
}

function violate({ project }: ApiContext, call: Call, rule: Rule | null, detail: string): void {
  if (rule) project.records.violate(project.now(), rule, detail, call);
}

function send(context: ApiContext, call: Call, reply: FastifyReply, answer: Answer): FastifyReply {
  const { status, body, retryAfterSeconds } = answer;
  call.status = status;
  call.response = structuredClone(body);
  context.changed();
  reply.code(status);
  if (retryAfterSeconds !== undefined) reply.header('retry-after', retryAfterSeconds);
  return typeof body === 'string'
    ? reply.type('text/plain; charset=utf-8').send(body)
    : reply.type('application/json').send(JSON.stringify(body));
}
