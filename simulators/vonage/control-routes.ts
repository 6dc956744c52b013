import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { controlling, registerLedgerAndFaults } from '../shared/control.ts';
import { callSchema } from './call-request.ts';
import { faultSchema } from './faults.ts';
import type { VonageSimulator } from './simulator.ts';

type Controlled = Omit<VonageSimulator, 'app' | 'close'>;

const recordingParams = z.object({ recordingUuid: z.string() });

/** Routes of the simulator's own, for tests and for people with a browser or curl. */
export function registerControls(app: FastifyInstance, simulator: Controlled): void {
  registerLedgerAndFaults(app, simulator, faultSchema, 'conversation');
  app.post(
    '/calls',
    controlling(callSchema, (call, _request, reply) => {
      const { uuid, conversationUuid, recordingUuid } = simulator.placeCall(call);
      void reply.code(202);
      return { uuid, conversationUuid, recordingUuid };
    }),
  );
  app.post(
    '/recordings/:recordingUuid/redelivery',
    controlling(z.strictObject({}), (_body, { params }) =>
      simulator.redeliver(recordingParams.parse(params).recordingUuid),
    ),
  );
}
