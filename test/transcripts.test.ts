import { parseText } from 'media-captions';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SIMULATED_S3 } from '../simulators/credentials.ts';
import { keepHistory } from './support/histories.ts';
import {
  CAPTIONS_BUCKET,
  eventually,
  startSession,
  startStack,
  stopSession,
  untilSession,
  type Stack,
} from './support/stack.ts';

const WAIT_SECONDS = 8;

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({
    environment: {
      DURASCRIBE_TRANSCRIPT_WAIT_SECONDS: String(WAIT_SECONDS),
      AGORA_LEGACY: 'true',
      AGORA_CAPTION_STORAGE_REGION: '0',
      AGORA_CAPTION_STORAGE_BUCKET: CAPTIONS_BUCKET,
      AGORA_CAPTION_STORAGE_ACCESS_KEY: SIMULATED_S3.accessKeyId,
      AGORA_CAPTION_STORAGE_SECRET_KEY: SIMULATED_S3.secretAccessKey,
    },
    captions: { lose: (file) => file.includes('tr-never') || file.includes('tr-gap_00001') },
  });
});
afterAll(() => stack.stop());

const READY = { transcript: { words: expect.any(Number) } };

async function startVideosdk(roomId: string, more: Record<string, unknown> = {}): Promise<string> {
  const body = { provider: 'videosdk', roomId, ...more };
  const answer = await stack.api('POST', '/v1/sessions', body, { prefer: 'wait=20' });
  expect(answer.body).toMatchObject({ status: 'running' });
  return `/v1/sessions/${String(answer.body['id'])}`;
}

async function startAgora(channel: string, more: Record<string, unknown> = {}): Promise<string> {
  return startSession(stack, channel, { captions: { sliceSeconds: 5 }, ...more });
}

async function read(path: string, format: string): Promise<{ type: string | null; text: string }> {
  const response = await fetch(`${stack.url}${path}/transcript?format=${format}`);
  expect(response.status).toBe(200);
  return { type: response.headers.get('content-type'), text: await response.text() };
}

/** All four formats, the subtitles read by a parser that is not ours, agree on what was said. */
async function expectTranscript(path: string, sentences: readonly string[]): Promise<void> {
  const { body } = await stack.api('GET', `${path}/transcript`);
  expect(body).toMatchObject({ segments: expect.any(Array), gaps: expect.any(Array) });
  const text = await read(path, 'txt');
  expect(text.type).toContain('text/plain');
  for (const type of ['vtt', 'srt'] as const) {
    const subtitles = await read(path, type);
    const { cues, errors } = await parseText(subtitles.text, { type, strict: true, errors: true });
    expect(errors).toEqual([]);
    const shown = cues.map((cue) => cue.text).join('\n');
    for (const sentence of sentences) expect(shown).toContain(sentence);
  }
  for (const sentence of sentences) {
    expect(body['text']).toContain(sentence);
    expect(text.text).toContain(sentence);
  }
}

