import type { Client } from '@temporalio/client';
import type { FastifyPluginCallback } from 'fastify';
import { Problem } from './problem.ts';

const DEADLINE_MS = 1_000;

/** `/healthz`: this process lives. `/readyz`: it can reach Temporal too. */
export const healthRoutes: FastifyPluginCallback<{ readonly client: Client }> = (
  app,
  { client },
  done,
) => {
  app.get('/healthz', () => ({ status: 'ok' }));
  app.get('/readyz', async () => {
    try {
      await client.withDeadline(Date.now() + DEADLINE_MS, () =>
        client.workflowService.describeNamespace({ namespace: client.options.namespace }),
      );
      return { status: 'ok' };
    } catch (cause) {
      const detail = 'Temporal does not answer; see TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE';
      throw new Problem('unavailable', detail, { retryAfterSeconds: 2, cause });
    }
  });
  done();
};
