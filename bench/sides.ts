import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { Pool } from 'undici';
import { z } from 'zod';
import { SEARCH_ATTRIBUTES } from '../src/workflows/messages.ts';
import { change, rawId, stop, type RawRequest } from './raw/messages.ts';
import type { rawSession, rawTimer } from './raw/workflows.ts';
import { QUEUES, type SideName, type Stage } from './stage.ts';

const CONNECTIONS = 64;
/** How the API waits for an outcome (session-client.ts): whoever has no API waits in the same way. */
const LOOK_EVERY_MS = 50;
const PAUSE_OF_WAITED = 0.05;
const LOOKS_OF_PAUSE = 5;
const LONGEST_PAUSE_MS = 1_000;
const ENDED_WITHIN_SECONDS = 60;

/** What can be done with a session, by the product or by hand. */
export type Side = {
  readonly name: SideName;
  /** Returns when it runs. */
  start(channel: string): Promise<void>;
  /** Returns when the change is accepted. */
  change(channel: string, uid: string): Promise<void>;
  read(channel: string): Promise<void>;
  /** Returns when it has ended. */
  stop(channel: string): Promise<void>;
  /** How many requests were answered with when to come again, so far. */
  refusals(): number;
  /** The events of its history so far. */
  events(channel: string): Promise<number>;
  /** The id of its task. */
  task(channel: string): Promise<string>;
};

const Body = z.object({ status: z.string(), task: z.object({ id: z.string() }).nullish() });

/** By HTTP, as a service would that keeps its connections. */
export function durascribe({ apiUrl, client }: Stage): Side {
  const pool = new Pool(apiUrl, { connections: CONNECTIONS });
  const headers = { 'content-type': 'application/json' };
  let refusals = 0;
  const ask = async (
    method: 'GET' | 'POST' | 'PATCH',
    path: string,
    { body, prefer }: { body?: unknown; prefer?: string | undefined } = {},
  ): Promise<z.infer<typeof Body>> => {
    const answer = await pool.request({
      method,
      path,
      headers: prefer === undefined ? headers : { ...headers, prefer },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const json = await answer.body.json();
    if (answer.statusCode < 300) return Body.parse(json);
    const retryAfter = Number(answer.headers['retry-after']);
    if (retryAfter > 0) {
      // A bare client has no such deadline, and waits: so the wait counts here as it does there.
      refusals += 1;
      await delay(retryAfter * 1_000);
      return ask(method, path, { body, prefer });
    }
    throw new Error(`${method} ${path}: ${answer.statusCode} ${JSON.stringify(json)}`);
  };
  return {
    name: 'durascribe',
    refusals: () => refusals,
    start: async (channel) => {
      const { languages, subscribeAudioUids } = configuration;
      const body = { provider: 'agora', channel, languages, subscribeAudioUids };
      const { status } = await ask('POST', '/v1/sessions', { body, prefer: 'wait=60' });
      if (status !== 'running') throw new Error(`${channel} is ${status}`);
    },
    change: async (channel, uid) => {
      await ask('PATCH', pathOf(channel), { body: { subscribeAudioUids: [uid] } });
    },
    read: async (channel) => void (await ask('GET', pathOf(channel))),
    stop: async (channel) => {
      await ask('POST', `${pathOf(channel)}/stop`, { prefer: `wait=${ENDED_WITHIN_SECONDS}` });
    },
    events: async (channel) => historyLength(client, `agora:${channel}`),
    task: async (channel) => (await ask('GET', pathOf(channel))).task?.id ?? '',
  };
}

function pathOf(channel: string): string {
  return `/v1/sessions/agora:${channel}`;
}

const configuration = { languages: ['en-US'], subscribeAudioUids: ['100', '200'] };
const View = z.object({ session: z.object({ status: z.string(), taskId: z.string().nullable() }) });

/** By a client of Temporal's, and a workflow of one's own. */
export function raw({ client }: Stage): Side {
  const handleOf = (channel: string) =>
    client.workflow.getHandle<typeof rawSession>(rawId(channel));
  const look = async (channel: string) => {
    const { memo } = await handleOf(channel).describe();
    return View.parse(memo).session;
  };
  return {
    name: 'raw',
    refusals: () => 0,
    start: async (channel) => {
      await client.workflow.start<typeof rawSession>('rawSession', rawOptions(channel));
      await until(async () => (await look(channel)).status === 'running');
    },
    change: async (channel, uid) => {
      await handleOf(channel).executeUpdate(change, { args: [{ subscribeAudioUids: [uid] }] });
    },
    read: async (channel) => void (await look(channel)),
    stop: async (channel) => {
      await handleOf(channel).signal(stop);
      await until(async () => (await look(channel)).status === 'stopped');
    },
    events: async (channel) => historyLength(client, rawId(channel)),
    task: async (channel) => (await look(channel)).taskId ?? '',
  };
}

/** A bare timer and activity, so many times. */
export async function startTimer({ client }: Stage, channel: string, times: number): Promise<void> {
  const { args, ...options } = rawOptions(channel);
  await client.workflow.start<typeof rawTimer>('rawTimer', { ...options, args: [...args, times] });
}

function rawOptions(channel: string) {
  const request: RawRequest = { channel, configuration };
  const session = { status: 'starting', taskId: null };
  const args: [RawRequest] = [request];
  return {
    workflowId: rawId(channel),
    taskQueue: QUEUES.raw,
    args,
    memo: { request, session },
    typedSearchAttributes: [
      { key: SEARCH_ATTRIBUTES.channel, value: channel },
      { key: SEARCH_ATTRIBUTES.status, value: 'starting' },
    ],
  };
}

async function historyLength(client: Client, workflowId: string): Promise<number> {
  const { historyLength: events } = await client.workflow.getHandle(workflowId).describe();
  return events;
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const beganMs = performance.now();
  let lookMs = 0;
  for (;;) {
    const waitedMs = performance.now() - beganMs;
    const pauseMs = Math.max(waitedMs * PAUSE_OF_WAITED, lookMs * LOOKS_OF_PAUSE, LOOK_EVERY_MS);
    await delay(Math.min(pauseMs, LONGEST_PAUSE_MS));
    const lookedAtMs = performance.now();
    if (await isSo()) return;
    lookMs = performance.now() - lookedAtMs;
  }
}
