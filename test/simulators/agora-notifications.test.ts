import { describe, expect, test } from 'vitest';
import { signatureHeaders } from '../../simulators/agora/notifications/signature.ts';
import { agoraCaller, joinBody, joinOf, rtcToken } from './agora-caller.ts';
import type { Caller } from './agora-caller.ts';
import { startedTask } from './legacy-caller.ts';
import { receiver } from './receiver.ts';
import type { Reaction, Received } from './receiver.ts';

const SECRET = 'shh';
const DAY_MS = 86_400_000;
const SOON = { interval: 5 };

test('the documented example has the documented signatures', () => {
  const body =
    '{"eventMs":1560408533119,"eventType":10,"noticeId":"4eb720f0-8da7-11e9-a43e-53f411c2761f",' +
    '"notifyMs":1560408533119,"payload":{"a":"1","b":2},"productId":1}';
  expect(signatureHeaders('secret', body)).toEqual({
    'agora-signature': '033c62f40f687675f17f0f41f91a40c71c0f134c',
    'agora-signature-v2': '6d3320c60b11101395b7fc8f9068748808a0aa1bfa064438e39d1bc2c7d74d99',
  });
});

describe('notifications', () => {
  test('tell that an agent joined and left, signed', async () => {
    const { caller, received } = await notifiedCaller();
    const agentId = await caller.join();
    await expect.poll(() => received, SOON).toHaveLength(1);
    const [joined] = received;
    expect(joined?.body).toEqual({
      sid: agentId,
      noticeId: expect.any(String),
      productId: 20,
      eventType: 101,
      notifyMs: expect.any(Number),
      payload: { agent_id: agentId, channel: 'room', start_ts: expect.any(Number) },
    });
    expect(joined?.headers).toMatchObject(signatureHeaders(SECRET, joined?.raw ?? ''));

    await caller.api('POST', `/agents/${agentId}/leave`);
    await expect.poll(() => received, SOON).toHaveLength(2);
    expect(received[1]?.body).toMatchObject({
      eventType: 102,
      payload: { agent_id: agentId, stop_ts: expect.any(Number), status: 'STOPPED', message: 'OK' },
    });
    await expect.poll(() => statusesOf(caller), SOON).toEqual([200, 200]);
    expect(caller.simulator.ledger('room').notifications).toMatchObject([
      { noticeId: joined?.body['noticeId'], eventType: 101, agentId, attempt: 1, status: 200 },
      { eventType: 102, agentId, attempt: 1, status: 200 },
    ]);
  });

  test.each([
    ['idle', 'STOPPED', 'Idle for too long'],
    ['lifetime', 'STOPPED', 'Task exceeded maximum lifetime'],
    ['failed', 'FAILED', 'Fatal ASR error'],
  ] as const)('tell why a task ended: %s', async (cause, status, message) => {
    const { caller, received } = await notifiedCaller();
    const agentId = await caller.join();
    caller.simulator.endTask(agentId, cause);
    await expect.poll(() => payloadsOf(received, 102), SOON).toMatchObject([{ status, message }]);
  });

  test('warn 30 s before a token expires, and say when it has', async () => {
    const { caller, received } = await notifiedCaller();
    const pubBotToken = rtcToken({ seconds: 90 });
    const agentId = await caller.join(joinBody({ rtcConfig: { pubBotToken } }));
    await expect.poll(() => typesOf(received), SOON).toEqual([101]);
    caller.advance(61_000);
    await expect.poll(() => typesOf(received), SOON).toEqual([101, 104]);
    expect(payloadsOf(received, 104)).toMatchObject([
      { agent_id: agentId, name: 'session-1', channel: 'room', message: 'token will expire!' },
    ]);
    caller.advance(30_000);
    await expect.poll(() => typesOf(received), SOON).toEqual([101, 104, 102]);
    expect(payloadsOf(received, 102)).toMatchObject([
      { status: 'FAILED', message: 'RTC connection error' },
    ]);
  });

  test('give no warning of a token that was never valid for 30 s', async () => {
    const { caller, received } = await notifiedCaller();
    await caller.join(joinBody({ rtcConfig: { pubBotToken: rtcToken({ seconds: 20 }) } }));
    caller.advance(60_000);
    await expect.poll(() => typesOf(received).toSorted(ascending), SOON).toEqual([101, 102]);
  });

  test('are sent on request, over HTTP too', async () => {
    const { caller, received } = await notifiedCaller({ startingMs: DAY_MS });
    const agentId = await caller.join();
    const noticeId = caller.simulator.notify(agentId, 200);
    for (const eventType of [201, 202, 104]) {
      const sent = await caller.request('POST', '/notifications', { agentId, eventType });
      expect(sent.status).toBe(204);
    }
    await expect
      .poll(() => typesOf(received).toSorted(ascending), SOON)
      .toEqual([104, 200, 201, 202]);
    expect(received.find(({ body }) => body['noticeId'] === noticeId)?.body).toMatchObject({
      payload: { agent_id: agentId, file_name: `${agentId}_room.m3u8`, message: 'OK' },
    });
    expect(payloadsOf(received, 202)).toMatchObject([
      { succeed_file_list: [], failed_file_list: [{ file_name: `${agentId}_room.vtt` }] },
    ]);
  });

  test('can be switched on and off, and then tell of nothing that is past', async () => {
    const { url, received } = await receiver();
    const caller = await agoraCaller({ startingMs: 0 });
    const agentId = await caller.join();
    expect((await caller.request('PUT', '/notifications', { url: 'room' })).status).toBe(400);
    const on = await caller.request('PUT', '/notifications', { url, secret: SECRET });
    expect(on.status).toBe(204);
    await caller.join(joinOf('second', 'other'));
    await expect.poll(() => typesOf(received), SOON).toEqual([101]);
    await caller.api('POST', `/agents/${agentId}/leave`);
    await expect.poll(() => typesOf(received), SOON).toEqual([101, 102]);
    await caller.request('DELETE', '/notifications');
    expect(
      (await caller.request('POST', '/notifications', { agentId, eventType: 101 })).status,
    ).toBe(409);
  });

  test('are not sent of legacy tasks, which have others', async () => {
    const { caller, received } = await notifiedCaller();
    const { taskId } = await startedTask(caller);
    await caller.join();
    await expect.poll(() => typesOf(received), SOON).toEqual([101]);
    expect(() => caller.simulator.notify(taskId, 101)).toThrow('only tasks of the v7 API');
  });
});

