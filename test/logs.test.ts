import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SIMULATED_AGORA, SIMULATED_S3 } from '../simulators/credentials.ts';
import { sessionOfWorkflow } from '../src/domain/identity.ts';
import { audio } from './support/audio.ts';
import { LOADED, TELLING_MODULES } from './support/modules.ts';
import { listedReceivers } from './support/receiver.ts';
import { SECRETS, secretsIn } from './support/secrets.ts';
import { linesOf } from './support/service.ts';
import {
  AUDIO_BUCKET,
  CAPTIONS_BUCKET,
  eventually,
  prepareStack,
  startSession,
  stopSession,
  untilSession,
  type Service,
  type Stack,
} from './support/stack.ts';

const KEY = 'a-key-of-the-log-tests';
const CALLER = '447700910099';
const { customerId, customerSecret } = SIMULATED_AGORA;
const ECHO = `Basic ${btoa(`${customerId}:${customerSecret}`)} and ${customerSecret}`;

type Line = Record<string, unknown>;

const receivers = await listedReceivers(1);
const receiver = receivers.one();
let stack: Stack;
let api: Service;
let worker: Service;
beforeAll(async () => {
  const prepared = await prepareStack({
    environment: {
      ...receivers.environment,
      ...TELLING_MODULES,
      AGORA_LEGACY: 'true',
      AGORA_CAPTION_STORAGE_REGION: '0',
      AGORA_CAPTION_STORAGE_BUCKET: CAPTIONS_BUCKET,
      AGORA_CAPTION_STORAGE_ACCESS_KEY: SIMULATED_S3.accessKeyId,
      AGORA_CAPTION_STORAGE_SECRET_KEY: SIMULATED_S3.secretAccessKey,
      DURASCRIBE_API_KEYS: `backend:${KEY}`,
      DURASCRIBE_WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
    },
  });
  const authorization = `Bearer ${KEY}`;
  stack = {
    ...prepared,
    api: (method, path, body, headers) =>
      prepared.api(method, path, body, { authorization, ...headers }),
  };
  [api, worker] = await Promise.all([stack.startApi(), stack.startWorker()]);
  await receiver.up();
});
afterAll(() => Promise.all([stack.stop(), receivers.close()]));

const READY = { transcript: { words: expect.any(Number) } };
const lines = () => [...linesOf(api), ...linesOf(worker)];
const about = (id: string) => lines().filter(({ sessionId }) => sessionId === id);

/** What was said in the session at `path`, word by word. */
async function transcriptText(path: string): Promise<string[]> {
  const { status, body } = await stack.api('GET', `${path}/transcript`);
  expect(status).toBe(200);
  const segments: { text: string }[] = JSON.parse(JSON.stringify(body['segments']));
  return segments.map(({ text }) => text);
}

