import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { controlling, registerLedgerAndFaults } from '../shared/control.ts';
import { eventSettingsSchema } from './events.ts';
import { faultSchema } from './faults.ts';
import type { TranscribeSimulator } from './simulator.ts';

type Controlled = Omit<TranscribeSimulator, 'app' | 'close'>;

const jobParams = z.object({ name: z.string() });
const failBody = z.strictObject({ reason: z.string().min(1) });
const noBody = z.unknown();

/** Routes of the simulator's own, for tests and for people with a browser. */
export function registerControls(app: FastifyInstance, simulator: Controlled): void {
  registerLedgerAndFaults(app, simulator, faultSchema, 'job');
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
