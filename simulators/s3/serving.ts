import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { empty, failed } from './answers.ts';
import type { Answer } from './answers.ts';
import { errorOfStatus, S3Error } from './errors.ts';
import type { FaultBehaviour, Faults } from './faults.ts';
import { openIncoming } from './incoming.ts';
import { createBucket, getLifecycle, headBucket, listBuckets } from './operations/buckets.ts';
import type { Context, Handler } from './operations/context.ts';
import { listObjects, listUploads } from './operations/listing.ts';
import { abortUpload, completeUpload, createUpload, uploadPart } from './operations/multipart.ts';
import {
  deleteObject,
  deleteObjects,
  getObject,
  headObject,
  putObject,
} from './operations/objects.ts';
import { operationOf } from './routing.ts';
import type { Operation } from './routing.ts';
import { checkSignature } from './signature.ts';
import type { Account } from './signature.ts';

/** A request that was made, and how it was answered. */
export type Call = {
  readonly operation: Operation;
  readonly bucket: string;
  readonly key: string;
  readonly fault: FaultBehaviour['kind'] | null;
  /** Null while it is in flight. */
  status: number | null;
};

/** What serving needs besides what the operations act on. */
export type ServingContext = Context & {
  readonly account: Account;
  readonly faults: Faults;
  /** Keeps a request that has arrived; its status is filled in when it is answered. */
  readonly called: (call: Call) => Call;
};

const HANDLERS: Readonly<Record<Operation, Handler>> = {
  ListBuckets: listBuckets,
  HeadBucket: headBucket,
  CreateBucket: createBucket,
  DeleteObjects: deleteObjects,
  ListObjectsV2: listObjects,
  ListMultipartUploads: listUploads,
  GetBucketLifecycleConfiguration: getLifecycle,
  UploadPart: uploadPart,
  PutObject: putObject,
  GetObject: getObject,
  HeadObject: headObject,
  AbortMultipartUpload: abortUpload,
  DeleteObject: deleteObject,
  CreateMultipartUpload: createUpload,
  CompleteMultipartUpload: completeUpload,
};

/**
 * Every path is a bucket's or an object's, so there is one hook instead of routes; it comes before
 * anything looks at the body, which the operations stream.
 */
export function serveS3(app: FastifyInstance, context: ServingContext): void {
  app.addHook('onRequest', async (request, reply) => serve(context, request, reply));
}

/** What Fastify can't decode doesn't get as far as its hooks. */
export function refuseUrl(_error: unknown, { url }: FastifyRequest, reply: FastifyReply): void {
  const { status, headers, body } = failed(new S3Error('InvalidURI'), url, randomUUID());
  void reply.code(status).headers(headers).send(body);
}

/** What is learnt of a request on its way. */
type Course = {
  path: string;
  fault: FaultBehaviour | undefined;
  call: Call | undefined;
};

async function serve(
  context: ServingContext,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const requestId = randomUUID();
  const course: Course = { path: '', fault: undefined, call: undefined };
  const answer = await act(context, request.raw, course).catch((error: unknown) => {
    const known = error instanceof S3Error ? error : new S3Error('InternalError');
    if (known !== error) request.log.error(error);
    return failed(known, course.path, requestId);
  });
  const { fault, call } = course;
  if (fault && 'ms' in fault) await sleep(fault.ms, undefined, { ref: false });
  const { status, headers, body } = answer;
  if (call) call.status = status;
  if (fault?.kind === 'lost-response' || fault?.kind === 'reset') {
    if (body instanceof Readable) body.destroy();
    reply.hijack();
    request.raw.socket.resetAndDestroy();
    return reply;
  }
  return reply
    .code(status)
    .headers({ ...headers, 'x-amz-request-id': requestId })
    .send(request.method === 'HEAD' || status === 304 ? undefined : body);
}

async function act(
  context: ServingContext,
  request: IncomingMessage,
  course: Course,
): Promise<Answer> {
  const incoming = openIncoming(request);
  const { path, bucket, key } = incoming;
  course.path = path;
  checkSignature(incoming, context.account, context.store.now());
  const operation = operationOf(incoming);
  const fault = context.faults.take({ operation, key });
  course.fault = fault;
  course.call = context.called({
    operation,
    bucket,
    key,
    fault: fault?.kind ?? null,
    status: null,
  });
  const prevented = fault && preventedAnswer(fault, path);
  if (prevented) return prevented;
  const needsBucket = operation !== 'ListBuckets' && operation !== 'CreateBucket';
  if (needsBucket && !context.store.hasBucket(bucket)) throw new S3Error('NoSuchBucket');
  return HANDLERS[operation](context, incoming);
}

/** What a fault answers instead of acting. */
function preventedAnswer(fault: FaultBehaviour, path: string): Answer | undefined {
  if (fault.kind === 'reset') return empty(502);
  if (fault.kind === 'status') {
    return failed({ ...errorOfStatus(fault.status), ...fault }, path, 'injected');
  }
  const isUnserved = fault.kind === 'hang' && !fault.effect;
  return isUnserved ? failed({ ...errorOfStatus(503), status: 503 }, path, 'injected') : undefined;
}
