import { createHmac, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SIMULATED_VONAGE } from '../simulators/credentials.ts';
import { webhookToken } from '../simulators/vonage/webhooks/signature.ts';
import { bodies, RUNS, SEED } from './support/fuzzing.ts';
import {
  EVENT_SECRET,
  eventually,
  prepareStack,
  startSession,
  stopSession,
  untilSession,
  type Service,
  type Stack,
} from './support/stack.ts';

const SECRET = 'secret-of-the-tests';
const REQUESTS = 200 * RUNS;
const AT_A_TIME = 20;
const LARGE_BYTES = 10 * 1_024 * 1_024;
const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2_048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

/** What a webhook may be answered with: taken, or a problem that it is documented to have. */
const ANSWERS = new Set([200, 204, 400, 401, 413, 415]);

let stack: Stack;
let api: Service;
let worker: Service;
beforeAll(async () => {
  stack = await prepareStack({
    environment: { AGORA_NOTIFICATION_SECRET: SECRET },
    videosdk: { webhookPrivateKey: privateKey },
  });
  [worker, api] = await Promise.all([stack.startWorker(), stack.startApi()]);
});
afterAll(() => stack.stop());

type Webhook = { readonly path: string; readonly headers: Record<string, string> };

/** Each vendor's webhook, signed whatever its body is. */
const SIGNED: Readonly<Record<string, (body: Buffer) => Promise<Webhook> | Webhook>> = {
  agora: (body) => ({
    path: '/webhooks/agora',
    headers: { 'agora-signature-v2': createHmac('sha256', SECRET).update(body).digest('hex') },
  }),
  videosdk: (body) => ({
    path: '/webhooks/videosdk',
    headers: { 'videosdk-signature': sign('RSA-SHA256', body, privateKey).toString('base64') },
  }),
  transcription: () => ({
    path: '/webhooks/transcription',
    headers: { 'x-durascribe-event-secret': EVENT_SECRET },
  }),
  events: (body) => vonage('/webhooks/events', body),
  recording: (body) => vonage('/webhooks/recording', body),
};

async function vonage(path: string, body: Buffer): Promise<Webhook> {
  const text = body.toString('latin1');
  // The token is made of a text: of bytes that are none, its hash is another one's, and that is a 401.
  const { token } = await webhookToken(
    SIMULATED_VONAGE,
    isUtf8(body) ? body.toString() : text,
    Date.now(),
  );
  return { path, headers: { authorization: `Bearer ${token}` } };
}

function isUtf8(body: Buffer): boolean {
  return Buffer.from(body.toString()).equals(body);
}

const HEADERS: readonly Record<string, string>[] = [
  { 'content-type': 'application/json' },
  {},
  { 'content-type': 'application/json; charset=utf-16le' },
  { 'content-type': 'text/plain; charset=latin1' },
  { 'content-type': 'multipart/form-data; boundary=x' },
  { 'content-type': ';;;' },
  { 'content-type': 'application/json', 'content-encoding': 'gzip' },
];

async function post(name: string, body: Buffer, more: Record<string, string>): Promise<number> {
  const { path, headers } = (await SIGNED[name]?.(body)) ?? { path: '', headers: {} };
  const response = await fetch(stack.url + path, {
    method: 'POST',
    headers: { ...more, ...headers },
    body: new Uint8Array(body),
  });
  await response.arrayBuffer();
  return response.status;
}

function samplesOf(agentId: string, transcription: string): Readonly<Record<string, unknown>> {
  return {
    agora: {
      noticeId: 'notice',
      eventType: 102,
      payload: { agent_id: agentId, channel: 'webhooks' },
    },
    videosdk: {
      webhookType: 'transcription-stopped',
      data: { id: transcription, meetingId: 'webhooks', sessionId: 's' },
    },
    transcription: {
      id: 'event',
      'detail-type': 'Transcribe Job State Change',
      detail: {
        TranscriptionJobName: 'durascribe-media.0123456789abcdef-01234567-1',
        TranscriptionJobStatus: 'COMPLETED',
      },
    },
    events: {
      conversation_uuid: `CON-${SEED}`,
      uuid: 'leg',
      direction: 'inbound',
      status: 'answered',
      timestamp: '2026-11-21T08:00:00.000Z',
      duration: '9',
    },
    recording: {
      recording_uuid: randomUUID(),
      conversation_uuid: `CON-${SEED}`,
      recording_url: 'https://api.nexmo.com/v1/files/aaaa',
      size: 12_345,
    },
  };
}

/** What went wrong in the workflows of the stack, where no failure of an activity or a session counts. */
async function brokenTasks(): Promise<string[]> {
  const broken: string[] = [];
  const query = `TaskQueue = '${stack.taskQueue}'`;
  for await (const { workflowId, runId } of stack.client.workflow.list({ query })) {
    const { events } = await stack.client.workflow.getHandle(workflowId, runId).fetchHistory();
    for (const { workflowTaskFailedEventAttributes: failed } of events ?? []) {
      if (failed) broken.push(`${workflowId}: ${failed.failure?.message}`);
    }
  }
  return broken;
}

