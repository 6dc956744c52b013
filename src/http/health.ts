import type { Client } from '@temporalio/client';
import type { FastifyPluginCallback } from 'fastify';
import { z } from 'zod';
import { SEARCH_ATTRIBUTES } from '../workflows/messages.ts';
import { answer } from './documentation/operation.ts';
import type { Drain } from './drain.ts';
import { Problem } from './problem.ts';
import { problemOfTemporal } from './temporal-problem.ts';

const DEADLINE_MS = 1_000;

const response = {
  200: answer(
    'It is so.',
    z.object({ status: z.literal('ok') }).meta({ examples: [{ status: 'ok' }] }),
  ),
};
const ALIVE = {
  operationId: 'isAlive',
  summary: 'Tell whether this process lives',
  tags: ['health'],
  response,
};
const READY = {
  operationId: 'isReady',
  summary:
    'Tell whether requests are to be sent here: Temporal answers, and has what a session needs',
  tags: ['health'],
  problems: ['unavailable'],
  response,
} as const;

export type HealthRoutesOptions = {
  readonly client: Client;
  readonly drain: Pick<Drain, 'isDraining'>;
};

/**
 * `/healthz`: this process lives. `/readyz`: requests are to be sent here, for it is not about to end, and Temporal
 * answers and has what a session needs there.
 */
export const healthRoutes: FastifyPluginCallback<HealthRoutesOptions> = (
  app,
  { client, drain },
  done,
) => {
  let isPrepared = false;
  const call = <T>(work: () => Promise<T>) => client.withDeadline(Date.now() + DEADLINE_MS, work);

  app.get('/healthz', { schema: ALIVE }, () => ({ status: 'ok' }));
  app.get('/readyz', { schema: READY }, async () => {
    if (drain.isDraining) {
      throw new Problem('unavailable', 'This process is about to end', { retryAfterSeconds: 1 });
    }
    try {
      const { namespace } = client.options;
      await call(() => client.workflowService.describeNamespace({ namespace }));
    } catch (cause) {
      const detail = 'Temporal does not answer; see TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE';
      throw new Problem('unavailable', detail, { retryAfterSeconds: 2, cause });
    }
    try {
      // A filter by an attribute that nobody has registered is an error.
      const filters = Object.values(SEARCH_ATTRIBUTES).map(({ name }) => `${name} IS NULL`);
      if (!isPrepared) await call(() => client.workflow.count(filters.join(' AND ')));
      isPrepared = true;
    } catch (error) {
      throw problemOfTemporal(error) ?? error;
    }
    return { status: 'ok' };
  });
  done();
};
