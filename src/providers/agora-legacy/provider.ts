import { z } from 'zod';
import type { Task, TaskEnd, TaskStart } from '../../domain/task.ts';
import { CaptionStore } from '../agora/caption-store.ts';
import { basicAuthorization, staleSequence } from '../agora/client.ts';
import { lifetime, toMs } from '../agora/lifetime.ts';
import { taskName } from '../agora/naming.ts';
import { MASKS, updateBody } from '../agora/options.ts';
import { secretsOf, type AgoraSettings } from '../agora/settings.ts';
import { saying, taskId, time, timestampOf } from '../answers.ts';
import { ProviderError } from '../errors.ts';
import { send, unknownForm, type VendorRequest, type VendorResponse } from '../http.ts';
import type { LiveProvider } from '../port.ts';
import { meaningOf } from './errors.ts';
import { v4Body, v6Body } from './start-body.ts';

const VENDOR = 'Agora';
/** A task ends when its resource expires, after 24 h by default (Real-Time STT v6, REST quickstart). */
const TASK_SECONDS = 24 * 60 * 60;

/** Far longer than Agora's. */
const LONGEST_TOKEN = 4_096;

const AcquireReply = z.object({ tokenName: z.string().min(1).max(LONGEST_TOKEN) });
const TaskReply = z.object({
  taskId,
  createTs: time,
  status: saying,
});

export type AgoraLegacySettings = AgoraSettings & {
  /** The shape of a start's body: that of v6, or the older one of Agora's Astro guide. */
  readonly bodyShape: 'v4' | 'v6';
};

/**
 * Agora Real-Time STT, API v5 and v6 (builderTokens and tasks), for projects that still have it. A task's key is
 * its builderToken: with the same one a start never makes a second task.
 */
export function agoraLegacy(settings: AgoraLegacySettings): LiveProvider {
  const captions = new CaptionStore(settings.captionStorage);
  const request = requesting(settings);
  const startBody = settings.bodyShape === 'v4' ? v4Body : v6Body;

  /** A start, which with the same builderToken may be repeated: it then tells of the task that runs. */
  const start = async (wanted: TaskStart): Promise<Task> => {
    const lifespan = lifetime(wanted, settings, TASK_SECONDS);
    const search = new URLSearchParams({ builderToken: wanted.key ?? '' });
    const response = await request(
      'POST',
      `/tasks?${search.toString()}`,
      startBody(wanted, settings),
    );
    const reply = TaskReply.safeParse(response.json);
    if (isSuccess(response) && reply.success) {
      return taskOf(wanted, lifespan, reply.data.taskId, reply.data.createTs);
    }
    const meaning = meaningOf(response, VENDOR, 'start');
    if (meaning.kind === 'error') throw meaning.error;
    if (meaning.kind === 'gone') throw notFound('the project or its token');
    if (meaning.taskId === null)
      throw new ProviderError('unavailable', 'the task runs, but Agora does not tell its id');
    return taskOf(wanted, lifespan, meaning.taskId, reply.data?.createTs);
  };

  return {
    name: 'agora-legacy',
    // The same builderToken never makes a second task.
    isStartRepeatable: true,
    // Agora publishes no limit for STT; its sibling Cloud Recording takes 10 requests a second per App ID.
    maxCallsPerSecond: 10,

    prepare: (wanted) => acquireToken(settings, taskName(wanted)),

    start,

    // There is no list; the same start again adopts what runs, or makes what is then known and can be stopped.
    find: async (wanted) => {
      try {
        return await start(wanted);
      } catch (error) {
        // With the same token a task that runs would have been told of.
        if (error instanceof ProviderError && error.kind === 'rejected') return null;
        throw error;
      }
    },

    async look(task) {
      const response = await request('GET', taskPath(task));
      const { status } = required(response, TaskReply);
      return endOf(status ?? '');
    },

    async update(task, { configuration, fields, sequenceId }) {
      const updateMask = fields.map((field) => MASKS[field]).join(',');
      const search = new URLSearchParams({ sequenceId: String(sequenceId), updateMask });
      const path = `${taskPath(task)}&${search.toString()}`;
      const response = await request('PATCH', path, updateBody(configuration, fields));
      if (!isSuccess(response)) throw staleSequence(response, sequenceId) ?? errorOf(response);
    },

    async stop(task) {
      const response = await request('DELETE', taskPath(task));
      if (isSuccess(response)) return;
      // A stop that is repeated is answered with 404 or code 49 (Real-Time STT v6, Common errors).
      const meaning = meaningOf(response, VENDOR);
      if (meaning.kind === 'error') throw meaning.error;
    },

    running: null,

    collect: (collection) => captions.collect(collection),
    remains: (taskIds) => captions.remains(taskIds),
    forget: (taskIds) => captions.forget(taskIds),
  };
}

/** A builderToken; one of the same instance may be acquired again and again. Throws ProviderError. */
export async function acquireToken(
  settings: AgoraLegacySettings,
  instanceId: string,
): Promise<string> {
  const response = await requesting(settings)('POST', '/builderTokens', { instanceId });
  return required(response, AcquireReply).tokenName;
}

function requesting(settings: AgoraLegacySettings) {
  const base = `${settings.baseUrl}/v1/projects/${encodeURIComponent(settings.appId)}/rtsc/speech-to-text`;
  const authorization = basicAuthorization(settings);
  const secrets = secretsOf(settings);
  return (method: VendorRequest['method'], path: string, body?: unknown) =>
    send({ method, url: base + path, authorization, body, secrets }, VENDOR);
}

function taskPath({ id, key }: Task): string {
  const search = new URLSearchParams({ builderToken: key ?? '' });
  return `/tasks/${encodeURIComponent(id)}?${search.toString()}`;
}

/** The statuses of v6, query; one that we don't know counts as running. */
function endOf(status: string): TaskEnd | null {
  if (status === 'FAILURE_STOP') return { cause: 'failed', message: 'the task failed' };
  // A task that stops unasked has been idle for too long, or is at the end of its resource.
  return status === 'STOPPED' ? { cause: 'idle', message: 'the task stopped by itself' } : null;
}

function required<T>(response: VendorResponse, schema: z.ZodType<T>): T {
  if (!isSuccess(response)) throw errorOf(response);
  const reply = schema.safeParse(response.json);
  if (reply.success) return reply.data;
  throw unknownForm(VENDOR);
}

function errorOf(response: VendorResponse): ProviderError {
  const meaning = meaningOf(response, VENDOR);
  if (meaning.kind === 'error') return meaning.error;
  return meaning.kind === 'gone'
    ? notFound('the task')
    : new ProviderError('rejected', 'Agora says that it was done already');
}

function notFound(what: string): ProviderError {
  return new ProviderError('not-found', `Agora does not know ${what}`);
}

/** 201 is a success in HTTP, and here says that a task runs already. */
function isSuccess({ status }: VendorResponse): boolean {
  return status >= 200 && status < 300 && status !== 201;
}

function taskOf(
  start: TaskStart,
  lifespan: ReturnType<typeof lifetime>,
  id: string,
  createTs: number | undefined,
): Task {
  return { id, startedAt: timestampOf(toMs(createTs)), ...lifespan, key: start.key };
}
