import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { answerWith } from '../shared/faulty-answer.ts';
import { timestamp } from '../shared/timestamp.ts';
import { errorTypeOf, ServiceError } from './errors.ts';
import type { FaultBehaviour, Faults, Operation } from './faults.ts';
import type { Jobs } from './jobs.ts';
import type { Call, Records } from './ledger.ts';
import { OPERATE } from './operations.ts';
import type { Pace } from './pace.ts';
import type { ServiceBucket } from './service-bucket.ts';
import { checkSignature } from './signature.ts';
import type { Credentials } from './signature.ts';

const TARGETS: ReadonlyMap<string, Operation> = new Map([
  ['Transcribe.StartTranscriptionJob', 'start'],
  ['Transcribe.GetTranscriptionJob', 'get'],
  ['Transcribe.ListTranscriptionJobs', 'list'],
  ['Transcribe.DeleteTranscriptionJob', 'delete'],
]);
const THROTTLES: ReadonlySet<string> = new Set([
  'LimitExceededException',
  'LimitExceededConcurrentJobException',
]);

export type ServiceContext = {
  readonly jobs: Jobs;
  readonly records: Records;
  readonly faults: Faults;
  readonly pace: Pace;
  readonly serviceBucket: ServiceBucket;
  readonly credentials: Credentials;
  readonly region: string;
  readonly oldNotFound: boolean;
  readonly now: () => number;
  /** Called whenever the state may have changed. */
  readonly changed: () => void;
};

type Answer = {
  readonly status: number;
  readonly body: object | undefined;
  readonly errorType?: string;
  readonly retryAfterSeconds?: number | undefined;
};

const namedSchema = z.object({ TranscriptionJobName: z.string() });

/** The API: AWS JSON 1.1, every operation at `POST /`. */
export function registerService(app: FastifyInstance, context: ServiceContext): void {
  app.post('/', async (request, reply) => {
    const call = openCall(context, request);
    const fault = faultOf(context, call);
    const answer = act(context, call, request, fault);
    context.changed();
    return answerWith(fault, reply, () => send(context, call, reply, answer));
  });
}

function faultOf({ faults }: ServiceContext, call: Call): FaultBehaviour | undefined {
  const { operation, jobName } = call;
  const fault = operation === 'unknown' ? undefined : faults.take({ operation, jobName });
  if (fault) call.fault = fault.kind;
  return fault;
}

function openCall({ records, now }: ServiceContext, request: FastifyRequest): Call {
  const target = String(request.headers['x-amz-target'] ?? '');
  const body = parsed(textOf(request.body));
  const jobName = namedSchema.safeParse(body).data?.TranscriptionJobName;
  return records.open({
    at: timestamp(now()),
    operation: TARGETS.get(target) ?? 'unknown',
    target,
    body: body ?? '[not JSON]',
    status: null,
    response: null,
    ...(jobName && { jobName }),
  });
}

/** Does what was asked, so far as the fault lets it, and says what the answer is. */
function act(
  context: ServiceContext,
  call: Call,
  request: FastifyRequest,
  fault: FaultBehaviour | undefined,
): Answer {
  const { operation, target } = call;
  const sent = { headers: request.headers, body: textOf(request.body) };
  try {
    checkSignature(sent, context.credentials, context.region);
    if (operation === 'unknown') {
      throw new ServiceError('UnknownOperationException', `no operation ${target}`, 'operation');
    }
    context.pace.admit(operation);
    const prevented = fault && preventedAnswer(fault);
    if (prevented) return prevented;
    const body = parsed(sent.body);
    if (body === undefined) {
      throw new ServiceError('SerializationException', 'the body is not valid JSON', 'body');
    }
    const output = OPERATE[operation](
      {
        ...context,
        origin: `${request.protocol}://${request.host}`,
        stale: fault?.kind === 'stale',
      },
      body,
    );
    return { status: 200, body: output };
  } catch (error) {
    return refused(context, call, error);
  }
}

/** What a fault answers instead of acting. */
function preventedAnswer(fault: FaultBehaviour): Answer | undefined {
  if (fault.kind === 'reset') return errorAnswer(503, 'ServiceUnavailableException', '');
  if (fault.kind === 'hang' || fault.kind === 'mangled') {
    return fault.effect ? undefined : errorAnswer(503, 'ServiceUnavailableException', '');
  }
  if (fault.kind !== 'status') return undefined;
  const { status, type = errorTypeOf(status), message = 'an injected fault' } = fault;
  return { ...errorAnswer(status, type, message), retryAfterSeconds: fault.retryAfterSeconds };
}

function refused({ records, now }: ServiceContext, call: Call, error: unknown): Answer {
  if (!(error instanceof ServiceError)) throw error;
  if (error.rule) records.violate(now(), error.rule, error.message, call);
  if (THROTTLES.has(error.type) && call.operation !== 'unknown') records.throttle(call.operation);
  return errorAnswer(error.status, error.type, error.message);
}

function errorAnswer(status: number, errorType: string, message: string): Answer {
  return { status, errorType, body: { __type: errorType, Message: message } };
}

function send(
  context: ServiceContext,
  call: Call,
  reply: FastifyReply,
  answer: Answer,
): FastifyReply {
  const { status, body, errorType, retryAfterSeconds } = answer;
  const text = body && JSON.stringify(body);
  call.status = status;
  call.response = text === undefined ? null : parsed(text);
  context.changed();
  reply.code(status).header('x-amzn-requestid', randomUUID());
  if (errorType !== undefined) reply.header('x-amzn-errortype', errorType);
  if (retryAfterSeconds !== undefined) reply.header('retry-after', retryAfterSeconds);
  return reply.type('application/x-amz-json-1.1').send(text ?? '');
}

function textOf(body: unknown): string {
  return typeof body === 'string' ? body : '';
}

/** Undefined for what is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
