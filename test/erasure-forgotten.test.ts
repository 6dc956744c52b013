import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Client, Connection } from '@temporalio/client';
import { SIMULATED_S3 } from '../simulators/credentials.ts';
import { startEmbeddedServer, type EmbeddedServer } from '../src/temporal/embedded-server.ts';
import { freePort } from '../src/local/ports.ts';
import { audio } from './support/audio.ts';
import { printed, startService } from './support/service.ts';
import {
  apiAt,
  AUDIO_BUCKET,
  CAPTIONS_BUCKET,
  startSession,
  startStack,
  stopSession,
  TRANSCRIPTS_BUCKET,
  untilSession,
  type Answer,
  type Service,
  type Stack,
} from './support/stack.ts';

const TOLD = { prefer: 'return=representation' };
const READY = { transcript: { words: expect.any(Number) } };

// A Temporal that knows none of the sessions is what one becomes whose retention is over.
let stack: Stack;
let server: EmbeddedServer;
let api: Service;
let later: ReturnType<typeof apiAt>;
beforeAll(async () => {
  [stack, server] = await Promise.all([
    startStack({
      environment: {
        DURASCRIBE_TRANSCRIPT_WAIT_SECONDS: '8',
        AGORA_CAPTION_STORAGE_REGION: '0',
        AGORA_CAPTION_STORAGE_BUCKET: CAPTIONS_BUCKET,
        AGORA_CAPTION_STORAGE_ACCESS_KEY: SIMULATED_S3.accessKeyId,
        AGORA_CAPTION_STORAGE_SECRET_KEY: SIMULATED_S3.secretAccessKey,
      },
    }),
    startEmbeddedServer(),
  ]);
  const port = await freePort('127.0.0.1');
  const environment = { TEMPORAL_ADDRESS: server.address, DURASCRIBE_PORT: String(port) };
  await stack.startWorker('', environment);
  api = startService('src/api.ts', { ...stack.environment, ...environment });
  await vi.waitUntil(() => printed(api, 'Server listening'), { timeout: 100_000 });
  later = apiAt(`http://127.0.0.1:${port}`);
});
afterAll(async () => {
  await api?.end();
  await stack?.stop();
  await server?.stop();
});

const erase = (id: string, headers = {}): Promise<Answer> =>
  later('DELETE', `/v1/sessions/${encodeURIComponent(id)}`, undefined, headers);

const keysOf = (part: string): string[] =>
  [TRANSCRIPTS_BUCKET, CAPTIONS_BUCKET, AUDIO_BUCKET]
    .flatMap((bucket) => stack.s3.keys(bucket))
    .filter((key) => key.includes(part));

test('what the id of a recording leads to is erased, and where there is nothing it is a 404', async () => {
  const source = 'given/forgotten.mp3';
  await stack.s3.put(AUDIO_BUCKET, source, audio(2), 'audio/mpeg');
  const media = `s3://${AUDIO_BUCKET}/${source}`;
  const request = { provider: 'amazon-transcribe', id: 'forgotten', media, languageCode: 'en-GB' };
  await stack.api('POST', '/v1/sessions', request);
  await untilSession(stack, '/v1/sessions/forgotten', { status: 'completed', ...READY });
  // As a recording that was brought from elsewhere.
  await stack.s3.put(AUDIO_BUCKET, 'recordings/forgotten/audio.mp3', audio(2), 'audio/mpeg');
  const objects = keysOf('forgotten').length - 1;
  expect(objects).toBeGreaterThan(2);
  expect((await later('GET', '/v1/sessions/forgotten')).status).toBe(404);

  const { status, body } = await erase('forgotten', TOLD);
  expect({ status, body }).toMatchObject({
    status: 200,
    body: { removed: { objects, jobs: 1, workflows: 0 }, kept: [{ what: 'unknown' }] },
  });
  expect(keysOf('forgotten')).toEqual([source]);
  const { calls } = stack.transcribe.ledger();
  expect(calls.filter(({ operation }) => operation === 'delete')).toHaveLength(1);
  for (const id of ['forgotten', 'never-there', 'agora:never-there', 'vonage:never-there']) {
    expect((await erase(id, TOLD)).status).toBe(404);
    expect((await erase(id)).status).toBe(404);
  }
});

test('the transcript of a live session is erased, and that of one whose id begins alike is not', async () => {
  for (const channel of ['forgotten-room', 'forgotten-room.2']) {
    const path = await startSession(stack, channel, { captions: { sliceSeconds: 5 } });
    await stopSession(stack, path);
    await untilSession(stack, path, READY);
  }
  expect((await erase('agora:forgotten-room')).status).toBe(204);
  expect(keysOf('transcripts/agora:forgotten-room')).toMatchObject([
    expect.stringMatching(/^transcripts\/agora:forgotten-room\.2\//),
  ]);
});

test("workflows that are no session's are left alone, whatever the id", async () => {
  const connection = Connection.lazy({ address: server.address });
  const { workflow } = new Client({ connection });
  const others = ['an-order-of-somebody-else', 'callback:agora:other:1', 'key:abc'];
  for (const workflowId of others) {
    // Nobody works there, so they stay as they are.
    await workflow.start('startClaim', { workflowId, taskQueue: 'nobody' });
  }
  const odd = ["x' OR WorkflowId != 'y", "agora:x' OR WorkflowId != 'y", 'agora:a/b', 'agora:\\'];
  for (const id of [...others, ...odd]) expect((await erase(id)).status).toBe(404);
  for (const workflowId of others) {
    expect((await workflow.getHandle(workflowId).describe()).status.name).toBe('RUNNING');
  }
  await connection.close();
});
