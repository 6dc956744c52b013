import type { Configuration, ConfigurationField } from '../../domain/configuration.ts';
import type { Task, TaskEnd, TaskStart } from '../../domain/task.ts';
import { ProviderError } from '../errors.ts';
import type { LiveProvider } from '../port.ts';
import { AgoraClient, LIVE_STATES, STATE_FAILED, STATE_STOPPED } from './client.ts';
import type { AgoraAccount, ListedAgent } from './client.ts';
import { botUid, taskName } from './naming.ts';
import { mintPublisherToken } from './rtc-token.ts';

/** How far Agora's clock may be behind ours when we ask what started since a moment. */
const CLOCK_SKEW_MS = 10_000;

/** The path of each field in a join body and in `updateMask` (v7, update). */
const MASKS = {
  languages: 'languages',
  subscribeAudioUids: 'rtcConfig.subscribeAudioUids',
} as const satisfies Record<ConfigurationField, string>;

/** Agora Real-Time STT, API v7. Needs Real-Time STT enabled for the project. */
export function agora(account: AgoraAccount & { readonly appCertificate: string }): LiveProvider {
  const client = new AgoraClient(account);
  return {
    name: 'agora',
    // Agora publishes no limit for STT; its sibling Cloud Recording takes 10 requests a second per App ID.
    maxCallsPerSecond: 10,

    async start(start) {
      const { agent, conflict } = await client.join(joinBody(account, start));
      if (agent === null)
        throw new ProviderError(
          'unavailable',
          'the name is taken by a task that Agora does not name',
        );
      const task = taskOf(agent.agent_id, agent.create_ts);
      if (conflict) await requireAlive(client, task);
      return task;
    },

    async find(start, foreign) {
      const sinceMs = Date.parse(start.unansweredSince ?? '') - CLOCK_SKEW_MS;
      const name = taskName(start);
      for (const state of LIVE_STATES) {
        const listed = await client.list(start.channel, state);
        const ours = listed.find(
          (agent) => !foreign.includes(agent.agent_id) && isOurs(agent, name, sinceMs),
        );
        if (ours) return taskOf(ours.agent_id, ours.start_ts);
      }
      return null;
    },

    async look(task, channel) {
      try {
        return await ended(client, task);
      } catch (error) {
        // A query fails for a task that has ended (v7 migration guide); the list may still tell how.
        const end = isNotFound(error) ? await listedEnd(client, task, channel) : null;
        if (end) return end;
        throw error;
      }
    },

    async update(task, { configuration, fields, sequenceId }) {
      const masks = fields.map((field) => MASKS[field]);
      await client.update(task.id, sequenceId, masks, updateBody(configuration, fields));
    },

    async stop(task) {
      try {
        await client.leave(task.id);
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    },
  };
}

function joinBody(account: { appId: string; appCertificate: string }, start: TaskStart): unknown {
  const { channel, configuration, maxIdleSeconds, maxDurationSeconds } = start;
  const pubBotUid = botUid(start);
  return {
    name: taskName(start),
    languages: configuration.languages,
    maxIdleTime: maxIdleSeconds,
    rtcConfig: {
      channelName: channel,
      pubBotUid,
      pubBotToken: mintPublisherToken(account, channel, pubBotUid, maxDurationSeconds),
      subscribeAudioUids: configuration.subscribeAudioUids,
    },
  };
}

function updateBody(
  configuration: Configuration,
  fields: readonly ConfigurationField[],
): Record<string, unknown> {
  const { languages, subscribeAudioUids } = configuration;
  return {
    ...(fields.includes('languages') ? { languages } : {}),
    ...(fields.includes('subscribeAudioUids') ? { rtcConfig: { subscribeAudioUids } } : {}),
  };
}

/** The list tells names only where Agora sends them; else a task is ours when it began since our unanswered start. */
function isOurs(agent: ListedAgent, name: string, sinceMs: number): boolean {
  if (agent.name !== undefined) return agent.name === name;
  return agent.start_ts !== undefined && toMs(agent.start_ts) >= sinceMs;
}

async function ended(client: AgoraClient, task: Task): Promise<TaskEnd | null> {
  const { status, message } = await client.query(task.id);
  if (status === 'FAILED') return { cause: 'failed', message: message ?? 'the task failed' };
  if (status !== 'STOPPED') return null;
  return { cause: stopCause(message ?? ''), message: message ?? '' };
}

/** A name is single-use: one whose task has ended can't be used again. */
async function requireAlive(client: AgoraClient, task: Task): Promise<void> {
  try {
    if ((await ended(client, task)) === null) return;
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  const message = `the task of this name, ${task.id}, has ended`;
  throw new ProviderError('rejected', message, { isNameSpent: true });
}

/** The messages of notification 102: a task that stops unasked and unexplained has been idle for too long. */
function stopCause(message: string): TaskEnd['cause'] {
  return message === '' || /idle/i.test(message) ? 'idle' : 'vendor';
}

async function listedEnd(
  client: AgoraClient,
  task: Task,
  channel: string,
): Promise<TaskEnd | null> {
  const has = async (state: number) =>
    (await client.list(channel, state)).some((agent) => agent.agent_id === task.id);
  if (await has(STATE_FAILED))
    return { cause: 'failed', message: 'Agora lists the task as FAILED' };
  if (await has(STATE_STOPPED))
    return { cause: 'vendor', message: 'Agora lists the task as STOPPED' };
  return null;
}

function taskOf(id: string, startedTs: number | undefined): Task {
  const startedAtMs = startedTs === undefined ? Date.now() : toMs(startedTs);
  return { id, startedAt: new Date(startedAtMs).toISOString() };
}

/** Agora's `*_ts` are said to be milliseconds, and are seconds in its samples. */
function toMs(ts: number): number {
  return ts < 100_000_000_000 ? ts * 1_000 : ts;
}

function isNotFound(error: unknown): boolean {
  return error instanceof ProviderError && error.kind === 'not-found';
}