test('a webhook is taken or refused, whatever is in it', { timeout: 180_000 * RUNS }, async () => {
  console.log(`FUZZ_SEED=${SEED}`);
  const path = await startSession(stack, 'webhooks');
  const room = { provider: 'videosdk', roomId: 'webhooks' };
  await stack.api('POST', '/v1/sessions', room, { prefer: 'wait=20' });
  const agentId = stack.simulator.ledger('webhooks').tasks[0]?.agentId ?? '';
  const transcription = stack.videosdk.ledger('webhooks').tasks[0]?.id ?? '';

  const samples = samplesOf(agentId, transcription);
  const requests = fc.constantFrom(...Object.keys(SIGNED)).chain((name) =>
    fc.record({
      name: fc.constant(name),
      body: fc.oneof(
        { weight: 20, arbitrary: bodies(samples[name]) },
        fc.constantFrom(
          Buffer.alloc(0),
          Buffer.alloc(LARGE_BYTES, '['),
          gzipSync(JSON.stringify(samples[name])),
        ),
      ),
      headers: fc.constantFrom(...HEADERS),
    }),
  );
  const sample = fc.sample(requests, { numRuns: REQUESTS, seed: SEED });
  for (let at = 0; at < sample.length; at += AT_A_TIME) {
    await Promise.all(
      sample.slice(at, at + AT_A_TIME).map(async ({ name, body, headers }) => {
        const status = await postOrBeRefused(name, body, headers);
        const shown = { name, headers, body: body.toString('latin1', 0, 500) };
        expect([...ANSWERS], JSON.stringify({ status, ...shown })).toContain(status);
      }),
    );
  }

  expect(api.output()).not.toContain('"level":50');
  expect(await brokenTasks()).toEqual([]);
  await untilSession(stack, path, { status: 'running' });
  await untilSession(stack, '/v1/sessions/videosdk:webhooks', { status: 'running' });
  await stopSession(stack, path);
  await stopSession(stack, '/v1/sessions/videosdk:webhooks');
  expect([api, worker].map(({ process }) => process.exitCode)).toEqual([null, null]);
});

/** An API that does not want to read all of a large body may close the connection on its sender: that is a 413. */
async function postOrBeRefused(
  name: string,
  body: Buffer,
  headers: Record<string, string>,
): Promise<number> {
  try {
    return await post(name, body, headers);
  } catch (error) {
    if (body.length < LARGE_BYTES) throw error;
    return 413;
  }
}

test('an id that nobody can look for is that of no session', async () => {
  for (const id of ['"', "'", '\\', '\0', '\uD800', 'x'.repeat(2_000)]) {
    const agora = { noticeId: id, eventType: 102, payload: { agent_id: id, channel: id } };
    const ended = { webhookType: 'transcription-stopped', data: { id, meetingId: id } };
    const left = { webhookType: 'session-ended', data: { meetingId: id } };
    const detail = { TranscriptionJobName: `durascribe-${id}-01234567-1` };
    const event = { id, 'detail-type': 'Transcribe Job State Change', detail };
    for (const [name, body] of [
      ['agora', agora],
      ['videosdk', ended],
      ['videosdk', left],
      ['transcription', event],
    ] as const) {
      expect(await post(name, Buffer.from(JSON.stringify(body)), {}), `${name} ${id}`).toBe(200);
    }
  }
});

test('the address of an incoming call may have any query', async () => {
  const queries = fc.webQueryParameters();
  for (const query of fc.sample(queries, { numRuns: 20 * RUNS, seed: SEED })) {
    const parameters = JSON.stringify(Object.fromEntries(new URLSearchParams(query)));
    const { token } = await webhookToken(SIMULATED_VONAGE, parameters, Date.now());
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(`${stack.url}/webhooks/answer?${query}`, { headers });
    expect(response.status, query).toBe(200);
  }
});

test('a token of any form is refused', async () => {
  const part = fc.oneof(
    fc.base64String(),
    fc.json().map((text) => Buffer.from(text).toString('base64url')),
    fc.constantFrom(
      'eyJhbGciOiJub25lIn0',
      'eyJhbGciOiJIUzI1NiJ9',
      'eyJhbGciOiJIUzI1NiIsImNyaXQiOlsieCJdfQ',
    ),
  );
  const tokens = fc.array(part, { maxLength: 5 }).map((parts) => parts.join('.'));
  for (const token of fc.sample(tokens, { numRuns: 50 * RUNS, seed: SEED })) {
    const headers = { authorization: `Bearer ${token}`, 'videosdk-signature': token };
    for (const path of ['events', 'agora', 'transcription']) {
      const { status } = await stack.api('POST', `/webhooks/${path}`, '{}', headers);
      expect(status, token).toBe(401);
    }
  }
});

test('a webhook that breaks off leaves the API as it was', async () => {
  const { port } = new URL(stack.url);
  const socket = connect(Number(port), '127.0.0.1');
  socket.on('error', () => {});
  const head =
    'POST /webhooks/agora HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{"noticeId":';
  await new Promise<void>((resolve) => socket.write(head, () => resolve()));
  socket.destroy();
  await eventually(async () => {
    expect((await stack.api('GET', '/v1/sessions')).status).toBe(200);
  });
  expect(api.process.exitCode).toBeNull();
});