describe('the log of sessions of every provider', () => {
  const ids: string[] = [];
  const said: string[] = [];
  const tokens: string[] = [];
  const isAboutOne = (line: Line) =>
    ids.some((id) => JSON.stringify(line).includes(id.slice(id.indexOf(':') + 1)));
  const begun = (path: string) => {
    ids.push(decodeURIComponent(path.split('/').at(-1) ?? ''));
    return path;
  };

  test('is written by whatever happens to them', { timeout: 180_000 }, async () => {
    const callbackUrl = `${receiver.url}?token=of-the-receiver`;
    const more = { callbackUrl, metadata: { team: 'a-word-of-the-caller' } };
    const agora = begun(
      await startSession(stack, 'logged', { ...more, captions: { sliceSeconds: 5 } }),
    );
    const fault = { kind: 'status', status: 400, message: `refused: ${ECHO}` } as const;
    stack.simulator.inject({ operation: 'update', channel: 'logged', fault });
    await stack.api('PATCH', agora, { languages: ['fr-FR'] }, { prefer: 'wait=20' });
    receiver.answer(500);
    const legacy = begun(
      await startSession(stack, 'logged', { ...more, provider: 'agora-legacy' }),
    );
    await stack.api('GET', '/v1/sessions?metadata=secret%20words=of-a-query');
    const roomId = 'logged-room';
    await stack.api(
      'POST',
      '/v1/sessions',
      { provider: 'videosdk', roomId },
      { prefer: 'wait=20', 'idempotency-key': 'a-key-of-one-start' },
    );
    const videosdk = begun(`/v1/sessions/videosdk:${roomId}`);
    const call = stack.vonage.placeCall({ from: CALLER });
    await call.done;
    const vonage = begun(`/v1/sessions/vonage:${call.recordingUuid}`);
    begun(`/v1/sessions/vonage-call:${call.conversationUuid}`);
    await stack.s3.put(AUDIO_BUCKET, 'given/logged.mp3', audio(2), 'audio/mpeg');
    const media = `s3://${AUDIO_BUCKET}/given/logged.mp3`;
    const recording = { provider: 'amazon-transcribe', languageCode: 'en-GB', media };
    const { body } = await stack.api('POST', '/v1/sessions', recording);
    const transcribed = begun(`/v1/sessions/${String(body['id'])}`);
    for (const path of [agora, legacy, videosdk]) await stopSession(stack, path);
    for (const path of [agora, videosdk, vonage, transcribed]) {
      await untilSession(stack, path, READY);
      said.push(...(await transcriptText(path)));
    }
    expect(said.length).toBeGreaterThan(4);
    tokens.push(...(await builderTokens('agora-legacy:logged')));
    await eventually(() => expect(receiver.received.length).toBeGreaterThan(2));
    expect((await stack.api('DELETE', transcribed)).status).toBe(204);
  });

  test('has no secret, no token, no phone number and nothing that was said', () => {
    const written = api.output() + worker.output();
    const secrets = [
      ...said,
      ...tokens,
      KEY,
      CALLER,
      ECHO,
      'of-the-receiver',
      'of-a-query',
      'a-word-of-the-caller',
      'a-key-of-one-start',
      'taskToken',
    ];
    expect(tokens.length).toBeGreaterThan(0);
    expect(secrets.filter((secret) => written.includes(secret))).toEqual([]);
    expect(secretsIn(Buffer.from(written), SECRETS)).toEqual([]);
  });

  test('has the id of its session on every line about one', () => {
    const withoutId = lines().filter(
      (line) => isAboutOne(line) && !ids.includes(String(line['sessionId'])),
    );
    expect(withoutId).toEqual([]);
    for (const { workflowId, sessionId } of lines()) {
      if (typeof workflowId !== 'string') continue;
      expect([workflowId, sessionId ?? null]).toEqual([workflowId, sessionOfWorkflow(workflowId)]);
    }
    for (const id of ids.filter((one) => !one.startsWith('vonage-call:'))) {
      const events = about(id).map(({ msg }) => msg);
      expect([id, events]).toEqual([id, expect.arrayContaining(['request', 'session changed'])]);
    }
  });

  test('tells each request in one line, and no probe', async () => {
    await stack.api('GET', '/healthz');
    const { status } = await stack.api('GET', '/v1/sessions/agora:logged');
    expect(status).toBe(200);
    const of = (path: string) => linesOf(api).filter((line) => line['path'] === path);
    await eventually(() =>
      expect(of('/v1/sessions/agora:logged').at(-1)).toEqual({
        level: 30,
        time: expect.any(Number),
        pid: api.process.pid,
        hostname: expect.any(String),
        name: 'api',
        reqId: expect.any(String),
        key: 'backend',
        method: 'GET',
        route: '/v1/sessions/:id',
        path: '/v1/sessions/agora:logged',
        status: 200,
        durationMs: expect.any(Number),
        sessionId: 'agora:logged',
        msg: 'request',
      }),
    );
    expect(of('/healthz')).toEqual([]);
    const reqIds = linesOf(api).map(({ reqId, msg }) => `${String(reqId)} ${String(msg)}`);
    const requests = reqIds.filter((line) => line.endsWith(' request'));
    expect(new Set(requests).size).toBe(requests.length);
  });

  test("tells a vendor's refusal once, with its words and without a stack", () => {
    const told = about('agora:logged').filter((line) => JSON.stringify(line).includes('refused: '));
    expect(told).toMatchObject([
      { level: 40, msg: 'activity failed', activityType: 'updateTask', kind: 'rejected' },
    ]);
    expect(JSON.stringify(told)).not.toContain('stack');
  });

  test('tells of a callback that was not taken', () => {
    expect(about('agora-legacy:logged')).toContainEqual(
      expect.objectContaining({ msg: 'callback not taken', status: 500 }),
    );
  });

  test('is written without a module of OpenTelemetry', () => {
    expect(api.output() + worker.output()).not.toContain(LOADED);
  });
});

/** The tokens that every call to the legacy API has in its query. */
async function builderTokens(id: string): Promise<string[]> {
  const { memo } = await stack.client.workflow.getHandle(id).describe();
  const pairs: { key: string }[] = JSON.parse(JSON.stringify(memo?.['pairs']));
  return pairs.map(({ key }) => key);
}
