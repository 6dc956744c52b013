import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { AGORA_CHANNEL } from '../domain/agora-channel.ts';
import { isEnded, isLive } from '../domain/session.ts';
import type { TaskPair } from '../workflows/messages.ts';
import { answer, NOTHING_ELSE } from './documentation/operation.ts';
import { afresh } from './in-time.ts';
import { Problem } from './problem.ts';
import type { SessionClient } from './session-client.ts';
import { failedStart, isStarted, type StoredSession } from './stored-session.ts';
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
const startBody = z
  .object({
    channel: required.meta({
      description: "A channel's name, of the characters that Agora has for one.",
      // As the start that it stands for.
      pattern: AGORA_CHANNEL.source,
    }),
  })
  .meta({ title: 'a channel', bodyExamples: [{ channel: 'room-1' }] });
const PAIR = { taskId: 'Cw4QVuF', builderToken: 'ABkjE0hF' };
const stopBody = z
  .object({ taskId: required, builderToken: required })
  .meta({ title: 'a pair', bodyExamples: [PAIR] });
const pairAnswer = z
  .object({ taskId: z.string(), builderToken: z.string() })
  .meta({ examples: [PAIR] });

type Pair = z.infer<typeof pairAnswer>;

const START = {
  operationId: 'startTask',
  summary: 'Start the transcription of a channel',
  description: "In the default languages. Answers with the running task's pair where there is one.",
  tags: ['astro'],
  body: startBody,
  takesAnyType: true,
  problems: ['not-live', 'refused', 'not-started', 'unavailable'],
  response: { 200: answer('The task.', pairAnswer) },
} as const;
const STOP = {
  summary: 'Stop a task',
  tags: ['astro'],
  body: stopBody,
  takesAnyType: true,
  problems: ['not-found', 'session-not-found', 'erased', 'unavailable'],
  response: { 200: answer('It is stopped, or will be.', NOTHING_ELSE) },
} as const;

/**
 * The endpoints of the backend in Agora's guide "Build a Real-Time Transcription Backend with Astro", for the clients
 * that were written for it: they hold the pair of task id and builder token themselves.
 */
export const astroEndpoints: FastifyPluginCallbackZod<AstroEndpointsOptions> = (
  app,
  { sessions, startOf },
  done,
) => {
  // As the guide's own backend: whatever its type says, a body is JSON, and none is as good as an empty one.
  app.removeAllContentTypeParsers();
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('*', { parseAs: 'string' }, (request, body, next) => {
    if (body === '') next(null, {});
    else void parseJson(request, String(body), next);
  });
  app.addHook('preValidation', async (request) => {
    request.body ??= {};
  });
  app.post('/start.json', { schema: START }, async ({ body }) => {
    const { id, request } = startOf(body.channel);
    try {
      await sessions.start(id, request);
    } catch (error) {
      // Whoever started the channel otherwise: there is one task, and this is its pair.
      if (!(error instanceof Problem) || error.kind !== 'different-session') throw error;
    }
    const session = await sessions.waitUntil(await sessions.get(id), WAIT_SECONDS, isStarted);
    const failure = failedStart(session);
    if (failure) throw failure;
    if (!isLive(session.status)) throw new Problem('not-live', `${id} has been stopped`);
    return pairOf(await afresh(() => sessions.getStored(id)));
  });
  for (const method of ['POST', 'DELETE'] as const) {
    app.route({
      method,
      url: '/stop.json',
      schema: { ...STOP, operationId: `stopTaskBy${method}` },
      handler: async ({ body }) => {
        const id = await find(sessions, body);
        if (id === undefined)
          throw new Problem('not-found', 'No task has this taskId and builderToken');
        const { session } = await sessions.stop(id);
        await sessions.waitUntil(session, WAIT_SECONDS, ({ status }) => isEnded(status));
        return {};
      },
    });
  }
  done();
};

function pairOf({ session, pairs }: StoredSession): Pair {
  const newest = pairs.at(-1);
  if (newest) return pairIn(session.id, newest);
  throw new Problem('unavailable', `${session.id} is still starting`, { retryAfterSeconds: 5 });
}

function pairIn(id: string, task: TaskPair): Pair {
  return { taskId: task.id, builderToken: task.key ?? handleOf(id) };
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
    const { pairs } = await sessions.getStored(id);
    // Also that of a task which another one has taken over from: the caller does not know.
    return pairs.some((task) => isDeepStrictEqual(pairIn(id, task), given));
  } catch (error) {
    if (error instanceof Problem && (error.status === 404 || error.status === 410)) return false;
    throw error;
  }
}
