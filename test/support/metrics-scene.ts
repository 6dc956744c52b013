import { createHmac } from 'node:crypto';
import { expect } from 'vitest';
import { audio } from './audio.ts';
import { scrape } from './exposition.ts';
import type { Receiver } from './receiver.ts';
import { reconciled, terminate } from './reconciliation.ts';
import {
  AUDIO_BUCKET,
  eventually,
  startSession,
  stopSession,
  untilSession,
  type Stack,
} from './stack.ts';

export const NOTICE_SECRET = 'a-notice-secret-of-the-tests';
/** Begins the name of every channel here, which no metric may tell. */
export const ROOM = 'room-of-nobody';

/** Has everything happen that is measured, and leaves one session open. */
export async function playMetricsScene(stack: Stack, receiver: Receiver): Promise<void> {
  await Promise.all([
    burst(stack, receiver),
    refusedUpdate(stack),
    throttledUpdate(stack),
    notices(stack),
    recording(stack),
  ]);
  await videosdkRoom(stack);
  await reconciliations(stack);
  await stack.api('GET', `/v1/sessions/agora:${ROOM}-unknown?key=hidden`);
  await stack.api('GET', `/nothing/${ROOM}`);
  await startSession(stack, `${ROOM}-open`);
  // Visibility lags behind, and is asked every 20 s.
  await eventually(async () => {
    const open = (await scrape(stack.url)).sum('durascribe_sessions', { status: 'running' });
    expect(open).toBe(1);
  }, 60_000);
}

/** Twenty changes, told of by callbacks whose first try fails. */
async function burst(stack: Stack, receiver: Receiver): Promise<void> {
  receiver.answer(500);
  await receiver.up();
  const path = await startSession(stack, `${ROOM}-burst`, { callbackUrl: receiver.url });
  await eventually(() => expect(receiver.received.length).toBeGreaterThan(0));
  receiver.answer(204);
  for (let uid = 1; uid <= 20; uid += 1) {
    const { status } = await stack.api('PATCH', path, { subscribeAudioUids: [String(uid)] });
    expect(status).toBe(202);
  }
  await untilSession(stack, path, { revision: 20, appliedRevision: 20 });
  await eventually(() => expect(receiver.taken()).toContain('session.running'), 60_000);
  await stopSession(stack, path);
  await eventually(() => expect(receiver.taken()).toContain('session.ended'));
}

async function refusedUpdate(stack: Stack): Promise<void> {
  const channel = `${ROOM}-refused`;
  const path = await startSession(stack, channel);
  const fault = { kind: 'status', status: 400, message: 'no' } as const;
  stack.simulator.inject({ operation: 'update', channel, fault });
  const { status } = await stack.api(
    'PATCH',
    path,
    { languages: ['fr-FR'] },
    { prefer: 'wait=20' },
  );
  expect(status).toBe(422);
  await stopSession(stack, path);
}

async function throttledUpdate(stack: Stack): Promise<void> {
  const channel = `${ROOM}-throttled`;
  const path = await startSession(stack, channel);
  const fault = { kind: 'status', status: 429, retryAfterSeconds: 1 } as const;
  stack.simulator.inject({ operation: 'update', channel, fault });
  await stack.api('PATCH', path, { languages: ['fr-FR'] });
  await untilSession(stack, path, { appliedRevision: 1 });
  await stopSession(stack, path);
}

/** One notification of Agora's, which comes twice, and one that is nobody's. */
async function notices(stack: Stack): Promise<void> {
  const payload = { agent_id: 'unknown', channel: `${ROOM}-noticed` };
  const notice = { noticeId: 'once', eventType: 102, notifyMs: Date.now() - 3_000, payload };
  const body = JSON.stringify(notice);
  const signature = createHmac('sha256', NOTICE_SECRET).update(body).digest('hex');
  const headers = { 'agora-signature-v2': signature };
  for (const expected of [200, 200]) {
    const { status } = await stack.api('POST', '/webhooks/agora', body, headers);
    expect(status).toBe(expected);
  }
  const forged = { 'agora-signature-v2': '00' };
  expect((await stack.api('POST', '/webhooks/agora', body, forged)).status).toBe(401);
}

async function recording(stack: Stack): Promise<void> {
  await stack.s3.put(AUDIO_BUCKET, 'given/measured.mp3', audio(2), 'audio/mpeg');
  const media = `s3://${AUDIO_BUCKET}/given/measured.mp3`;
  const body = { provider: 'amazon-transcribe', languageCode: 'en-GB', media, id: `${ROOM}-rec` };
  await stack.api('POST', '/v1/sessions', body);
  await untilSession(stack, `/v1/sessions/${ROOM}-rec`, { status: 'completed' });
  expect((await stack.api('GET', `/v1/sessions/${ROOM}-rec/transcript`)).status).toBe(200);
}

async function videosdkRoom(stack: Stack): Promise<void> {
  const room = { provider: 'videosdk', roomId: 'abcd-efgh-ijkl', language: 'en-US' };
  const { body } = await stack.api('POST', '/v1/sessions', room, { prefer: 'wait=20' });
  await stopSession(stack, `/v1/sessions/${String(body['id'])}`);
  const transcript = `/v1/sessions/${String(body['id'])}/transcript`;
  await eventually(async () => expect((await stack.api('GET', transcript)).status).toBe(200));
}

/** One task that was left, and one more that can't be stopped. */
async function reconciliations(stack: Stack): Promise<void> {
  for (const channel of [`${ROOM}-left`, `${ROOM}-kept`]) {
    await startSession(stack, channel);
    await terminate(stack, `agora:${channel}`);
  }
  const fault = { kind: 'status', status: 403, message: 'no' } as const;
  stack.simulator.inject({ operation: 'leave', channel: `${ROOM}-kept`, fault });
  const { counts } = await reconciled(stack);
  expect(counts).toMatchObject({ released: 1, failures: 1 });
}
