import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { controlling, registerLedgerAndFaults } from '../shared/control.ts';
import { answersSchema } from './answers.ts';
import { faultSchema } from './faults.ts';
import type { VideosdkSimulator } from './simulator.ts';
import { vendorEndSchema } from './tasks.ts';
import { webhookFaultsSchema } from './webhooks/sender.ts';

type Controlled = Omit<VideosdkSimulator, 'app' | 'close'>;

const taskParams = z.object({ id: z.string() });
const roomParams = z.object({ roomId: z.string() });
const endBody = z.strictObject({ cause: vendorEndSchema });
const foreignBody = z.strictObject({ webhookUrl: z.url({ protocol: /^https?$/ }).optional() });
const nothing = z.strictObject({});
const noticeBody = z.strictObject({
  id: z.string(),
  webhookType: z.enum(['transcription-started', 'transcription-stopped', 'transcription-failed']),
});
/** Routes of the simulator's own, for tests and for people with a browser. */
export function registerControls(app: FastifyInstance, simulator: Controlled): void {
  registerLedgerAndFaults(app, simulator, faultSchema, 'roomId');
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
