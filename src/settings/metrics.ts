import { z } from 'zod';

const address = z
  .string()
  .regex(/^(?:\[[\da-fA-F:]+\]|[^\s:[\]]+):\d{1,5}$/, 'must be host:port')
  .transform((text) => {
    const port = text.lastIndexOf(':');
    return {
      host: text.slice(0, port).replace(/^\[|\]$/g, ''),
      port: Number(text.slice(port + 1)),
    };
  })
  .refine(({ port }) => port >= 1 && port <= 65_535, 'must have a port from 1 to 65535');

export const MetricsEnvironment = z.object({ DURASCRIBE_METRICS_ADDRESS: address.optional() });

/** Where a process serves what is only about itself. */
export type MetricsAddress = z.infer<typeof address>;
