import { z } from 'zod';
import { CALLBACK_TYPES, DELIVERY_STATES } from '../domain/callbacks.ts';
import type { Delivery } from '../domain/callbacks.ts';
import { DELIVERY_EXAMPLE } from './documentation/examples.ts';

const time = z.iso.datetime();

/** A callback on its way, as the API shows it and its workflow's memo has it. */
export const DeliverySchema = z
  .object({
    id: z.string().meta({
      description: 'The `webhook-id` header.',
      examples: ['msg_01982f6e-3d5c-7b1a-9c55-0d8f0f6f2a11_1'],
    }),
    sessionId: z.string(),
    type: z.enum(CALLBACK_TYPES),
    url: z.string().meta({ description: 'Without its query.' }),
    timestamp: time.meta({ description: 'When it happened.' }),
    state: z.enum(DELIVERY_STATES).meta({
      description: '`failed`: every try was in vain; `gone`: the receiver wants no more (410).',
    }),
    tries: z
      .array(z.object({ at: time, status: z.int().nullable(), error: z.string().nullable() }))
      .readonly()
      .meta({ description: 'Oldest first, the newest 50.' }),
    nextTryAt: time.nullable(),
  })
  .meta({ id: 'Delivery', examples: [DELIVERY_EXAMPLE] }) satisfies z.ZodType<Delivery>;
