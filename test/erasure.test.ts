import { Client } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { SIMULATED_S3 } from '../simulators/credentials.ts';
import { createErasureActivities } from '../src/activities/erasure.ts';
import { keepHistory } from './support/histories.ts';
import {
  CAPTIONS_BUCKET,
  eventually,
  startSession,
  startStack,
  stopSession,
  TRANSCRIPTS_BUCKET,
  untilSession,
  type Stack,
  dataConverterOf,
} from './support/stack.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({
    environment: {
      DURASCRIBE_TRANSCRIPT_WAIT_SECONDS: '8',
      AGORA_LEGACY: 'true',
      AGORA_CAPTION_STORAGE_REGION: '0',
      AGORA_CAPTION_STORAGE_BUCKET: CAPTIONS_BUCKET,
      AGORA_CAPTION_STORAGE_ACCESS_KEY: SIMULATED_S3.accessKeyId,
      AGORA_CAPTION_STORAGE_SECRET_KEY: SIMULATED_S3.secretAccessKey,
    },
  });
});
afterAll(() => stack.stop());

const READY = { transcript: { words: expect.any(Number) } };

async function startVideosdk(roomId: string, more: Record<string, unknown> = {}): Promise<string> {
  const body = { provider: 'videosdk', roomId, ...more };
  const answer = await stack.api('POST', '/v1/sessions', body, { prefer: 'wait=20' });
  expect(answer.body).toMatchObject({ status: 'running' });
  return `/v1/sessions/${String(answer.body['id'])}`;
}

async function startAgora(channel: string, more: Record<string, unknown> = {}): Promise<string> {
  return startSession(stack, channel, { captions: { sliceSeconds: 5 }, ...more });
}

describe('erasing a session', () => {
  test('takes its transcripts, its captions and its history', async () => {
    const channel = 'er-whole';
    const path = await startAgora(channel);
    const running = await stack.api('DELETE', path);
    expect(running).toMatchObject({ status: 409 });
    await stopSession(stack, path);
    await untilSession(stack, path, READY);
    const mine = (bucket: string) => stack.s3.keys(bucket).filter((key) => key.includes(channel));
    expect(mine(TRANSCRIPTS_BUCKET)).toHaveLength(1);
    expect(mine(CAPTIONS_BUCKET).length).toBeGreaterThan(1);
    expect(await stack.api('DELETE', path)).toMatchObject({ status: 204 });
    await keepHistory(stack, `erase:agora:${channel}`, 'erasure');
    expect([...mine(TRANSCRIPTS_BUCKET), ...mine(CAPTIONS_BUCKET)]).toEqual([]);
    expect([404, 410]).toContain((await stack.api('GET', path)).status);
    expect([404, 410]).toContain((await stack.api('DELETE', path)).status);
  });

  test('finds also what the list of Temporal does not have yet', async () => {
    const path = await startAgora('er-unlisted');
    const { runId } = await stopSession(stack, path);
    const { client } = stack;
    const deliveries = [1, 2].map(
      (number) => `callback:agora:er-unlisted:${String(runId)}:${number}`,
    );
    for (const workflowId of deliveries) {
      // Nobody delivers there, so they wait.
      await client.workflow.start('deliverCallback', { workflowId, taskQueue: 'nobody' });
    }
    const late = new Client({
      connection: client.connection,
      dataConverter: dataConverterOf(stack.environment),
    });
    const nothing = client.workflow.list({ query: "WorkflowId = 'nothing'" });
    vi.spyOn(late.workflow, 'list').mockReturnValue(nothing);
    const activities = createErasureActivities({ client: late, transcripts: null, audio: null });
    await activities.eraseHistory('agora:er-unlisted', new Date().toISOString());
    for (const workflowId of ['agora:er-unlisted', ...deliveries]) {
      await eventually(async () =>
        expect(client.workflow.getHandle(workflowId).describe()).rejects.toThrow('not found'),
      );
    }
  });

  test('takes the captions of all its runs', async () => {
    const channel = 'er-twice';
    for (let run = 1; run <= 2; run += 1) {
      const path = await startAgora(channel);
      await stopSession(stack, path);
      await untilSession(stack, path, READY);
    }
    expect((await stack.api('DELETE', `/v1/sessions/agora:${channel}`)).status).toBe(204);
    const left = stack.s3.keys(CAPTIONS_BUCKET).filter((key) => key.includes(channel));
    expect(left).toEqual([]);
  });

  test('leaves one alone that was begun anew meanwhile, and one whose id begins alike', async () => {
    const room = 'er-alike';
    const fault = { kind: 'status', status: 404 } as const;
    stack.videosdk.inject({ operation: 'file', roomId: `${room}.x`, fault, times: 3 });
    const path = await startVideosdk(room);
    await stopSession(stack, path);
    await untilSession(stack, path, READY);
    const alike = await startVideosdk(`${room}.x`);
    const first = await stopSession(stack, alike);
    const anew = await startVideosdk(`${room}.x`);
    const [erased] = await Promise.all([stack.api('DELETE', path), startVideosdk(room)]);
    expect([204, 409]).toContain(erased.status);
    expect((await stack.api('GET', path)).body).toMatchObject({ status: 'running' });
    await eventually(async () => {
      const earlier = `${alike}/transcript?runId=${String(first['runId'])}`;
      expect((await stack.api('GET', earlier)).status).toBe(200);
    });
    await stopSession(stack, path);
    await stopSession(stack, anew);
  });

  test('does not disturb another session', async () => {
    const path = await startVideosdk('er-one');
    await stopSession(stack, path);
    const other = await startVideosdk('er-one-more');
    await stopSession(stack, other);
    await untilSession(stack, other, READY);
    expect((await stack.api('DELETE', path)).status).toBe(204);
    expect((await stack.api('GET', `${other}/transcript`)).status).toBe(200);
  });
});
