import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SIMULATED_S3 } from '../simulators/credentials.ts';
import { audio } from './support/audio.ts';
import { historyText, keepHistory } from './support/histories.ts';
import {
  AUDIO_BUCKET,
  CAPTIONS_BUCKET,
  eventually,
  prepareStack,
  startSession,
  stopSession,
  TRANSCRIPTS_BUCKET,
  untilSession,
  type Answer,
  type Service,
  type Stack,
} from './support/stack.ts';

const TOLD = { prefer: 'return=representation' };
const READY = { transcript: { words: expect.any(Number) } };
const COMPLETED = { status: 'completed', ...READY };
const DELETED_WITHIN_MS = 90_000;

let stack: Stack;
let worker: Service;
beforeAll(async () => {
  stack = await prepareStack({
    environment: {
      DURASCRIBE_TRANSCRIPT_WAIT_SECONDS: '8',
      AGORA_CAPTION_STORAGE_REGION: '0',
      AGORA_CAPTION_STORAGE_BUCKET: CAPTIONS_BUCKET,
      AGORA_CAPTION_STORAGE_ACCESS_KEY: SIMULATED_S3.accessKeyId,
      AGORA_CAPTION_STORAGE_SECRET_KEY: SIMULATED_S3.secretAccessKey,
    },
  });
  [worker] = await Promise.all([stack.startWorker(), stack.startApi()]);
});
afterAll(() => stack.stop());

const erase = (path: string, headers = {}): Promise<Answer> =>
  stack.api('DELETE', path, undefined, headers);

/** All that the buckets have of whatever has `part` in its key. */
async function kept(part: string) {
  const objects = [TRANSCRIPTS_BUCKET, CAPTIONS_BUCKET, AUDIO_BUCKET].flatMap((bucket) =>
    stack.s3.keys(bucket).flatMap((key) => (key.includes(part) ? [{ bucket, key }] : [])),
  );
  const sizes = await Promise.all(
    objects.map(async ({ bucket, key }) => (await stack.s3.get(bucket, key))?.body.length ?? 0),
  );
  return { objects: objects.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}

/** A session of a recording in a bucket of the caller's own, which has come to its end. */
async function recording(id: string, more: Record<string, unknown> = {}): Promise<string> {
  await stack.s3.put(AUDIO_BUCKET, `given/${id}.source.mp3`, audio(2), 'audio/mpeg');
  const media = `s3://${AUDIO_BUCKET}/given/${id}.source.mp3`;
  const body = { provider: 'amazon-transcribe', id, media, languageCode: 'en-GB', ...more };
  expect(await stack.api('POST', '/v1/sessions', body)).toMatchObject({ status: 201 });
  await untilSession(stack, `/v1/sessions/${id}`, COMPLETED);
  return `/v1/sessions/${id}`;
}

describe('what an erasure says', () => {
  test('is what there was of a live session, the same to two who ask at once, and once more after that', async () => {
    const path = await startSession(stack, 'report-live', { captions: { sliceSeconds: 5 } });
    await stopSession(stack, path);
    await untilSession(stack, path, READY);
    const before = await kept('report-live');
    expect(before.objects).toBeGreaterThan(2);
    const [one, other] = await Promise.all([erase(path, TOLD), erase(path, TOLD)]);
    const removed = { ...before, jobs: 0, workflows: 1 };
    expect(one).toMatchObject({
      status: 200,
      body: { id: 'agora:report-live', removed, kept: [] },
    });
    expect(one.headers.get('preference-applied')).toBe('return=representation');
    expect(other.body).toEqual(one.body);
    expect(await kept('report-live')).toEqual({ objects: 0, bytes: 0 });
    const again = await erase(path, TOLD);
    expect(again.status === 404 || again.body).toEqual(again.status === 404 || one.body);
    expect([404, 410]).toContain((await erase(path)).status);
    await keepHistory(stack, 'erase:agora:report-live', 'erasure-told');
  });

  test("is what there was of a recording, with the vendor's job and subtitles, and that its source is left", async () => {
    const path = await recording('report-media', {
      subtitles: ['vtt', 'srt'],
      metadata: { patient: 'Anna Example' },
    });
    const source = `given/report-media.source.mp3`;
    const all = await kept('report-media');
    const ofSource = await kept(source);
    const { body, status } = await erase(path, TOLD);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      removed: {
        objects: all.objects - ofSource.objects,
        bytes: all.bytes - ofSource.bytes,
        jobs: 1,
        workflows: 1,
      },
      kept: [{ what: 'source' }],
    });
    expect(await kept('report-media')).toEqual(ofSource);
    // What erased it stays until Temporal's retention is over, and knows the id only.
    const story = await historyText(stack, 'erase:report-media');
    expect(story).toContain('report-media');
    for (const word of ['Anna', 'given/', 's3://']) expect(story).not.toContain(word);
  });

  test('names what a vendor keeps, and has no body for those who do not ask', async () => {
    for (const [roomId, headers] of [
      ['report-room', TOLD],
      ['report-silent', {}],
    ] as const) {
      const room = { provider: 'videosdk', roomId };
      await stack.api('POST', '/v1/sessions', room, { prefer: 'wait=20' });
      const path = `/v1/sessions/videosdk:${roomId}`;
      await stopSession(stack, path);
      const { status, body } = await erase(path, headers);
      const vendor = { status: 200, body: { kept: [{ what: 'vendor-files' }] } };
      expect({ status, body }).toMatchObject(headers === TOLD ? vendor : { status: 204, body: {} });
    }
  });

  test('is right where the worker was killed after it had removed, and before it could tell', async () => {
    const path = await recording('report-killed');
    const before = await kept('report-killed');
    const hang = { kind: 'hang', ms: 60_000, effect: true } as const;
    stack.s3.inject({ operation: 'DeleteObjects', fault: hang, times: 1 });
    const answer = erase(path, TOLD);
    await eventually(() =>
      expect(stack.s3.keys(TRANSCRIPTS_BUCKET, 'transcripts/report-killed')).toEqual([]),
    );
    await worker.end('SIGKILL');
    worker = await stack.startWorker();
    // It may have been told to ask again.
    await answer;
    await eventually(async () => {
      const { status, body } = await erase(path, TOLD);
      expect(status).toBe(200);
      const removed = { objects: before.objects - 1, jobs: 1, workflows: 1 };
      expect(body).toMatchObject({ removed });
    }, DELETED_WITHIN_MS);
  });
});
