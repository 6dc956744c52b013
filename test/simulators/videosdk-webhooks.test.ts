import { generateKeyPairSync, verify } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { VideosdkSimulatorOptions } from '../../simulators/videosdk/simulator.ts';
import { receiver } from './receiver.ts';
import type { Received } from './receiver.ts';
import { videosdkCaller } from './videosdk-caller.ts';
import type { VideosdkCaller } from './videosdk-caller.ts';

const SOON = { interval: 5, timeout: 5_000 };

describe('webhooks', () => {
  test('tell of start and stop, in order and signed over their bytes', async () => {
    const { caller, received, url } = await notifiedCaller();
    const id = await caller.start({ webhookUrl: url });
    await caller.api('POST', '/end', { roomId: 'room' });
    await expect.poll(() => received, SOON).toHaveLength(2);
    const { sessionId } = caller.simulator.ledger().tasks[0] ?? {};
    const data = { id, type: 'realtime', meetingId: 'room', sessionId };
    expect(received.map(({ body }) => body)).toEqual([
      { webhookType: 'transcription-started', data },
      { webhookType: 'transcription-stopped', data },
    ]);
    const publicKey = await publicKeyOf(caller);
    expect(received.map((webhook) => isSigned(webhook, publicKey))).toEqual([true, true]);
    await expect.poll(() => statusesOf(caller), SOON).toEqual([200, 200]);
    expect(caller.simulator.ledger('room').webhooks).toMatchObject([
      { webhookType: 'transcription-started', id, roomId: 'room', sessionId, url },
      { webhookType: 'transcription-stopped', id },
    ]);
  });

  test('come before the files', async () => {
    const { caller, received, url } = await notifiedCaller();
    const id = await caller.start({ webhookUrl: url });
    await caller.api('POST', '/end', { roomId: 'room' });
    await expect.poll(() => typesOf(received), SOON).toContain('transcription-stopped');
    expect((await caller.request('GET', `/files/${id}.txt`)).status).toBe(404);
  });

  test('tell of a failure, and never twice of an end', async () => {
    const { caller, received, url } = await notifiedCaller();
    const id = await caller.start({ webhookUrl: url });
    expect((await caller.request('POST', `/tasks/${id}/end`, { cause: 'failed' })).status).toBe(
      204,
    );
    caller.simulator.endTask(id, 'stopped');
    caller.simulator.endTask(id, 'vanished');
    caller.simulator.closeSession('room');
    await expect
      .poll(() => typesOf(received), SOON)
      .toEqual(['transcription-started', 'transcription-failed', 'session-ended']);
  });

  test('tell of the end of a session, once for each URL of its transcriptions', async () => {
    const { caller, received, url } = await notifiedCaller();
    const sessionId = caller.simulator.openSession('room');
    await caller.start({ webhookUrl: url });
    await caller.api('POST', '/end', { roomId: 'room' });
    await caller.start({ webhookUrl: url });
    caller.advance(5_000);
    expect((await caller.request('POST', '/rooms/room/close')).status).toBe(204);
    await expect
      .poll(() => typesOf(received).slice(-2), SOON)
      .toEqual(['transcription-stopped', 'session-ended']);
    const { data } = received.at(-1)?.body ?? {};
    expect(data).toEqual({
      sessionId,
      meetingId: 'room',
      start: expect.any(String),
      end: expect.any(String),
    });
    expect(typesOf(received)).toHaveLength(5);
    const causes = caller.simulator.ledger().tasks.map(({ endCause }) => endCause);
    expect(causes).toEqual(['ended', 'session-ended']);
    expect((await caller.request('POST', '/rooms/room/close')).status).toBe(409);
  });

  test('are tried once, whatever the answer', async () => {
    const { caller, received, url } = await notifiedCaller({}, 500);
    const id = await caller.start({ webhookUrl: url });
    caller.simulator.notify(id, 'transcription-stopped');
    await expect.poll(() => statusesOf(caller), SOON).toEqual([500, 500]);
    expect(typesOf(received)).toEqual(['transcription-started', 'transcription-stopped']);
    await caller.start({ roomId: 'away', webhookUrl: 'http://127.0.0.1:9/hook' });
    expect(caller.simulator.ledger('away').webhooks).toMatchObject([{ status: null }]);
  });

  test('are not sent where no URL was given', async () => {
    const caller = await videosdkCaller();
    const id = await caller.start();
    caller.simulator.closeSession('room');
    expect(caller.simulator.ledger().webhooks).toEqual([]);
    const body = { id, webhookType: 'transcription-stopped' };
    expect((await caller.request('POST', '/webhooks', body)).status).toBe(409);
  });
});

