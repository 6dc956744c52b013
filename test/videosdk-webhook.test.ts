import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually, startStack, stopSession, untilSession, type Stack } from './support/stack.ts';

let stack: Stack;
beforeAll(async () => {
  // So slow a watch sees nothing within a test: what is seen, a webhook has told.
  stack = await startStack({ environment: { DURASCRIBE_WATCH_SECONDS: '600' } });
});
afterAll(() => stack.stop());

const pathOf = (room: string) => `/v1/sessions/videosdk:${room}`;

async function start(roomId: string): Promise<string> {
  const body = { provider: 'videosdk', roomId };
  const answer = await stack.api('POST', '/v1/sessions', body, { prefer: 'wait=20' });
  expect(answer.body).toMatchObject({ status: 'running' });
  return stack.videosdk.ledger(roomId).tasks.at(-1)?.id ?? '';
}

async function post(body: unknown, signature: string): Promise<number> {
  const headers = { 'videosdk-signature': signature };
  return (await stack.api('POST', '/webhooks/videosdk', body, headers)).status;
}

function answers(room: string): (number | null)[] {
  return stack.videosdk.ledger(room).webhooks.map(({ status }) => status);
}

describe('a webhook of VideoSDK', () => {
  test('ends a session at once whose transcription somebody has stopped', async () => {
    const room = 'vw-stopped';
    stack.videosdk.endTask(await start(room), 'stopped');
    await untilSession(stack, pathOf(room), { status: 'stopped', endReason: 'vendor' });
    await eventually(() => expect(new Set(answers(room))).toEqual(new Set([200])));
  });

  test('is a hint only: the truth is what the vendor says when it is asked', async () => {
    const room = 'vw-hint';
    const id = await start(room);
    const before = fetches(room);
    stack.videosdk.notify(id, 'transcription-stopped');
    await eventually(() => expect(fetches(room)).toBeGreaterThan(before));
    expect((await stack.api('GET', pathOf(room))).body).toMatchObject({ status: 'running' });
    await stopSession(stack, pathOf(room));
  });

  test('that comes twice or in disorder does no harm', async () => {
    const room = 'vw-disorder';
    stack.videosdk.setWebhookFaults({ duplicated: true, reordered: true });
    const id = await start(room);
    stack.videosdk.notify(id, 'transcription-started');
    stack.videosdk.endTask(id, 'stopped');
    await untilSession(stack, pathOf(room), { status: 'stopped', endReason: 'vendor' });
    stack.videosdk.setWebhookFaults({});
    await eventually(() => expect(new Set(answers(room))).toEqual(new Set([200])));
  });

  test('of a session that nobody knows is taken and does nothing', async () => {
    const room = 'vw-unknown';
    const url = stack.videosdk.startForeign(room, `${stack.url}/webhooks/videosdk`);
    stack.videosdk.endTask(url, 'stopped');
    await eventually(() => expect(answers(room)).toEqual([200, 200]));
  });

  test('is refused where its signature is missing, wrong or of another body', async () => {
    const body = {
      webhookType: 'transcription-stopped',
      data: { id: 'x', meetingId: 'vw-forged' },
    };
    for (const signature of ['', 'bm90IGEgc2lnbmF0dXJl']) {
      expect(await post(body, signature)).toBe(401);
    }
  });

  test('is taken after the vendor has changed its key', async () => {
    const room = 'vw-rotated';
    const id = await start(room);
    stack.videosdk.rotateKeys();
    stack.videosdk.endTask(id, 'stopped');
    await untilSession(stack, pathOf(room), { status: 'stopped' });
  });
});

function fetches(room: string): number {
  return stack.videosdk.ledger(room).calls.filter(({ operation }) => operation === 'fetch').length;
}
