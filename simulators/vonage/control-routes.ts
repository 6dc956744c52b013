import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { callSchema } from './call-request.ts';
import { faultSchema } from './faults.ts';
import type { VonageSimulator } from './simulator.ts';

type Controlled = Omit<VonageSimulator, 'app' | 'close'>;

const ledgerQuery = z.object({ conversation: z.string().optional() });
const recordingParams = z.object({ recordingUuid: z.string() });
/** Nothing is `{}`, so that a plain POST will do. */
const jsonText = z
  .string()
  .default('')
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text || '{}');
    } catch {
      context.addIssue({ code: 'custom', message: 'the body is not JSON' });
      return z.NEVER;
    }
  });

/** Routes of the simulator's own, for tests and for people with a browser or curl. */
export function registerControls(app: FastifyInstance, simulator: Controlled): void {
  app.get('/ledger', async (request, reply) => {
    const { conversation } = ledgerQuery.parse(request.query);
    return reply
      .type('application/json')
      .send(`${JSON.stringify(simulator.ledger(conversation), null, 2)}\n`);
  });
  app.post(
    '/calls',
    controlling(callSchema, (call, _request, reply) => {
      const { uuid, conversationUuid, recordingUuid } = simulator.placeCall(call);
      return reply.code(202).send({ uuid, conversationUuid, recordingUuid });
    }),
  );
  app.post(
    '/recordings/:recordingUuid/redelivery',
    controlling(z.strictObject({}), async (_body, { params }, reply) => {
      await simulator.redeliver(recordingParams.parse(params).recordingUuid);
      return reply.code(204).send();
    }),
  );
  app.post(
    '/faults',
    controlling(faultSchema, (fault, _request, reply) => {
      simulator.inject(fault);
      return reply.code(204).send();
    }),
  );
  app.delete('/faults', async (_request, reply) => {
    simulator.clearFaults();
    return reply.code(204).send();
  });
}

/** A route that does something with its body: 400 where that is wrong, 409 where it can't be. */
function controlling<T>(
  schema: z.ZodType<T>,
  act: (
    body: T,
    request: FastifyRequest,
    reply: FastifyReply,
  ) => FastifyReply | Promise<FastifyReply>,
): (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply> {
  return async (request, reply) => {
    const body = jsonText.pipe(schema).safeParse(request.body ?? undefined);
    if (!body.success) return reply.code(400).send({ detail: z.prettifyError(body.error) });
    try {
      return await act(body.data, request, reply);
    } catch (error) {
      return reply.code(409).send({ detail: error instanceof Error ? error.message : '' });
    }
  };
}
