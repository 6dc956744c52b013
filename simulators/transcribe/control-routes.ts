import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { eventSettingsSchema } from './events.ts';
import { faultSchema } from './faults.ts';
import type { TranscribeSimulator } from './simulator.ts';

type Controlled = Omit<TranscribeSimulator, 'app' | 'close'>;

const ledgerQuery = z.object({ job: z.string().optional() });
const jobParams = z.object({ name: z.string() });
const failBody = z.strictObject({ reason: z.string().min(1) });
const noBody = z.unknown();

/** Routes of the simulator's own, for tests and for people with a browser. */
export function registerControls(app: FastifyInstance, simulator: Controlled): void {
  app.get('/ledger', async (request, reply) => {
    const { job } = ledgerQuery.parse(request.query);
    return reply
      .type('application/json')
      .send(`${JSON.stringify(simulator.ledger(job), null, 2)}\n`);
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
    '/jobs/:name/fail',
    controlling(failBody, ({ reason }, { params }) =>
      simulator.failJob(jobParams.parse(params).name, reason),
    ),
  );
  app.post(
    '/jobs/:name/complete',
    controlling(noBody, (_body, { params }) => simulator.completeJob(jobParams.parse(params).name)),
  );
  app.put(
    '/events',
    controlling(eventSettingsSchema, (settings) => simulator.setEvents(settings)),
  );
  app.delete('/events', async (_request, reply) => {
    simulator.setEvents(undefined);
    return reply.code(204).send();
  });
}

/** A route that does something with its body: 204, 400 where that is wrong, 409 where it can't be. */
function controlling<T>(
  schema: z.ZodType<T>,
  act: (body: T, request: FastifyRequest) => void | Promise<void>,
): (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply> {
  return async (request, reply) => {
    const body = schema.safeParse(parsed(request.body));
    if (!body.success) return reply.code(400).send({ detail: z.prettifyError(body.error) });
    try {
      await act(body.data, request);
    } catch (error) {
      return reply.code(409).send({ detail: error instanceof Error ? error.message : '' });
    }
    return reply.code(204).send();
  };
}

/** Undefined for what is no JSON. */
function parsed(body: unknown): unknown {
  try {
    return JSON.parse(String(body));
  } catch {
    return undefined;
  }
}
