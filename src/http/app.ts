import type { Client } from '@temporalio/client';
import { fastify, type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { healthRoutes } from './health.ts';
import { answerWithProblem, answerWithProblems } from './problem.ts';
import { SessionClient } from './session-client.ts';
import { sessionRoutes, type SessionRoutesOptions } from './sessions.ts';

/** A natural id is at most 77 characters, one of the caller's own 128; each may be three long when encoded. */
const MAX_PARAM_LENGTH = 3 * 128;
const MAX_BODY_BYTES = 64 * 1_024;

export type AppOptions = {
  readonly client: Client;
  readonly log: FastifyBaseLogger;
  readonly taskQueue: string;
  readonly temporalUiUrl: string;
  readonly startRequest: SessionRoutesOptions['startRequest'];
};

/** The HTTP API, not listening yet. */
export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
  const { client, startRequest } = options;
  const app = fastify({
    loggerInstance: options.log,
    bodyLimit: MAX_BODY_BYTES,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    frameworkErrors: answerWithProblem,
  });
  app.removeContentTypeParser('text/plain');
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  answerWithProblems(app);
  const sessions = new SessionClient(options);
  app.addHook('preClose', async () => sessions.close());
  await app.register(healthRoutes, { client });
  await app.register(sessionRoutes, { prefix: '/v1/sessions', sessions, startRequest });
  return app;
}
