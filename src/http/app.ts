import type { Client } from '@temporalio/client';
import { fastify, LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { callerOf, guard, senderOf, type AccessOptions } from './access.ts';
import { CodecAccess, type CodecAccessOptions } from './codec/access.ts';
import { codecRoutes } from './codec/routes.ts';
import { astroEndpoints } from './astro-endpoints.ts';
import { deliveryRoutes } from './deliveries.ts';
import { DeliveryClient } from './delivery-client.ts';
import { documentation } from './documentation/document.ts';
import { Drain } from './drain.ts';
import { explainRoutes, type ExplainRoutesOptions } from './explain.ts';
import { healthRoutes } from './health.ts';
import { boundRequests } from './in-time.ts';
import { measureRequests } from './metrics.ts';
import {
  answerBelowHttp,
  answerWithProblem,
  answerWithProblems,
  faultsInWords,
  Problem,
} from './problem.ts';
import { KeyedStarts } from './keyed-starts.ts';
import { logRequests, sessionOf } from './request-lines.ts';
import { SessionClient } from './session-client.ts';
import { SessionErasure, type SessionErasureOptions } from './session-erasure.ts';
import { SessionList } from './session-list.ts';
import { sessionRoutes, type SessionRoutesOptions, type StartRequest } from './sessions.ts';
import { transcriptRoutes, type TranscriptRoutesOptions } from './transcripts.ts';
import { webhooks, type WebhookOptions } from './webhooks/all.ts';

/** A natural id is at most 77 characters, one of the caller's own 128; each may be three long when encoded. */
const MAX_PARAM_LENGTH = 3 * 128;
const MAX_BODY_BYTES = 64 * 1_024;

/** How long a request may take to come. */
const REQUEST_TIMEOUT_MS = 30_000;
/** How long a connection may be silent: no answer is waited for longer than a minute and a quarter. */
const SILENCE_TIMEOUT_MS = 120_000;
/** Longer than a load balancer keeps its end open, so that it never sends to one that closes. */
const KEEP_ALIVE_MS = 75_000;

export type AppOptions = Omit<AccessOptions, 'codecAccess'> &
  CodecAccessOptions &
  Omit<WebhookOptions, 'sessions'> & {
    readonly client: Client;
    readonly log: FastifyBaseLogger;
    /** Makes a span of each request; null = there are no traces. */
    readonly traceRequests: ((app: FastifyInstance, session: typeof sessionOf) => void) | null;
    readonly taskQueue: string;
    /** Those that are on. */
    readonly providers: SessionErasureOptions['providers'];
    readonly startRequest: SessionRoutesOptions['startRequest'];
    readonly changeRequest: SessionRoutesOptions['changeRequest'];
    /** The body of `POST /v1/sessions` that the endpoints of Agora's Astro guide stand for; null = they are off. */
    readonly astroStart: ((channel: string) => unknown) | null;
    /** Where a simulated Vonage can be asked for a call; null = there is none. */
    readonly simulatedVonageUrl: string | null;
    readonly transcripts: TranscriptRoutesOptions['transcripts'];
    readonly transcriptWaitMs: ExplainRoutesOptions['transcriptWaitMs'];
  };

/** The HTTP API, not listening yet, and how it is closed without a request being lost. */
export type App = { readonly app: FastifyInstance; readonly close: () => Promise<void> };

/** Builds the HTTP API. */
export async function buildApp(options: AppOptions): Promise<App> {
  const { client, startRequest, changeRequest, astroStart, transcripts } = options;
  const app = fastify({
    loggerInstance: options.log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: SILENCE_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // What comes by a connection that is about to be closed is answered as ever.
    return503OnClosing: false,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    frameworkErrors: answerWithProblem,
    clientErrorHandler: answerBelowHttp,
  });
  options.traceRequests?.(app, sessionOf);
  logRequests(app);
  app.removeContentTypeParser('text/plain');
  readEmptyBodies(app);
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  answerWithProblems(app);
  const drain = new Drain(app);
  measureRequests(app, options);
  const codecAccess = new CodecAccess(options);
  await guard(app, { ...options, codecAccess });
  boundRequests(app, senderOf, callerOf);
  await documentation(app, options.apiKeys.length > 0);
  const sessions = new SessionClient(options);
  await app.register(healthRoutes, { client, drain });
  await app.register(sessionRoutes, {
    prefix: '/v1/sessions',
    sessions,
    keyedStarts: new KeyedStarts({ client, taskQueue: options.taskQueue, sessions }),
    list: new SessionList({ client, sessions }),
    erasure: new SessionErasure({
      client,
      taskQueue: options.taskQueue,
      sessions,
      providers: options.providers,
    }),
    startRequest,
    changeRequest,
  });
  const deliveries = new DeliveryClient({ client, taskQueue: options.taskQueue, sessions });
  await app.register(deliveryRoutes, { prefix: '/v1/sessions', deliveries });
  await app.register(explainRoutes, { prefix: '/v1/sessions', ...options, sessions });
  await app.register(codecRoutes, { prefix: '/codec', ...options, codecAccess });
  await app.register(transcriptRoutes, { prefix: '/v1/sessions', sessions, transcripts });
  if (astroStart) {
    const startOf = (channel: string) => readStart(startRequest, astroStart(channel));
    await app.register(astroEndpoints, { prefix: '/api/transcription', sessions, startOf });
  }
  await app.register(webhooks, { prefix: '/webhooks', ...options, sessions });
  if (options.simulatedVonageUrl !== null) playCalls(app, options.simulatedVonageUrl);
  const close = () => {
    sessions.endWaits();
    return drain.close();
  };
  return { app, close };
}

/** Many clients say that a body is JSON where they send none, as in a stop. */
function readEmptyBodies(app: FastifyInstance): void {
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null);
    else void parseJson(request, String(body), done);
  });
}

/** A simulated Vonage is a process of its own; it plays a call for whoever asks here. No part of the API. */
function playCalls(app: FastifyInstance, url: string): void {
  app.post('/simulators/vonage/call', { schema: { hide: true } }, async (request, reply) => {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify(request.body ?? {});
    const answer = await fetch(`${url}/calls`, { method: 'POST', headers, body });
    return reply.code(answer.status).send(await answer.json());
  });
}

function readStart(schema: SessionRoutesOptions['startRequest'], body: unknown): StartRequest {
  const { data, error } = schema.safeParse(body);
  if (data) return data;
  const errors = error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
  throw new Problem('invalid-request', faultsInWords(errors), { errors });
}
