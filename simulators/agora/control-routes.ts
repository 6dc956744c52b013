import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { faultSchema } from './faults.ts';
import { legacyAnswersSchema } from './legacy/answers.ts';
import { settingsSchema } from './notifications/delivery.ts';
import { EVENT_TYPES } from './notifications/events.ts';
import type { AgoraSimulator } from './simulator.ts';
import { endCauseSchema } from './tasks.ts';

type Controlled = Omit<AgoraSimulator, 'app' | 'close'>;

const ledgerQuery = z.object({ channel: z.string().optional() });
const endParams = z.object({ agentId: z.string() });
const endBody = z.strictObject({ cause: endCauseSchema });
const noticeBody = z.strictObject({ agentId: z.string(), eventType: z.literal(EVENT_TYPES) });
const lateBody = z.strictObject({ fileName: z.string() });
const jsonText = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: 'custom', message: 'the body is not JSON' });
    return z.NEVER;
  }
});

/** Routes of the simulator's own, for tests and for people with a browser. */
export function registerControls(app: FastifyInstance, simulator: Controlled): void {
  app.get('/ledger', async (request, reply) => {
    const { channel } = ledgerQuery.parse(request.query);
    return reply
      .type('application/json')
      .send(`${JSON.stringify(simulator.ledger(channel), null, 2)}\n`);
  });
  app.post(
    '/faults',
    controlling(faultSchema, (fault) => simulator.inject(fault)),
  );
  app.delete('/faults', async (_request, reply) => {
    simulator.clearFaults();
    return reply.code(204).send();
  });
  app.post(
    '/tasks/:agentId/end',
    controlling(endBody, ({ cause }, { params }) =>
      simulator.endTask(endParams.parse(params).agentId, cause),
    ),
  );
  app.put(
    '/legacy-answers',
    controlling(legacyAnswersSchema.partial(), (answers) => simulator.setLegacyAnswers(answers)),
  );
  app.put(
    '/notifications',
    controlling(settingsSchema, (settings) => simulator.setNotifications(settings)),
  );
  app.delete('/notifications', async (_request, reply) => {
    simulator.setNotifications(undefined);
    return reply.code(204).send();
  });
  app.post(
    '/notifications',
    controlling(noticeBody, ({ agentId, eventType }) => {
      simulator.notify(agentId, eventType);
    }),
  );
  app.post(
    '/captions',
    controlling(lateBody, ({ fileName }) => simulator.uploadLate(fileName)),
  );
}

/** A route that does something with its body: 204, 400 where that is wrong, 409 where it can't be. */
function controlling<T>(
  schema: z.ZodType<T>,
  act: (body: T, request: FastifyRequest) => unknown,
): (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply> {
  return async (request, reply) => {
    const body = jsonText.pipe(schema).safeParse(request.body);
    if (!body.success) return reply.code(400).send({ detail: z.prettifyError(body.error) });
    try {
      await act(body.data, request);
    } catch (error) {
      return reply.code(409).send({ detail: error instanceof Error ? error.message : '' });
    }
    return reply.code(204).send();
  };
}
