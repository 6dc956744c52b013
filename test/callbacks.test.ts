import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { synthesised } from '../simulators/vonage/recordings/audio.ts';
import { historyText, keepHistory } from './support/histories.ts';
import {
  deliveriesOf,
  deliveryWorkflow,
  listedReceivers,
  type Received,
} from './support/receiver.ts';
import {
  AUDIO_BUCKET,
  eventually,
  startSession,
  startStack,
  stopSession,
  untilSession,
  type Answer,
  type Stack,
} from './support/stack.ts';

const SECRET = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
const OLD_SECRET = `whsec_${Buffer.alloc(32, 2).toString('base64')}`;
const AUDIO = {
  format: 'mp3',
  channels: 2,
  durationSeconds: 5,
  sizeBytes: undefined,
  wavHeader: 'plain',
} as const;

const receivers = await listedReceivers(7);
let stack: Stack;
beforeAll(async () => {
  stack = await startStack({
    environment: { ...receivers.environment, DURASCRIBE_WEBHOOK_SECRET: `${SECRET},${OLD_SECRET}` },
  });
});
afterAll(() => Promise.all([stack.stop(), receivers.close()]));

/** What a receiver does that has the `secret`: it throws where the signature is not right. */
function verified({ body, headers }: Received, secret = SECRET): unknown {
  return new Webhook(secret).verify(body, headers);
}

/** A start of the room `channel` that is to call back. */
function startRoom(channel: string, more: Record<string, unknown>): Promise<Answer> {
  const body = { provider: 'agora', channel, languages: ['en-US'], ...more };
  return stack.api('POST', '/v1/sessions', body);
}

