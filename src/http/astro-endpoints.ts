import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { isEnded } from '../domain/session.ts';
import { Problem } from './problem.ts';
import type { SessionClient } from './session-client.ts';
import type { StoredSession } from './stored-session.ts';
import type { StartRequest } from './sessions.ts';

/** How long a start waits for its task, and a stop for the vendor. */
const WAIT_SECONDS = 30;
/** How long a session may take to be found by its task: Temporal's visibility lags a little. */
const VISIBLE_WITHIN_MS = 2_000;
const LOOK_EVERY_MS = 100;

export type AstroEndpointsOptions = {
  readonly sessions: SessionClient;
  /** A start of `channel` with the default languages. Throws Problem when the channel is not valid. */
  readonly startOf: (channel: string) => StartRequest;
};

const required = z.string({ error: 'is required' }).min(1, 'is required');
const startBody = z.object({ channel: required });
const stopBody = z.object({ taskId: required, builderToken: required });
const pairAnswer = z.object({ taskId: z.string(), builderToken: z.string() });

type Pair = z.infer<typeof pairAnswer>;

/**
 * The endpoints of the backend in Agora's guide "Build a Real-Time Transcription Backend with Astro", for the clients
 * that were written for it: they hold the pair of task id and builder token themselves.
 */
export const astroEndpoints: FastifyPluginCallbackZod<AstroEndpointsOptions> = (
  app,
  { sessions, startOf },
  done,
) => {
  app.post(
    '/start.json',
    { schema: { body: startBody, response: { '2xx': pairAnswer } } },
    async ({ body }) => {
      const { id, request } = startOf(body.channel);
      try {
        await sessions.start(id, request);
      } catch (error) {
        // Whoever started the channel otherwise: there is one task, and this is its pair.
        if (!(error instanceof Problem) || error.kind !== 'different-session') throw error;
      }
      const { failure } = await sessions.waitUntil(
        await sessions.get(id),
        WAIT_SECONDS,
        ({ status, failure: why }) => why !== null || status === 'running' || isEnded(status),
      );
      if (failure) throw new Problem('refused', failure.message);
      return pairOf(await sessions.getStored(id));
    },
  );
  for (const method of ['POST', 'DELETE'] as const) {
    app.route({
      method,
      url: '/stop.json',
      schema: { body: stopBody },
      handler: async ({ body }) => {
        const id = await find(sessions, body);
        if (id === undefined)
          throw new Problem('not-found', 'No task has this taskId and builderToken');
        const session = await sessions.stop(id);
        await sessions.waitUntil(session, WAIT_SECONDS, ({ status }) => isEnded(status));
        return {};
      },
    });
  }
  done();
};

function pairOf({ session, taskKey }: StoredSession): Pair {
  if (!session.task) {
    throw new Problem('unavailable', `${session.id} is still starting`, { retryAfterSeconds: 5 });
  }
  return { taskId: session.task.id, builderToken: taskKey ?? handleOf(session.id) };
}

/** Today's API has no builder token: its place is taken by the session's id. */
function handleOf(id: string): string {
  return Buffer.from(id).toString('base64url');
}

/** The id of the session that has this very pair; undefined when there is none. */
async function find(sessions: SessionClient, given: Pair): Promise<string | undefined> {
  const giveUpAtMs = Date.now() + VISIBLE_WITHIN_MS;
  const named = Buffer.from(given.builderToken, 'base64url').toString();
  if (handleOf(named) === given.builderToken && (await hasPair(sessions, named, given)))
    return named;
  for (;;) {
    const id = await sessions.idOfTask(given.taskId);
    if (id !== undefined) return (await hasPair(sessions, id, given)) ? id : undefined;
    if (Date.now() > giveUpAtMs) return undefined;
    await delay(LOOK_EVERY_MS);
  }
}

async function hasPair(sessions: SessionClient, id: string, given: Pair): Promise<boolean> {
  try {
    const { taskId, builderToken } = pairOf(await sessions.getStored(id));
    return taskId === given.taskId && builderToken === given.builderToken;
  } catch (error) {
    if (error instanceof Problem && error.kind === 'session-not-found') return false;
    throw error;
  }
}
