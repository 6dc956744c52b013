import { z } from 'zod';
import type { Task, TaskStart } from '../../domain/task.ts';
import { ProviderError } from '../errors.ts';
import type { LiveProvider, OtherSessions } from '../port.ts';
import { roomOf, roomSessionOf, VENDOR, VideosdkClient, type Transcription } from './client.ts';
import { collect } from './files.ts';
import type { VideosdkSettings } from './settings.ts';
import { endOf, isRunning } from './status.ts';

const NOTHING = { objects: 0, bytes: 0, jobs: 0 };
const FILES_KEPT = "VideoSDK's own files, which its API has no way to delete";

/** How far VideoSDK's clock may be from ours when we ask what began while a start was tried. */
const CLOCK_SKEW_MS = 10_000;

/** What a session can have at VideoSDK, none of which can change. */
const VideosdkOptions = z.object({
  language: z.string().optional(),
  modelId: z.string().optional(),
  summary: z.object({ enabled: z.boolean(), prompt: z.string().optional() }).optional(),
  webhookUrl: z.string().optional(),
});

/** VideoSDK, realtime transcriptions. A room's transcription is ended by the room, not by its id. */
export function videosdk(settings: VideosdkSettings): LiveProvider {
  const client = new VideosdkClient(settings);
  return {
    name: 'videosdk',
    // No limit is published.
    maxCallsPerSecond: 10,
    // Its SDK never repeats a POST: another start may make another transcription.
    isStartRepeatable: false,

    prepare: async () => null,

    async start({ channel, options }) {
      const { webhookUrl = settings.webhookUrl, ...rest } = VideosdkOptions.parse(options);
      const body = { roomId: channel, ...(webhookUrl === null ? {} : { webhookUrl }), ...rest };
      return taskOf(await client.start(body));
    },

    async find(start, others) {
      const { transcriptions, unclear, isComplete } = await client.list(start.channel);
      const running: Transcription[] = [];
      for (const one of transcriptions.filter(isRunning)) running.push(await withTime(client, one));
      const ours = theOneOf(start, running, others);
      if (ours) return taskOf(ours);
      if (isComplete && !unclear.some(isRunning)) return null;
      throw new ProviderError(
        'unavailable',
        `the list of ${VENDOR} is too long, or too odd, to find a start in`,
      );
    },

    look: async (task) => endOf(await client.fetch(task.id)),

    update: null,

    async stop(task, channel) {
      if (!(await runs(client, task, channel))) return;
      await requireNewest(client, task, channel);
      if ((await endRoom(client, task, channel)) === task.id) return;
      if (await runs(client, task, channel)) {
        throw new ProviderError('unavailable', `the end of room ${channel} ended another one`);
      }
    },

    async running() {
      const { transcriptions, isComplete } = await client.listRunning();
      if (!isComplete) {
        throw new ProviderError('unavailable', `the list of ${VENDOR} is too long to read`);
      }
      return transcriptions
        .filter(isRunning)
        .map((one) => ({ task: taskOf(one), channel: roomOf(one), isNamedByUs: false }));
    },

    collect: (collection) => collect(client, settings, collection),

    // VideoSDK has no way to delete a transcription.
    remains: async (taskIds) => ({
      ...NOTHING,
      kept: taskIds.length === 0 ? [] : [{ what: 'vendor-files', why: FILES_KEPT }],
    }),
    forget: async () => undefined,
  };
}

async function runs(client: VideosdkClient, task: Task, channel: string): Promise<boolean> {
  try {
    return isRunning(await client.fetch(task.id));
  } catch (error) {
    if (!(error instanceof ProviderError && error.kind === 'not-found')) throw error;
    // Not to be fetched yet, or for a moment, is not the same as gone.
    const { transcriptions } = await client.list(channel);
    return transcriptions.some((one) => one.id === task.id && isRunning(one));
  }
}

/** The end is that of whatever runs in the room: while a newer one does, ours must be left to end with the room. */
async function requireNewest(client: VideosdkClient, task: Task, channel: string): Promise<void> {
  const startedAtMs = Date.parse(task.startedAt);
  const { transcriptions } = await client.list(channel);
  const newer = transcriptions.find(
    (other) =>
      other.id !== task.id &&
      isRunning(other) &&
      // One that does not tell its time may be newer.
      !(Date.parse(other.start ?? '') <= startedAtMs),
  );
  if (!newer) return;
  const message = `a newer transcription (${newer.id}) runs in the room, which an end would end too`;
  throw new ProviderError('unavailable', message, { isWait: true });
}

/** Returns the id of what was ended; that of `task` when there was nothing left to end. */
async function endRoom(client: VideosdkClient, task: Task, channel: string): Promise<string> {
  try {
    return (await client.end(channel)).id;
  } catch (error) {
    const isRefused =
      error instanceof ProviderError && (error.kind === 'rejected' || error.kind === 'not-found');
    // It may have ended by itself since we looked.
    if (isRefused && !(await runs(client, task, channel))) return task.id;
    throw error;
  }
}

/**
 * The one that began while our unanswered start was tried. No id of ours is in the list: where it could be somebody
 * else's as well, or does not tell its time, a start must neither adopt it nor be repeated.
 */
function theOneOf(
  start: TaskStart,
  running: readonly Transcription[],
  others: OtherSessions,
): Transcription | undefined {
  const sinceMs = Date.parse(start.unansweredSince ?? '') - CLOCK_SKEW_MS;
  const untilMs = Date.parse(start.triedUntil ?? start.unansweredSince ?? '') + CLOCK_SKEW_MS;
  const candidates = running.filter(
    (one) => !others.tasks.includes(one.id) && !(beganMs(one) < sinceMs || beganMs(one) > untilMs),
  );
  const isInDoubt = candidates.length > 1 || candidates.some((one) => Number.isNaN(beganMs(one)));
  if (isInDoubt || (candidates.length === 1 && !others.areKnown)) {
    const ids = candidates.map(({ id }) => id).join(', ');
    const message = `${VENDOR} does not tell which transcription of the room is ours: ${ids}`;
    throw new ProviderError('unavailable', message);
  }
  return candidates[0];
}

/** The list need not say when a transcription began; a fetch does. */
async function withTime(client: VideosdkClient, one: Transcription): Promise<Transcription> {
  if (!Number.isNaN(beganMs(one))) return one;
  return client.fetch(one.id).catch(() => one);
}

/** NaN = it does not tell. */
function beganMs({ start }: Transcription): number {
  return Date.parse(start ?? '');
}

function taskOf(transcription: Transcription): Task {
  const startedAtMs = Date.parse(transcription.start ?? '') || Date.now();
  return {
    id: transcription.id,
    startedAt: new Date(startedAtMs).toISOString(),
    endsAt: null,
    rotateAt: null,
    key: roomSessionOf(transcription),
  };
}