describe('delivery', () => {
  test('is tried again, with the same noticeId and another time, until it is answered 200', async () => {
    const { caller, received } = await notifiedCaller({}, [500, 204, 200]);
    await caller.join();
    await expect.poll(() => statusesOf(caller), SOON).toEqual([500, 204, 200]);
    const ids = new Set(received.map(({ body }) => body['noticeId']));
    expect(ids.size).toBe(1);
    const attempts = caller.simulator.ledger().notifications.map(({ attempt }) => attempt);
    expect(attempts).toEqual([1, 2, 3]);
  });

  test('is given up after 3 retries, also where no answer comes', async () => {
    const { caller, received } = await notifiedCaller({}, ['hang', 'hang', 503, 503, 200]);
    await caller.join();
    await expect.poll(() => statusesOf(caller), SOON).toEqual([null, null, 503, 503]);
    caller.simulator.notify(String(received[0]?.body['sid']), 104);
    await expect.poll(() => statusesOf(caller).at(-1), SOON).toBe(200);
    expect(typesOf(received)).toEqual([101, 101, 101, 101, 104]);
  });

  test('can be lost, doubled and late', async () => {
    const { caller, received } = await notifiedCaller({ startingMs: DAY_MS });
    const agentId = await caller.join();
    const faults = [
      { eventType: 101, fault: { kind: 'lost' } },
      { eventType: 104, fault: { kind: 'duplicated' } },
      { eventType: 102, fault: { kind: 'delayed', ms: 100 } },
    ];
    for (const fault of faults) {
      const body = { operation: 'notification', channel: 'room', ...fault };
      expect((await caller.request('POST', '/faults', body)).status).toBe(204);
    }
    caller.simulator.notify(agentId, 101);
    caller.simulator.notify(agentId, 102);
    caller.simulator.notify(agentId, 104);
    await expect.poll(() => typesOf(received), SOON).toEqual([104, 104, 102]);
    expect(received[0]?.body['noticeId']).toBe(received[1]?.body['noticeId']);
    await expect.poll(() => statusesOf(caller), SOON).toEqual([null, 200, 200, 200]);
    expect(caller.simulator.ledger().notifications).toMatchObject([
      { eventType: 101, status: null, fault: 'lost' },
      { eventType: 104, status: 200, fault: 'duplicated' },
      { eventType: 104, status: 200, fault: 'duplicated' },
      { eventType: 102, status: 200, fault: 'delayed' },
    ]);
  });

  test('has faults of its own, which no call has', async () => {
    const caller = await agoraCaller();
    const lostJoin = { operation: 'join', fault: { kind: 'lost' } };
    const slowNotice = { operation: 'notification', fault: { kind: 'latency', ms: 1 } };
    expect((await caller.request('POST', '/faults', lostJoin)).status).toBe(400);
    expect((await caller.request('POST', '/faults', slowNotice)).status).toBe(400);
  });
});

/** A simulator whose notifications are received, and answered in turn as told, else with 200. */
async function notifiedCaller(
  options: { readonly startingMs?: number } = {},
  reactions: readonly Reaction[] = [],
): Promise<{ caller: Caller; received: Received[] }> {
  const { url, received } = await receiver(...reactions, 200);
  const notifications = {
    url,
    secret: SECRET,
    answerWithinMs: 200,
    retryGapsMs: [0, 10, 20],
  };
  const caller = await agoraCaller({ startingMs: 0, notifications, ...options });
  return { caller, received };
}

function typesOf(received: readonly Received[]): number[] {
  return received.map(({ body }) => Number(body['eventType']));
}

function ascending(one: number, other: number): number {
  return one - other;
}

function payloadsOf(received: readonly Received[], eventType: number): unknown[] {
  return received
    .filter(({ body }) => body['eventType'] === eventType)
    .map(({ body }) => body['payload']);
}

function statusesOf({ simulator }: Caller): (number | null)[] {
  return simulator.ledger().notifications.map(({ status }) => status);
}
