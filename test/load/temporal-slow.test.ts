import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { printed, startService, type Service } from '../support/service.ts';
import {
  eventually,
  prepareStack,
  startSession,
  stopSession,
  untilSession,
  type Stack,
} from '../support/stack.ts';
import { weatherProxy, type Weather, type WeatherProxy } from '../support/weather.ts';

const NOTICE_SECRET = 'a-notice-secret-of-the-tests';
/** Whoever waits is answered in 5 s; a busy machine may take its time over it. */
const ANSWERED_WITHIN_MS = 9_000;

/** What 4,000 requests may take; the same again takes no more. */
const MOST_MEGABYTES = 250;

let proxy: WeatherProxy;
let stack: Stack;
let api: Service;
let path: string;
beforeAll(async () => {
  proxy = await weatherProxy(inject('temporalAddress'));
  stack = await prepareStack({ environment: { AGORA_NOTIFICATION_SECRET: NOTICE_SECRET } });
  api = startService('src/api.ts', { ...stack.environment, TEMPORAL_ADDRESS: proxy.address });
  await stack.startWorker();
  await vi.waitUntil(() => printed(api, 'Server listening'), 30_000);
  path = await startSession(stack, 'weathered');
});
afterEach(async () => {
  proxy.set('fair');
  await untilSession(stack, path, { status: 'running' });
});
afterAll(async () => {
  await stopSession(stack, path);
  await api.end();
  proxy.close();
  await stack.stop();
});

function notice(): [string, Record<string, string>] {
  const payload = { agent_id: 'unknown', channel: 'weathered' };
  const body = JSON.stringify({ noticeId: crypto.randomUUID(), eventType: 102, payload });
  const signature = createHmac('sha256', NOTICE_SECRET).update(body).digest('hex');
  return [body, { 'agora-signature-v2': signature }];
}

/** Every route that asks Temporal. */
function requests(): [string, string, unknown?, Record<string, string>?][] {
  const start = { provider: 'agora', channel: 'weathered-too', languages: ['en-US'] };
  const change = { languages: ['fr-FR'] };
  const wait = { prefer: 'wait=60' };
  return [
    ['GET', '/readyz'],
    ['POST', '/v1/sessions', start],
    ['POST', '/v1/sessions', start, wait],
    ['POST', '/v1/sessions', start, { ...wait, 'idempotency-key': 'in-bad-weather' }],
    ['GET', '/v1/sessions'],
    ['GET', path],
    ['PATCH', path, change],
    ['PATCH', path, change, { ...wait, 'idempotency-key': 'in-bad-weather' }],
    ['POST', `${path}/stop`],
    ['POST', `${path}/stop`, undefined, wait],
    ['DELETE', path],
    ['GET', `${path}/transcript`],
    ['GET', `${path}/explain`],
    ['GET', `${path}/deliveries`],
    ['POST', `${path}/deliveries/msg_00000000-0000-4000-8000-000000000000_1/replay`],
    ['POST', '/webhooks/agora', ...notice()],
  ];
}

describe('while Temporal', () => {
  test.for<[string, Weather]>([
    ['answers slowly', 'slow'],
    ['says nothing', 'silent'],
    ['resets every connection', 'reset'],
  ])('%s, every route says in time when to try again', async ([, weather]) => {
    proxy.set(weather);
    const answers = await Promise.all(
      requests().map(async ([method, at, body, headers]) => {
        const beganAtMs = Date.now();
        const { status, headers: answered } = await stack.api(method, at, body, headers);
        const retryAfter = Number(answered.get('retry-after'));
        return { asked: `${method} ${at}`, status, retryAfter, tookMs: Date.now() - beganAtMs };
      }),
    );
    for (const answer of answers) {
      expect(answer).toMatchObject({ status: 503 });
      expect(answer.retryAfter).toBeGreaterThan(0);
      expect(answer.tookMs).toBeLessThan(ANSWERED_WITHIN_MS);
    }
    expect((await stack.api('GET', '/healthz')).status).toBe(200);
  });

  test('answers each call just in time, nobody waits for all of them', async () => {
    proxy.set('late');
    const start = { provider: 'agora', channel: 'late', languages: ['en-US'] };
    const key = { 'idempotency-key': 'a-start-of-five-calls' };
    const beganAtMs = Date.now();
    const answer = await stack.api('POST', '/v1/sessions', start, key);
    expect(answer.status).toBe(503);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(Date.now() - beganAtMs).toBeLessThan(ANSWERED_WITHIN_MS);
  });

  test('goes away, who waits for an outcome is told in time', async () => {
    const silent = await startSession(stack, 'weathered-wait');
    stack.simulator.inject({
      operation: 'update',
      channel: 'weathered-wait',
      fault: { kind: 'latency', ms: 9_000 },
    });
    const change = stack.api('PATCH', silent, { languages: ['de-DE'] }, { prefer: 'wait=60' });
    await eventually(async () =>
      expect((await stack.api('GET', silent)).body).toMatchObject({ revision: 1 }),
    );
    proxy.set('silent');
    const beganAtMs = Date.now();
    expect((await change).status).toBe(503);
    expect(Date.now() - beganAtMs).toBeLessThan(ANSWERED_WITHIN_MS);
    proxy.set('fair');
    await stopSession(stack, silent);
  });
});

function residentMegabytes(): number {
  const status = readFileSync(`/proc/${api.process.pid}/status`, 'utf8');
  return Number(/VmRSS:\s*(\d+) kB/.exec(status)?.[1]) / 1_024;
}

test('thousands of requests that Temporal does not answer leave memory as it is', async () => {
  const before = residentMegabytes();
  proxy.set('silent');
  let peak = before;
  const looks = setInterval(() => (peak = Math.max(peak, residentMegabytes())), 100);
  const answers = await Promise.all(
    Array.from({ length: 4_000 }, async () => stack.api('GET', path)),
  );
  clearInterval(looks);
  for (const { status, headers } of answers) {
    expect([status, headers.get('retry-after')]).toEqual([503, expect.any(String)]);
  }
  expect(peak - before).toBeLessThan(MOST_MEGABYTES);
  proxy.set('fair');
  await eventually(async () => expect((await stack.api('GET', path)).status).toBe(200));
});