describe.concurrent('the callbacks of a session', () => {
  test('tell a live session from its start to its end, signed', async () => {
    const { url, received, taken, up } = receivers.one();
    await up();
    const path = await startSession(stack, 'told', { callbackUrl: `${url}?token=hidden` });
    await stack.api('PATCH', path, { languages: ['fr-FR'] }, { prefer: 'wait=20' });
    await eventually(() => expect(taken()).toEqual(['session.running', 'session.updated']));
    await stopSession(stack, path);
    await eventually(() => expect(taken()).toContain('session.ended'));

    const { links: _, ...session } = (await stack.api('GET', path)).body;
    const ended = received.find(({ type }) => type === 'session.ended');
    expect(ended && verified(ended)).toEqual({
      type: 'session.ended',
      timestamp: session['endedAt'],
      data: session,
    });
    expect(received.map(({ data }) => [data['status'], data['appliedRevision']])).toEqual([
      ['running', 0],
      ['running', 1],
      ['stopped', 1],
    ]);
    expect(received.map(({ path: asked }) => asked)).toEqual(Array(3).fill('/hook?token=hidden'));
    await eventually(async () =>
      expect(await deliveriesOf(stack, path)).toMatchObject(
        received.map(({ id, type }) => ({
          id,
          type,
          state: 'delivered',
          tries: [{ status: 204, error: null }],
        })),
      ),
    );
    const deliveries = await deliveriesOf(stack, path);
    expect(JSON.stringify(deliveries)).not.toContain('hidden');
    await keepHistory(stack, 'agora:told', 'callbacks');
    await keepHistory(stack, deliveryWorkflow('agora:told', received[0]?.id ?? ''), 'callback');
    const text = await historyText(stack, deliveryWorkflow('agora:told', received[0]?.id ?? ''));
    expect(text).not.toContain(SECRET.slice(6));
  });

  test('tell a recording, its transcript last or beside its end', async () => {
    const { url, received, taken, up } = receivers.one();
    await up();
    const file = synthesised(AUDIO);
    const bytes = Buffer.concat([...file.pieces(0, file.size)]);
    await stack.s3.put(AUDIO_BUCKET, 'given/told.mp3', bytes, 'audio/mpeg');
    const media = `s3://${AUDIO_BUCKET}/given/told.mp3`;
    const body = { provider: 'amazon-transcribe', media, languageCode: 'en-GB', callbackUrl: url };
    const started = await stack.api('POST', '/v1/sessions', body);
    const id = String(started.body['id']);
    await untilSession(stack, `/v1/sessions/${id}`, { status: 'completed' });
    await eventually(() =>
      expect(taken().toSorted()).toEqual(['session.ended', 'session.running', 'transcript.ready']),
    );
    for (const one of received) expect(verified(one)).toMatchObject({ data: { id } });
    const ready = received.find(({ type }) => type === 'transcript.ready');
    expect(ready?.data).toMatchObject({ transcript: { words: expect.any(Number) } });
    await keepHistory(stack, id, 'callbacks-recording');
  });

  test('verify with each of two secrets, so that one can take over from the other', async () => {
    const { url, received, up } = receivers.one();
    await up();
    const path = await startSession(stack, 'rotated', { callbackUrl: url });
    await eventually(() => expect(received).toHaveLength(1));
    for (const secret of [SECRET, OLD_SECRET]) {
      for (const one of received) expect(verified(one, secret)).toMatchObject(typeOf(one));
    }
    const [current] = (received[0]?.headers['webhook-signature'] ?? '').split(' ');
    for (const one of received) {
      const headers = { ...one.headers, 'webhook-signature': current ?? '' };
      expect(() => verified({ ...one, headers }, OLD_SECRET)).toThrow('No matching signature');
      expect(verified({ ...one, headers }, SECRET)).toMatchObject(typeOf(one));
    }
    await stopSession(stack, path);
  });

  test('never go to a private address that is not listed', async () => {
    for (const url of ['http://127.0.0.1:1/', 'ftp://x/', 'https://a:b@example.com/', 'x', null]) {
      expect(await startRoom('private', { callbackUrl: url })).toMatchObject({
        status: 400,
        body: { errors: [{ path: 'callbackUrl' }] },
      });
    }
    expect((await startRoom('private', { callbackUrl: 'http://example.com/' })).body).toMatchObject(
      {
        detail: expect.stringContaining('DURASCRIBE_CALLBACK_HOSTS'),
      },
    );
    for (const [host, name] of [
      ['localhost', 'private-name'],
      ['127.0.0.1', 'private-address'],
      ['[::1]', 'private-address-6'],
      ['168.63.129.16', 'private-platform'],
    ] as const) {
      const url = `https://${host}:${new URL(stack.url).port}/`;
      expect((await startRoom(name, { callbackUrl: url })).status).toBe(201);
      const path = `/v1/sessions/agora:${name}`;
      await untilSession(stack, path, { status: 'running' });
      await eventually(async () => {
        const [first] = await deliveriesOf(stack, path);
        const error = `not sent: ${host} is at a private address`;
        expect(first?.tries[0]).toMatchObject({ status: null, error });
      });
      await stopSession(stack, path);
    }
  });

  test('go to one URL, which the same request need not repeat', async () => {
    const { url, up } = receivers.one();
    await up();
    const path = await startSession(stack, 'one-url', { callbackUrl: url });
    expect((await startRoom('one-url', {})).status).toBe(200);
    expect((await startRoom('one-url', { callbackUrl: url })).status).toBe(200);
    const other = await startRoom('one-url', { callbackUrl: 'https://example.com/?token=hidden' });
    expect(other).toMatchObject({ status: 409, body: { errors: [{ path: 'callbackUrl' }] } });
    expect(JSON.stringify(other.body)).not.toMatch(/hidden|127\.0\.0\.1/);
    expect((await stack.api('PATCH', path, { callbackUrl: url })).status).toBe(422);
    await stopSession(stack, path);
  });

  test('of many refusals tell the last, in one event', async () => {
    const { url, received, up } = receivers.one();
    await up();
    const path = await startSession(stack, 'storm', { callbackUrl: url });
    const handle = stack.client.workflow.getHandle('agora:storm');
    for (let index = 0; index < 30; index += 1) {
      await handle.signal('requestChange', { languages: [], index });
    }
    await handle.signal('requestChange', { languages: ['not a language'] });
    const { lastRefusal } = await untilSession(stack, path, {
      lastRefusal: { message: expect.stringContaining('languages.0') },
    });
    await eventually(() => expect(received.at(-1)?.data).toMatchObject({ lastRefusal }));
    const updates = received.filter(({ type }) => type === 'session.updated');
    expect(updates.length).toBeLessThanOrEqual(2);
    await stopSession(stack, path);
    await keepHistory(stack, 'agora:storm', 'callbacks-storm');
  });

  test('go on, none lost and none twice, in the run that carries a session on', async () => {
    const { url, received, up } = receivers.one();
    await up();
    const path = await startSession(stack, 'carried-on', { callbackUrl: url });
    const { runId } = (await stack.api('GET', path)).body;
    const handle = stack.client.workflow.getHandle('agora:carried-on');
    for (let round = 0; round < 60; round += 1) {
      const refused = { languages: [`${round} is no language`] };
      await Promise.all(Array.from({ length: 20 }, () => handle.signal('requestChange', refused)));
    }
    await eventually(async () =>
      expect((await stack.api('GET', path)).body['runId']).not.toBe(runId),
    );
    const change = { languages: ['fr-FR'] };
    expect((await stack.api('PATCH', path, change, { prefer: 'wait=30' })).status).toBe(200);
    await stopSession(stack, path);
    await eventually(() => expect(received.map(({ type }) => type)).toContain('session.ended'));
    await eventually(async () =>
      expect((await deliveriesOf(stack, path)).map(({ type }) => type)).toContain('session.ended'),
    );
    const deliveries = await deliveriesOf(stack, path);
    expect(deliveries.map(({ id }) => id)).toEqual(
      deliveries.map(({ id }, index) => id.replace(/_\d+$/, `_${index + 1}`)),
    );
    await eventually(() => expect(ids(received)).toEqual(ids(deliveries)));
    const types = deliveries.map(({ type }) => type);
    expect(types.at(0)).toBe('session.running');
    expect(types.slice(1, -1)).toEqual(types.slice(1, -1).map(() => 'session.updated'));
    expect(types.at(-1)).toBe('session.ended');
    expect(new Set(received.map(({ data }) => data['runId'])).size).toBeGreaterThanOrEqual(2);
    await keepHistory(stack, 'agora:carried-on', 'handover', String(runId));
    await keepHistory(stack, 'agora:carried-on', 'after-handover');
  });
});

function typeOf({ type }: Received): { type: string } {
  return { type };
}

function ids(events: readonly { readonly id: string }[]): string[] {
  return events.map(({ id }) => id).toSorted();
}
