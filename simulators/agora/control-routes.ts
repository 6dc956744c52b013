import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { faultSchema } from './faults.ts';
import type { AgoraSimulator } from './simulator.ts';
import { endCauseSchema } from './tasks.ts';

type Controlled = Pick<AgoraSimulator, 'app' | 'ledger' | 'inject' | 'clearFaults' | 'endTask'>;

const ledgerQuery = z.object({ channel: z.string().optional() });
const endParams = z.object({ agentId: z.string() });
const endBody = z.strictObject({ cause: endCauseSchema });
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
  app.post('/faults', async (request, reply) => {
    const fault = jsonText.pipe(faultSchema).safeParse(request.body);
    if (!fault.success) return reply.code(400).send({ detail: z.prettifyError(fault.error) });
    simulator.inject(fault.data);
    return reply.code(204).send();
  });
  app.delete('/faults', async (_request, reply) => {
    simulator.clearFaults();
    return reply.code(204).send();
  });
  app.post('/tasks/:agentId/end', async (request, reply) => {
    const { agentId } = endParams.parse(request.params);
    const body = jsonText.pipe(endBody).safeParse(request.body);
    if (!body.success) return reply.code(400).send({ detail: z.prettifyError(body.error) });
    try {
      simulator.endTask(agentId, body.data.cause);
    } catch (error) {
      return reply.code(409).send({ detail: error instanceof Error ? error.message : '' });
    }
    return reply.code(204).send();
  });
}
