import type { FastifyInstance } from 'fastify';
import { Histogram } from 'prom-client';
import { BUCKETS } from '../metrics/buckets.ts';
import { openSessionMetrics, type OpenSessionOptions } from './open-sessions.ts';
import { waitSeconds } from './preference.ts';

const NAME = 'durascribe_http_request_duration_seconds';

/**
 * Measures what `app` answers, and serves that with all of `registry` at `/metrics`. To be called before the routes are
 * there. Labels have patterns of routes, and never what was asked for.
 */
export function measureRequests(app: FastifyInstance, options: OpenSessionOptions): void {
  const { registry } = options;
  const durations = new Histogram({
    name: NAME,
    help: 'how long a request took, by its route; waits = yes for one that asked to be answered later (Prefer: wait)',
    labelNames: ['method', 'route', 'status', 'waits'],
    buckets: [...BUCKETS[NAME]],
    registers: [registry],
  });
  openSessionMetrics(options);
  app.addHook('onResponse', async ({ method, routeOptions, headers }, reply) => {
    const { statusCode, elapsedTime } = reply;
    const labels = {
      method,
      route: routeOptions.url ?? 'none',
      status: String(statusCode),
      waits: waitSeconds(headers.prefer) > 0 ? 'yes' : 'no',
    };
    durations.observe(labels, elapsedTime / 1_000);
  });
  // It is about the API, and not of it.
  app.get('/metrics', { schema: { hide: true } }, async (_request, reply) => {
    const text = await registry.metrics();
    return reply.type(registry.contentType).send(text);
  });
}
