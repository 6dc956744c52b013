import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { controlling, registerLedgerAndFaults } from '../shared/control.ts';
import { faultSchema } from './faults.ts';
import { legacyAnswersSchema } from './legacy/answers.ts';
import { settingsSchema } from './notifications/delivery.ts';
import { EVENT_TYPES } from './notifications/events.ts';
import type { AgoraSimulator } from './simulator.ts';
import { endCauseSchema } from './tasks.ts';

type Controlled = Omit<AgoraSimulator, 'app' | 'close'>;

const endParams = z.object({ agentId: z.string() });
const endBody = z.strictObject({ cause: endCauseSchema });
const noticeBody = z.strictObject({ agentId: z.string(), eventType: z.literal(EVENT_TYPES) });
const lateBody = z.strictObject({ fileName: z.string() });

/** Routes of the simulator's own, for tests and for people with a browser. */
export function registerControls(app: FastifyInstance, simulator: Controlled): void {
  registerLedgerAndFaults(app, simulator, faultSchema, 'channel');
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
