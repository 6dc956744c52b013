import type { Client } from '@temporalio/client';
import { fastify, type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { astroEndpoints } from './astro-endpoints.ts';
import { healthRoutes } from './health.ts';
import { answerWithProblem, answerWithProblems, faultsInWords, Problem } from './problem.ts';
import { SessionClient } from './session-client.ts';
import { SessionErasure } from './session-erasure.ts';
import { sessionRoutes, type SessionRoutesOptions, type StartRequest } from './sessions.ts';
import { transcriptRoutes, type TranscriptRoutesOptions } from './transcripts.ts';
import { agoraWebhook } from './webhooks/agora.ts';
import { videosdkWebhook, type VideosdkWebhookOptions } from './webhooks/videosdk.ts';

/** A natural id is at most 77 characters, one of the caller's own 128; each may be three long when encoded. */
const MAX_PARAM_LENGTH = 3 * 128;
const MAX_BODY_BYTES = 64 * 1_024;

export type AppOptions = {
  readonly client: Client;
  readonly log: FastifyBaseLogger;
  readonly taskQueue: string;
  readonly temporalUiUrl: string;
  readonly startRequest: SessionRoutesOptions['startRequest'];
  readonly changeRequest: SessionRoutesOptions['changeRequest'];
  /** The body of `POST /v1/sessions` that the endpoints of Agora's Astro guide stand for; null = they are off. */
  readonly astroStart: ((channel: string) => unknown) | null;
  /** Null = Agora's notifications are not taken. */
  readonly agoraNotificationSecret: string | null;
  /** Null = VideoSDK's webhooks are not taken. */
  readonly videosdkPublicKey: VideosdkWebhookOptions['fetchPublicKey'] | null;
  readonly transcripts: TranscriptRoutesOptions['transcripts'];
};

/** The HTTP API, not listening yet. */
export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
  const { client, startRequest, changeRequest, astroStart, agoraNotificationSecret } = options;
  const app = fastify({
    loggerInstance: options.log,
    bodyLimit: MAX_BODY_BYTES,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    frameworkErrors: answerWithProblem,
  });
  app.removeContentTypeParser('text/plain');
  readEmptyBodies(app);
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  answerWithProblems(app);
  const sessions = new SessionClient(options);
  app.addHook('preClose', async () => sessions.close());
  await app.register(healthRoutes, { client });
  await app.register(sessionRoutes, {
    prefix: '/v1/sessions',
    sessions,
    erasure: new SessionErasure({ client, taskQueue: options.taskQueue, sessions }),
    startRequest,
    changeRequest,
  });
  const { transcripts, videosdkPublicKey } = options;
  await app.register(transcriptRoutes, { prefix: '/v1/sessions', sessions, transcripts });
  if (astroStart) {
    const startOf = (channel: string) => readStart(startRequest, astroStart(channel));
    await app.register(astroEndpoints, { prefix: '/api/transcription', sessions, startOf });
  }
  if (agoraNotificationSecret !== null) {
    const secret = agoraNotificationSecret;
    await app.register(agoraWebhook, { prefix: '/webhooks', sessions, secret });
  }
  if (videosdkPublicKey !== null) {
    const fetchPublicKey = videosdkPublicKey;
    await app.register(videosdkWebhook, { prefix: '/webhooks', sessions, fetchPublicKey });
  }
  return app;
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

function readStart(schema: SessionRoutesOptions['startRequest'], body: unknown): StartRequest {
  const { data, error } = schema.safeParse(body);
  if (data) return data;
  const errors = error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
  throw new Problem('invalid-request', faultsInWords(errors), { errors });
}