describe.concurrent('the transcript of a session', () => {
  test('of VideoSDK comes from its files, which come after the webhook', async () => {
    const path = await startVideosdk('tr-videosdk', {
      language: 'en-US',
      summary: { enabled: true },
      metadata: { speakers: { Anna: 'Dr. Anna Smith' } },
    });
    await stopSession(stack, path);
    const session = await untilSession(stack, path, READY);
    await keepHistory(stack, 'videosdk:tr-videosdk', 'collection-videosdk');
    expect(session['transcript']).toMatchObject({ languageCode: 'en-US', words: 14 });
    await expectTranscript(path, ['Hello there.', 'Hi Anna, shall we begin?']);
    const { body } = await stack.api('GET', `${path}/transcript`);
    expect(body).toMatchObject({
      sessionId: 'videosdk:tr-videosdk',
      provider: 'videosdk',
      timesAreEstimated: true,
      summary: expect.any(String),
    });
    expect((await read(path, 'vtt')).text).toContain('<v Dr. Anna Smith>');
  });

  test.for(['agora', 'agora-legacy'])('of %s comes from its captions', async (provider) => {
    const path = await startAgora(`tr-${provider}`, { provider });
    await stopSession(stack, path);
    await untilSession(stack, path, READY);
    await keepHistory(stack, `${provider}:tr-${provider}`, `collection-${provider}`);
    const { body } = await stack.api('GET', `${path}/transcript`);
    const [first] = Array.isArray(body['segments']) ? body['segments'] : [];
    expect(first).toMatchObject({ speaker: expect.stringMatching(/^\d+$/) });
    await expectTranscript(path, [String(Reflect.get(Object(first), 'text'))]);
    expect(body).toMatchObject({ gaps: [] });
  });

  test('has a gap where a segment of the captions never came', async () => {
    const path = await startAgora('tr-gap');
    // By then the first of the 5 s slices is over.
    await stack.api('PATCH', path, { languages: ['fr-FR'] }, { prefer: 'wait=20' });
    await stopSession(stack, path);
    await untilSession(stack, path, READY);
    const { body } = await stack.api('GET', `${path}/transcript`);
    expect(body).toMatchObject({
      gaps: [{ startSeconds: 5, reason: expect.stringContaining('missing') }],
    });
    expect(body['segments']).not.toEqual([]);
    expect((await read(path, 'txt')).text).toContain('missing');
  });

  test('is refused with what it waits for until it is ready', async () => {
    const path = await startVideosdk('tr-waiting');
    const live = await stack.api('GET', `${path}/transcript`);
    expect(live).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('the end of the session') },
    });
    const fault = { kind: 'status', status: 404 } as const;
    stack.videosdk.inject({ operation: 'file', roomId: 'tr-waiting', fault, times: 2 });
    await stopSession(stack, path);
    const later = await stack.api('GET', `${path}/transcript`);
    expect(later).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('the files of VideoSDK') },
    });
    expect(later.headers.get('retry-after')).not.toBeNull();
    const { body: explained } = await stack.api('GET', `${path}/explain`);
    const { body: session } = await stack.api('GET', path);
    const until = new Date(Date.parse(String(session['endedAt'])) + WAIT_SECONDS * 1_000);
    expect(explained).toMatchObject({
      step: { name: 'collectTranscript', givesUpAt: until.toISOString() },
      next: expect.stringContaining(`What has not come by ${until.toISOString()} is left out`),
    });
    await untilSession(stack, path, READY);
  });

  test('never comes where nothing was ever uploaded, and says so', async () => {
    const path = await startAgora('tr-never');
    await stopSession(stack, path);
    await eventually(async () => {
      const { status, body } = await stack.api('GET', `${path}/transcript`);
      expect(status).toBe(404);
      expect(body).toMatchObject({ detail: expect.stringContaining('did not come within 8 s') });
    });
    await keepHistory(stack, 'agora:tr-never', 'collection-in-vain');
  });

  test('of a session without captions is a 404 that says why', async () => {
    const path = await startSession(stack, 'tr-without');
    await stopSession(stack, path);
    const { status, body } = await stack.api('GET', `${path}/transcript`);
    expect(status).toBe(404);
    expect(body).toMatchObject({ detail: expect.stringContaining('without captions') });
  });

  test('is collected also when the room is at once in use again', async () => {
    const room = 'tr-again';
    const fault = { kind: 'status', status: 404 } as const;
    stack.videosdk.inject({ operation: 'file', roomId: room, fault, times: 2 });
    const path = await startVideosdk(room);
    const first = await stopSession(stack, path);
    await startVideosdk(room);
    const second = await stack.api('GET', path);
    expect(second.body['runId']).not.toBe(first['runId']);
    await eventually(async () => {
      const earlier = `${path}/transcript?runId=${String(first['runId'])}`;
      expect(await stack.api('GET', earlier)).toMatchObject({
        status: 200,
        body: { text: expect.stringContaining('Hello there.') },
      });
    });
    await keepHistory(stack, `videosdk:${room}`, 'made-way', String(first['runId']));
    await keepHistory(
      stack,
      `transcript:videosdk:${room}:${String(first['runId'])}`,
      'collection-elsewhere',
    );
    await stopSession(stack, path);
  });

  test('is a 404 that says why once its session was ended from outside', async () => {
    const path = await startVideosdk('tr-terminated');
    await stack.client.workflow.getHandle('videosdk:tr-terminated').terminate();
    await untilSession(stack, path, { status: 'failed' });
    const { status, body } = await stack.api('GET', `${path}/transcript`);
    expect(status).toBe(404);
    expect(body).toMatchObject({ detail: expect.stringContaining('before it was collected') });
  });

  test('is kept when a file of it is too strange to be read', async () => {
    const room = 'tr-strange';
    const fault = { kind: 'status', status: 410 } as const;
    stack.videosdk.inject({ operation: 'file', roomId: room, fault, times: 99 });
    const path = await startVideosdk(room);
    await stopSession(stack, path);
    await eventually(async () => {
      expect((await stack.api('GET', `${path}/transcript`)).status).toBe(404);
    });
  });

  test('comes in the format that the caller accepts', async () => {
    const path = await startVideosdk('tr-accept');
    await stopSession(stack, path);
    await untilSession(stack, path, READY);
    const typeOf = async (accept: string) => {
      const answer = await fetch(`${stack.url}${path}/transcript`, { headers: { accept } });
      return [answer.status, answer.headers.get('content-type')?.split(';')[0]];
    };
    expect(await typeOf('text/vtt, */*;q=0.1')).toEqual([200, 'text/vtt']);
    for (const type of ['application/x-subrip', 'text/srt', 'text/plain;q=0.1, text/srt']) {
      expect(await typeOf(type)).toEqual([200, 'application/x-subrip']);
    }
    expect(await typeOf('text/plain')).toEqual([200, 'text/plain']);
    for (const type of ['*/*', ' ']) expect(await typeOf(type)).toEqual([200, 'application/json']);
    expect(await typeOf('application/json;q=0, */*')).toEqual([200, 'text/plain']);
    expect(await typeOf('image/png')).toEqual([406, 'application/problem+json']);
    const wrong = await stack.api('GET', `${path}/transcript?format=docx`);
    expect(wrong.status).toBe(400);
  });

  test('survives a store that fails for a while', async () => {
    const path = await startVideosdk('tr-store-away');
    const fault = { kind: 'status', status: 503 } as const;
    const keyPrefix = 'transcripts/videosdk:tr-store-away';
    stack.s3.inject({ operation: 'PutObject', keyPrefix, fault, times: 4 });
    await stopSession(stack, path);
    await untilSession(stack, path, READY);
  });
});
