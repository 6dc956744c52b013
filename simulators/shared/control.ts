import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';

/** Nothing is `{}`, so that a plain POST will do. */
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

type Controlled<Fault> = {
  ledger(about?: string): object;
  inject(fault: Fault): void;
  clearFaults(): void;
};

/** What every simulator can be asked and told; `about` is what its ledger can be narrowed to. */
export function registerLedgerAndFaults<Fault>(
  app: FastifyInstance,
  simulator: Controlled<Fault>,
  faultSchema: z.ZodType<Fault>,
  about: string,
): void {
  const ledgerQuery = z.object({ [about]: z.string().optional() });
  app.get('/ledger', async ({ query }, reply) => {
    const ledger = simulator.ledger(ledgerQuery.parse(query)[about]);
    return reply.type('application/json').send(`${JSON.stringify(ledger, null, 2)}\n`);
  });
  app.post(
    '/faults',
    controlling(faultSchema, (fault) => simulator.inject(fault)),
  );
  app.delete('/faults', async (_request, reply) => {
    simulator.clearFaults();
    return reply.code(204).send();
  });
}

/** A route that does something: 204, or what it returns; 400 for a wrong body, 409 where it can't be. */
export function controlling<T>(
  schema: z.ZodType<T>,
  act: (body: T, request: FastifyRequest, reply: FastifyReply) => object | void | Promise<void>,
): (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply> {
  return async (request, reply) => {
    const body = jsonText.pipe(schema).safeParse(request.body || undefined);
    if (!body.success) return reply.code(400).send({ detail: z.prettifyError(body.error) });
    try {
      const result = await act(body.data, request, reply);
      return result ? reply.send(result) : reply.code(204).send();
    } catch (error) {
      return reply.code(409).send({ detail: error instanceof Error ? error.message : '' });
    }
  };
}
