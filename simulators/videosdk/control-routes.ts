import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { answersSchema } from './answers.ts';
import { faultSchema } from './faults.ts';
import type { VideosdkSimulator } from './simulator.ts';
import { vendorEndSchema } from './tasks.ts';
import { webhookFaultsSchema } from './webhooks/sender.ts';

type Controlled = Omit<VideosdkSimulator, 'app' | 'close'>;

const ledgerQuery = z.object({ roomId: z.string().optional() });
const taskParams = z.object({ id: z.string() });
const roomParams = z.object({ roomId: z.string() });
const endBody = z.strictObject({ cause: vendorEndSchema });
const foreignBody = z.strictObject({ webhookUrl: z.url({ protocol: /^https?$/ }).optional() });
const nothing = z.strictObject({});
const noticeBody = z.strictObject({
  id: z.string(),
  webhookType: z.enum(['transcription-started', 'transcription-stopped', 'transcription-failed']),
});
const jsonText = z
  .string()
  .default('{}')
  .transform((text, context): unknown => {
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
    const { roomId } = ledgerQuery.parse(request.query);
    return reply
      .type('application/json')
      .send(`${JSON.stringify(simulator.ledger(roomId), null, 2)}\n`);
  });
  app.post(
    '/faults',
    controlling(faultSchema, (fault) => simulator.inject(fault)),
  );
  app.delete(
    '/faults',
    controlling(nothing, () => simulator.clearFaults()),
  );
  app.post(
    '/tasks/:id/end',
    controlling(endBody, ({ cause }, { params }) =>
      simulator.endTask(taskParams.parse(params).id, cause),
    ),
  );
  registerRoomControls(app, simulator);
  app.put(
    '/answers',
    controlling(answersSchema.partial(), (answers) => simulator.setAnswers(answers)),
  );
  app.put(
    '/webhook-faults',
    controlling(webhookFaultsSchema, (faults) => simulator.setWebhookFaults(faults)),
  );
  app.delete(
    '/webhook-faults',
    controlling(nothing, () => simulator.setWebhookFaults({})),
  );
  app.post(
    '/webhooks',
    controlling(noticeBody, ({ id, webhookType }) => simulator.notify(id, webhookType)),
  );
  app.post(
    '/keys',
    controlling(nothing, () => simulator.rotateKeys()),
  );
}

function registerRoomControls(app: FastifyInstance, simulator: Controlled): void {
  app.post(
    '/rooms/:roomId/open',
    controlling(nothing, (_body, { params }) => ({
      sessionId: simulator.openSession(roomParams.parse(params).roomId),
    })),
  );
  app.post(
    '/rooms/:roomId/close',
    controlling(nothing, (_body, { params }) =>
      simulator.closeSession(roomParams.parse(params).roomId),
    ),
  );
  app.post(
    '/rooms/:roomId/foreign',
    controlling(foreignBody, ({ webhookUrl }, { params }) => ({
      id: simulator.startForeign(roomParams.parse(params).roomId, webhookUrl),
    })),
  );
}

/** A route that does something: 204, or 200 with what it returns; 400 for a wrong body, else 409. */
function controlling<T>(
  schema: z.ZodType<T>,
  act: (body: T, request: FastifyRequest) => object | void,
): (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply> {
  return async (request, reply) => {
    const body = jsonText.pipe(schema).safeParse(request.body || undefined);
    if (!body.success) return reply.code(400).send({ detail: z.prettifyError(body.error) });
    try {
      const result = act(body.data, request);
      return result ? reply.send(result) : reply.code(204).send();
    } catch (error) {
      return reply.code(409).send({ detail: error instanceof Error ? error.message : '' });
    }
  };
}
