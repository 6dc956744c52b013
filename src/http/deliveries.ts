import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { DeliveryClient } from './delivery-client.ts';
import { DeliverySchema } from './delivery-schema.ts';
import { DELIVERY_EXAMPLE } from './documentation/examples.ts';
import { answer } from './documentation/operation.ts';
import { sessionParameters } from './parameters.ts';

const Deliveries = z
  .object({ deliveries: z.array(DeliverySchema) })
  .meta({ examples: [{ deliveries: [DELIVERY_EXAMPLE] }] });
const DELIVERIES = {
  operationId: 'listDeliveries',
  summary: "List the deliveries of a session's callbacks",
  description:
    'Those of all its runs, oldest event first: the 200 that are under way or ended last. May lag a second behind.',
  tags: ['callbacks'],
  params: sessionParameters,
  problems: ['session-not-found', 'erased', 'unavailable'],
  response: {
    200: answer('The deliveries.', Deliveries),
  },
} as const;

const REPLAY = {
  operationId: 'replayDelivery',
  summary: 'Send a callback again',
  description:
    'Now, and on the schedule should that fail: the same message with the same `webhook-id`, signed anew.',
  tags: ['callbacks'],
  params: sessionParameters.extend({
    deliveryId: z.string().meta({
      description: "The delivery's id, which is its `webhook-id`.",
      examples: ['msg_01982f6e-3d5c-7b1a-9c55-0d8f0f6f2a11_1'],
    }),
  }),
  problems: ['no-delivery', 'erased', 'too-many-requests', 'unavailable'],
  response: { 202: answer('The delivery, which will be tried again.', DeliverySchema) },
} as const;

export type DeliveryRoutesOptions = { readonly deliveries: DeliveryClient };

/** `/v1/sessions/{id}/deliveries`: what was told to a session's `callbackUrl`, and how that went. */
export const deliveryRoutes: FastifyPluginCallbackZod<DeliveryRoutesOptions> = (
  app,
  { deliveries },
  done,
) => {
  app.get('/:id/deliveries', { schema: DELIVERIES }, async ({ params }) => ({
    deliveries: await deliveries.list(params.id),
  }));

  app.post('/:id/deliveries/:deliveryId/replay', { schema: REPLAY }, async (request, reply) => {
    const { id, deliveryId } = request.params;
    const delivery = await deliveries.replay(id, deliveryId);
    void reply.code(202);
    return delivery;
  });
  done();
};
