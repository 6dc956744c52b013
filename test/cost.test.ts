import { readFileSync } from 'node:fs';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SIMULATED_S3 } from '../simulators/credentials.ts';
import { audio } from './support/audio.ts';
import { costOf, type RecordedEvent } from './support/cost.ts';
import { deliveryWorkflow, listedReceivers } from './support/receiver.ts';
import {
  AUDIO_BUCKET,
  CAPTIONS_BUCKET,
  eventually,
  startSession,
  startStack,
  stopSession,
  untilSession,
  type Stack,
} from './support/stack.ts';

const PAGE = new URL('../docs/performance.md', import.meta.url);
/** What a session may cost, of what is the least possible. */
const MOST_RATIO = 1.2;
const DOLLARS_PER_ACTION = 50 / 1_000_000;

const receivers = await listedReceivers(1);
let stack: Stack;
beforeAll(async () => {
  stack = await startStack({
    environment: {
      ...receivers.environment,
      // One look only: how many there are depends on how long it takes.
      DURASCRIBE_WATCH_SECONDS: '3600',
      AGORA_LEGACY: 'true',
      AGORA_CAPTION_STORAGE_REGION: '0',
      AGORA_CAPTION_STORAGE_BUCKET: CAPTIONS_BUCKET,
      AGORA_CAPTION_STORAGE_ACCESS_KEY: SIMULATED_S3.accessKeyId,
      AGORA_CAPTION_STORAGE_SECRET_KEY: SIMULATED_S3.secretAccessKey,
      DURASCRIBE_WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 1).toString('base64')}`,
    },
  });
});
afterAll(() => Promise.all([stack.stop(), receivers.close()]));

const TRANSCRIBED = { transcript: { words: expect.any(Number) } };

/** What happens on each path; returns the ids of its workflows. */
const PATHS: Readonly<Record<string, () => Promise<readonly string[]>>> = {
  agora: () => changedOnce('agora'),
  'agora-legacy': () => changedOnce('agora-legacy'),
  'agora, callbacks': async () => {
    const { url: callbackUrl, received, up } = receivers.one();
    await up();
    const id = 'agora:cost-callbacks';
    await stopSession(stack, await startSession(stack, 'cost-callbacks', { callbackUrl }));
    await eventually(() => expect(received).toHaveLength(2));
    return [id, ...received.map((event) => deliveryWorkflow(id, event.id))];
  },
  'agora, captions': async () => {
    const path = await startSession(stack, 'cost-captions', { captions: {} });
    await stopSession(stack, path);
    await untilSession(stack, path, TRANSCRIBED);
    return ['agora:cost-captions'];
  },
  videosdk: async () => {
    const roomId = 'cost';
    // Each that comes is a signal, which may come in time to be a look as well.
    stack.videosdk.inject({ operation: 'webhook', roomId, fault: { kind: 'lost' }, times: 9 });
    const body = { provider: 'videosdk', roomId };
    await stack.api('POST', '/v1/sessions', body, { prefer: 'wait=20' });
    const path = `/v1/sessions/videosdk:${roomId}`;
    await stopSession(stack, path);
    await untilSession(stack, path, TRANSCRIBED);
    return [`videosdk:${roomId}`];
  },
  'amazon-transcribe': async () => {
    const [key, id] = ['given/cost.mp3', 'cost-media'];
    await stack.s3.put(AUDIO_BUCKET, key, audio(1), 'audio/mpeg');
    const media = `s3://${AUDIO_BUCKET}/${key}`;
    const body = { id, provider: 'amazon-transcribe', languageCode: 'en-GB', media };
    await stack.api('POST', '/v1/sessions', body);
    await untilSession(stack, `/v1/sessions/${id}`, TRANSCRIBED);
    return [id];
  },
  'a Vonage call': async () => {
    const from = '447700910009';
    // As in a call that lasts: what came before is done with.
    const end = { operation: 'event', eventStatus: 'completed', from, times: 2 } as const;
    stack.vonage.inject({ ...end, fault: { kind: 'delayed', ms: 1_500 } });
    stack.vonage.inject({ operation: 'recording', from, fault: { kind: 'delayed', ms: 3_000 } });
    const call = stack.vonage.placeCall({ from });
    await call.done;
    const id = `vonage:${call.recordingUuid}`;
    await untilSession(stack, `/v1/sessions/${id}`, TRANSCRIBED);
    return [id, `vonage-call:${call.conversationUuid}`];
  },
};

async function changedOnce(provider: string): Promise<readonly string[]> {
  const channel = 'cost';
  const path = await startSession(stack, channel, { provider });
  await stack.api('PATCH', path, { languages: ['fr-FR'] }, { prefer: 'wait=20' });
  await stopSession(stack, path);
  return [`${provider}:${channel}`];
}

async function eventsOf(workflowId: string): Promise<readonly RecordedEvent[]> {
  const handle = stack.client.workflow.getHandle(workflowId);
  await handle.result();
  const history: { events: RecordedEvent[] } = JSON.parse(
    historyToJSON(await handle.fetchHistory()),
  );
  return history.events;
}

/** The rows of the page's table by their path, each as the numbers in it. */
function tabled(): Record<string, readonly number[]> {
  const [, section = ''] = readFileSync(PAGE, 'utf8').split('## What a session costs');
  const rows = section.matchAll(/^\| (\S.*?) +\|[^|]+\|([\d |$.]+)\|$/gm);
  return Object.fromEntries(
    [...rows].map(([, path = '', numbers = '']) => [
      path,
      numbers.split('|').map((cell) => Number(cell.replace('$', ''))),
    ]),
  );
}

describe.concurrent('in Temporal', () => {
  test('every path that is told is tried', () => {
    expect(Object.keys(tabled())).toEqual(Object.keys(PATHS));
  });

  test.for(Object.entries(PATHS))('%s costs what is told', async ([path, play]) => {
    const [
      events,
      workflowTasks = NaN,
      actions = NaN,
      leastEvents = NaN,
      leastActions = NaN,
      price,
    ] = tabled()[path] ?? [];
    const histories = await Promise.all((await play()).map(eventsOf));
    const cost = costOf(histories.flat());
    expect(cost).toMatchObject({ events, actions });
    expect(cost.workflowTasks).toBeLessThanOrEqual(workflowTasks);
    expect(price).toBeCloseTo(actions * DOLLARS_PER_ACTION * 1_000, 5);
    expect(actions / leastActions).toBeLessThanOrEqual(MOST_RATIO);
    const ratio = (Number(events) + workflowTasks) / (leastEvents + workflowTasks);
    expect(ratio).toBeLessThanOrEqual(MOST_RATIO);
  });
});
