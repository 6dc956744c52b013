import type { Task, TaskEnd, TaskStart } from '../../domain/task.ts';
import { timestampOf } from '../answers.ts';
import { ProviderError } from '../errors.ts';
import type { LiveProvider, OtherSessions, RunningTask } from '../port.ts';
import { CaptionStore } from './caption-store.ts';
import { AgoraClient, LIVE_STATES, STATE_FAILED, STATE_STOPPED } from './client.ts';
import type { ListedAgent } from './client.ts';
import { lifetime, toMs, tokenSeconds } from './lifetime.ts';
import { botUid, isTaskName, taskName } from './naming.ts';
import { MASKS, startBody, updateBody } from './options.ts';
import { mintRtcToken } from './rtc-token.ts';
import type { AgoraSettings } from './settings.ts';

/** How far Agora's clock may be from ours when we ask what began while a start was tried. */
const CLOCK_SKEW_MS = 10_000;

/** Agora stops every task after 72 h, whatever its idle time (v7 release notes, 7.2.3). */
const TASK_SECONDS = 72 * 60 * 60;

/** Agora Real-Time STT, API v7. Needs Real-Time STT enabled for the project. */
export function agora(settings: AgoraSettings): LiveProvider {
  const client = new AgoraClient(settings);
  const captions = new CaptionStore(settings.captionStorage);
  const lifespanOf = (start: TaskStart) => lifetime(start, settings, TASK_SECONDS);
  return {
    name: 'agora',
    // A second join under the same name is told of the first.
    isStartRepeatable: true,
    // Agora publishes no limit for STT; its sibling Cloud Recording takes 10 requests a second per App ID.
    maxCallsPerSecond: 10,

    // The name is what makes a join repeatable.
    prepare: async () => null,

    async start(start) {
      const lifespan = lifespanOf(start);
      const { agent, conflict } = await client.join(joinBody(settings, start));
      if (agent === null)
        throw new ProviderError(
          'unavailable',
          'the name is taken by a task that Agora does not name',
        );
      const task = taskOf(lifespan, agent.agent_id, agent.create_ts);
      if (conflict) await requireAlive(client, task);
      return task;
    },

    async find(start, others) {
      const listed: ListedAgent[] = [];
      for (const state of LIVE_STATES) listed.push(...(await client.list(start.channel, state)));
      const ours = theOneOf(start, listed, others);
      if (ours === null || ours === 'in-doubt') return ours;
      return taskOf(lifespanOf(start), ours.agent_id, ours.start_ts);
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

    async running() {
      const sinceSeconds = Math.floor(Date.now() / 1_000) - TASK_SECONDS;
      const listed: ListedAgent[] = [];
      for (const state of LIVE_STATES) listed.push(...(await client.listAll(state, sinceSeconds)));
      return listed.map(runningTask);
    },

    collect: (collection) => captions.collect(collection),
    remains: (taskIds) => captions.remains(taskIds),
    forget: (taskIds) => captions.forget(taskIds),
  };
}

function joinBody(settings: AgoraSettings, start: TaskStart): unknown {
  const { rtcConfig, ...body } = startBody(start, settings);
  const pubBotUid = botUid(start);
  const seconds = tokenSeconds(start, settings);
  const pubBotToken = mintRtcToken(settings, start.channel, pubBotUid, seconds);
  return { ...body, name: taskName(start), rtcConfig: { ...rtcConfig, pubBotUid, pubBotToken } };
}

/**
 * The list tells names only where Agora sends them. Else a task counts as ours when it alone began while our
 * unanswered start was tried, and no other session could have started it.
 */
function theOneOf(
  start: TaskStart,
  listed: readonly ListedAgent[],
  others: OtherSessions,
): ListedAgent | 'in-doubt' | null {
  const name = taskName(start);
  const named = listed.find((agent) => agent.name === name);
  if (named) return named;
  const sinceMs = Date.parse(start.unansweredSince ?? '') - CLOCK_SKEW_MS;
  const untilMs = Date.parse(start.triedUntil ?? start.unansweredSince ?? '') + CLOCK_SKEW_MS;
  const unnamed = listed.filter(({ agent_id: id, start_ts: startTs, name: itsName }) => {
    const beganMs = toMs(startTs) ?? 0;
    const isInTime = beganMs >= sinceMs && beganMs <= untilMs;
    return itsName === undefined && !others.tasks.includes(id) && isInTime;
  });
  if (unnamed.length > 1 || (unnamed.length === 1 && others.exist)) return 'in-doubt';
  return unnamed[0] ?? null;
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
  if (/lifetime/i.test(message)) return 'expired';
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
    return { cause: stopCause(''), message: 'Agora lists the task as STOPPED' };
  return null;
}

function isNotFound(error: unknown): boolean {
  return error instanceof ProviderError && error.kind === 'not-found';
}

/** The list tells neither the channel nor the end of the token. */
function runningTask({ agent_id: id, start_ts: startTs, name = '' }: ListedAgent): RunningTask {
  const task = taskOf({ endsAt: null, rotateAt: null }, id, startTs);
  return { task, channel: null, isNamedByUs: isTaskName(name) };
}

function taskOf(
  lifespan: ReturnType<typeof lifetime>,
  id: string,
  startedTs: number | undefined,
): Task {
  return { id, startedAt: timestampOf(toMs(startedTs)), ...lifespan, key: null };
}