describe('the key', () => {
  test('can be given, and be replaced by a new one', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    const { caller, received, url } = await notifiedCaller({ webhookPrivateKey: privateKey });
    expect(await publicKeyOf(caller)).toBe(publicKey);
    const id = await caller.start({ webhookUrl: url });
    await expect.poll(() => received, SOON).toHaveLength(1);
    expect((await caller.request('POST', '/keys')).status).toBe(204);
    const rotated = await publicKeyOf(caller);
    expect(rotated).toBe(caller.simulator.publicKey());
    const body = { id, webhookType: 'transcription-failed' };
    expect((await caller.request('POST', '/webhooks', body)).status).toBe(204);
    await expect.poll(() => received, SOON).toHaveLength(2);
    expect(received.map((webhook) => isSigned(webhook, publicKey))).toEqual([true, false]);
    expect(received.map((webhook) => isSigned(webhook, rotated))).toEqual([false, true]);
  });
});

describe('delivery', () => {
  test('can lose every webhook, from now on or until told otherwise', async () => {
    const { caller, received, url } = await notifiedCaller({ webhookFaults: { lost: true } });
    await caller.start({ webhookUrl: url });
    expect((await caller.request('DELETE', '/webhook-faults')).status).toBe(204);
    await caller.api('POST', '/end', { roomId: 'room' });
    await expect.poll(() => statusesOf(caller), SOON).toEqual([null, 200]);
    expect(typesOf(received)).toEqual(['transcription-stopped']);
    expect(caller.simulator.ledger().webhooks).toMatchObject([{ fault: 'lost' }, {}]);
  });

  test('can send every webhook twice', async () => {
    const { caller, received, url } = await notifiedCaller();
    const put = await caller.request('PUT', '/webhook-faults', { duplicated: true });
    expect(put.status).toBe(204);
    await caller.start({ webhookUrl: url });
    await expect.poll(() => statusesOf(caller), SOON).toEqual([200, 200]);
    expect(received[0]?.raw).toBe(received[1]?.raw);
  });

  test('can let each second webhook of a room overtake the first', async () => {
    const webhookFaults = { reordered: true, reorderWithinMs: 60_000 };
    const { caller, received, url } = await notifiedCaller({ webhookFaults });
    await caller.start({ webhookUrl: url });
    await caller.start({ roomId: 'other', webhookUrl: url });
    await caller.api('POST', '/end', { roomId: 'room' });
    await expect
      .poll(() => typesOf(received), SOON)
      .toEqual(['transcription-stopped', 'transcription-started']);
    expect(caller.simulator.ledger('other').webhooks).toEqual([]);
  });

  test('holds a webhook back no longer than told when none overtakes it', async () => {
    const webhookFaults = { reordered: true, reorderWithinMs: 10 };
    const { caller, received, url } = await notifiedCaller({ webhookFaults });
    await caller.start({ webhookUrl: url });
    await expect.poll(() => typesOf(received), SOON).toEqual(['transcription-started']);
    expect(caller.simulator.ledger().webhooks).toMatchObject([{ fault: 'reordered' }]);
  });

  test('can lose, double and delay single ones', async () => {
    const { caller, received, url } = await notifiedCaller();
    const faults = [
      { webhookType: 'transcription-started', fault: { kind: 'lost' } },
      { webhookType: 'transcription-stopped', fault: { kind: 'delayed', ms: 100 } },
      { webhookType: 'transcription-failed', fault: { kind: 'duplicated' } },
    ];
    for (const fault of faults) {
      const body = { operation: 'webhook', roomId: 'room', ...fault };
      expect((await caller.request('POST', '/faults', body)).status).toBe(204);
    }
    const id = await caller.start({ webhookUrl: url });
    caller.simulator.notify(id, 'transcription-stopped');
    caller.simulator.notify(id, 'transcription-failed');
    await expect
      .poll(() => typesOf(received), SOON)
      .toEqual(['transcription-failed', 'transcription-failed', 'transcription-stopped']);
  });

  test('has faults of its own, which no call has', async () => {
    const caller = await videosdkCaller();
    const lostStart = { operation: 'start', fault: { kind: 'lost' } };
    const slowWebhook = { operation: 'webhook', fault: { kind: 'latency', ms: 1 } };
    for (const body of [lostStart, slowWebhook, '{']) {
      expect((await caller.request('POST', '/faults', body)).status).toBe(400);
    }
  });
});

async function notifiedCaller(
  options: Partial<VideosdkSimulatorOptions> = {},
  status = 200,
): Promise<{ caller: VideosdkCaller; url: string; received: Received[] }> {
  return { caller: await videosdkCaller(options), ...(await receiver(status)) };
}

function typesOf(received: readonly Received[]): unknown[] {
  return received.map(({ body }) => body['webhookType']);
}

function statusesOf({ simulator }: VideosdkCaller): unknown[] {
  return simulator.ledger().webhooks.map(({ status }) => status);
}

async function publicKeyOf(caller: VideosdkCaller): Promise<string> {
  const { body } = await caller.request('GET', '/v2/public/rsa-public-key');
  return String(body['publicKey']);
}

function isSigned({ raw, headers }: Received, publicKey: string): boolean {
  const signature = Buffer.from(String(headers['videosdk-signature']), 'base64');
  return verify('RSA-SHA256', Buffer.from(raw), publicKey, signature);
}
