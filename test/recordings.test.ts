import { once } from 'node:events';
import { fastify } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../src/local/ports.ts';
import { audio } from './support/audio.ts';
import { keepHistory } from './support/histories.ts';
import {
  AUDIO_BUCKET,
  EVENT_SECRET,
  eventually,
  startStack,
  TRANSCRIPTS_BUCKET,
  untilSession,
  type Answer,
  type Stack,
} from './support/stack.ts';

const BUCKET = AUDIO_BUCKET;
const COMPLETED = { status: 'completed', transcript: { words: expect.any(Number) } };

/** Gives its files away to anybody, but for what is slow. */
const host = fastify({ forceCloseConnections: true });
const requested: string[] = [];
host.get<{ Params: { name: string } }>('/:name', async (request, reply) => {
  requested.push(request.params.name);
  // So slow that only whoever asks brings it to an end.
  if (request.url.includes('slow')) await once(request.raw.socket, 'close');
  if (request.url.endsWith('.html')) return reply.type('text/html').send('<html>sorry</html>');
  return reply.type('audio/mpeg').send(audio(2));
});

let stack: Stack;
let hostUrl: string;
beforeAll(async () => {
  hostUrl = await host.listen({ host: '127.0.0.1', port: await freePort('127.0.0.1') });
  stack = await startStack({
    environment: { DURASCRIBE_MEDIA_HOSTS: hostUrl },
    transcribe: { startsPerSecond: 5, concurrentJobs: 20 },
  });
});
afterAll(() => Promise.all([stack.stop(), host.close()]));

async function post(body: Record<string, unknown>, prefer = ''): Promise<Answer> {
  const whole = { provider: 'amazon-transcribe', languageCode: 'en-GB', ...body };
  return stack.api('POST', '/v1/sessions', whole, prefer === '' ? {} : { prefer });
}

const pathOf = ({ body }: Answer) => `/v1/sessions/${String(body['id'])}`;

function jobsOf(name: string) {
  return stack.transcribe.ledger().jobs.filter(({ request }) => {
    return request.Media.MediaFileUri.includes(name);
  });
}

function completedEvent(TranscriptionJobName: string) {
  return {
    id: TranscriptionJobName,
    'detail-type': 'Transcribe Job State Change',
    detail: { TranscriptionJobName, TranscriptionJobStatus: 'COMPLETED' },
  };
}

async function given(name: string): Promise<string> {
  await stack.s3.put(BUCKET, `given/${name}`, audio(2), 'audio/mpeg');
  return `s3://${BUCKET}/given/${name}`;
}

describe.concurrent('a recording', () => {
  test('in a bucket is transcribed where it is', async () => {
    const media = await given('in-place.mp3');
    const started = await post({ media, channels: 2, metadata: { speakers: { ch_0: 'Anna' } } });
    expect(started).toMatchObject({ status: 201, body: { status: 'starting', media } });
    const { createdAt } = started.body;
    expect(started.body['id']).toMatch(/^media:[0-9a-f]{16}$/);
    const session = await untilSession(stack, pathOf(started), COMPLETED);
    expect(session).toMatchObject({
      createdAt,
      task: { id: expect.stringMatching(/^durascribe-media\.[0-9a-f]{16}-[0-9a-f]{8}-1$/) },
    });
    expect(stack.s3.keys(BUCKET, `recordings/${String(started.body['id'])}`)).toEqual([]);
    const again = await post({ media, channels: 2 });
    expect(again).toMatchObject({ status: 200, body: { runId: started.body['runId'] } });
    expect(jobsOf('in-place')).toHaveLength(1);
    const text = await fetch(`${stack.url}${pathOf(started)}/transcript?format=txt`);
    expect(await text.text()).toContain('Anna: ');
    await keepHistory(stack, String(started.body['id']), 'recording-never-archived');
  });

  test('on the web is archived first', async () => {
    const started = await post({ media: `${hostUrl}/archived.mp3?token=secret` });
    expect(started.body['media']).toBe(`${hostUrl}/archived.mp3`);
    await untilSession(stack, pathOf(started), COMPLETED);
    const key = `recordings/${String(started.body['id'])}/audio.mp3`;
    expect((await stack.s3.get(BUCKET, key))?.body).toEqual(audio(2));
  });

  test('can have every option, and they reach the vendor', async () => {
    const media = await given('options.mp3');
    const started = await post(
      {
        media,
        speakers: 3,
        vocabularyName: 'words',
        vocabularyFilter: { name: 'bad-words', method: 'mask' },
        redaction: { types: ['NAME'], output: 'redacted' },
        subtitles: ['vtt', 'srt'],
        kmsKeyId: 'alias/durascribe',
        deferred: { roleArn: 'arn:aws:iam::111122223333:role/durascribe' },
      },
      'wait=20',
    );
    expect(started.status).toBe(201);
    await untilSession(stack, pathOf(started), COMPLETED);
    const [job] = jobsOf('options.mp3');
    expect(job?.request).toMatchObject({
      LanguageCode: 'en-GB',
      OutputBucketName: TRANSCRIPTS_BUCKET,
      OutputEncryptionKMSKeyId: 'alias/durascribe',
      Settings: {
        ShowSpeakerLabels: true,
        MaxSpeakerLabels: 3,
        VocabularyName: 'words',
        VocabularyFilterName: 'bad-words',
        VocabularyFilterMethod: 'mask',
      },
      ContentRedaction: { RedactionType: 'PII', RedactionOutput: 'redacted' },
      Subtitles: { Formats: ['vtt', 'srt'] },
      JobExecutionSettings: { AllowDeferredExecution: true },
    });
  });

  test('with faults in its request is refused with all of them, and costs nothing', async () => {
    const { status, body } = await post({
      media: 'http://example.com/a.mp3',
      identifyLanguage: true,
      channels: 2,
      speakers: 31,
      vocabularyFilter: { name: 'x', method: 'shout' },
      maximum: 1,
    });
    expect(status).toBe(400);
    const paths = Reflect.get(Object(body), 'errors');
    expect(JSON.stringify(paths)).toMatch(/media.*speakers.*method|maximum/s);
    expect(jobsOf('example.com')).toEqual([]);
  });

  test('that the vendor fails tells why, and can be handed in again', async () => {
    await stack.s3.put(BUCKET, 'given/broken.mp3', 'this is not sound', 'audio/mpeg');
    const media = `s3://${BUCKET}/given/broken.mp3`;
    const started = await post({ media });
    const failed = await untilSession(stack, pathOf(started), { status: 'failed' });
    expect(failed).toMatchObject({
      endReason: 'failed',
      failure: { kind: 'rejected', message: expect.stringMatching(/media format/i) },
    });
    await keepHistory(stack, String(started.body['id']), 'recording-failed');
    await given('broken.mp3');
    const again = await post({ media });
    expect(again.status).toBe(201);
    await untilSession(stack, pathOf(again), COMPLETED);
    const names = jobsOf('broken.mp3').map(({ name }) => name.slice(-2));
    expect(names.toSorted()).toEqual(['-1', '-2']);
    await keepHistory(stack, String(again.body['id']), 'recording-again');
  });

  test('waits its turn when the vendor takes no more jobs', async () => {
    const fault = { kind: 'status', status: 429, type: 'LimitExceededException' } as const;
    const media = await given('limited.mp3');
    stack.transcribe.inject({ operation: 'start', fault, times: 3 });
    const started = await post({ media });
    expect(await untilSession(stack, pathOf(started), COMPLETED)).toMatchObject({ failure: null });
  });

  test('that is stopped while it waits ends at once', async () => {
    const started = await post({ media: `${hostUrl}/slow-stopped.mp3` });
    const stop = `${pathOf(started)}/stop`;
    const stopped = await stack.api('POST', stop, undefined, { prefer: 'wait=20' });
    expect(stopped).toMatchObject({
      status: 200,
      body: { status: 'stopped', endReason: 'requested' },
    });
    expect(jobsOf('slow-stopped')).toEqual([]);
    expect((await stack.api('GET', `${pathOf(started)}/transcript`)).status).toBe(404);
    await keepHistory(stack, String(started.body['id']), 'recording-stopped');
  });

  test('that is cancelled while it is archived is stopped, and not transcribed again', async () => {
    const started = await post({ media: `${hostUrl}/slow-cancelled.mp3` });
    const id = String(started.body['id']);
    await eventually(() => expect(requested).toContain('slow-cancelled.mp3'));
    await stack.client.workflow.getHandle(id).cancel();
    await untilSession(stack, pathOf(started), { status: 'stopped', endReason: 'cancelled' });
    await keepHistory(stack, id, 'recording-cancelled');
    const again = await post({ media: `${hostUrl}/slow-cancelled.mp3` });
    expect(again).toMatchObject({ status: 200, body: { status: 'stopped' } });
  });

  test('under an id that is known shows nobody the query of its URL', async () => {
    const [one, other] = ['a', 'b'].map(
      (name) => `${hostUrl}/${name}.mp3?signature=topsecret-${name}`,
    );
    await post({ id: 'known-recording', media: one });
    for (const media of [other, `${hostUrl}/a.mp3?signature=another`]) {
      const { status, body } = await post({ id: 'known-recording', media });
      expect(status).toBe(409);
      expect(JSON.stringify(body)).toContain('/a.mp3');
      expect(JSON.stringify(body)).not.toContain('topsecret');
    }
    await untilSession(stack, '/v1/sessions/known-recording', COMPLETED);
  });

  test('has nothing to do with the events of other jobs', async () => {
    const headers = { 'x-durascribe-event-secret': EVENT_SECRET };
    for (const name of ['transcript-nexmo-abc.mp3', 'durascribe-media.0-00000000-1']) {
      const answer = await stack.api(
        'POST',
        '/webhooks/transcription',
        completedEvent(name),
        headers,
      );
      expect(answer.status).toBe(200);
    }
  });

  test('that takes too long fails, and says so', async () => {
    const started = await post({ media: `${hostUrl}/slow-late.mp3`, maxDurationSeconds: 1 });
    await untilSession(stack, pathOf(started), {
      status: 'failed',
      failure: { kind: 'timeout', message: 'it took longer than 1 s' },
    });
    await keepHistory(stack, String(started.body['id']), 'recording-late');
  });

  test('cannot change, and says why', async () => {
    const started = await post({ media: `${hostUrl}/slow-fixed.mp3` });
    const { status, body } = await stack.api('PATCH', pathOf(started), { languages: ['fr-FR'] });
    expect(status).toBe(501);
    expect(body).toMatchObject({ detail: expect.stringContaining('recording') });
  });

  test('from a host that is not listed is refused at once', async () => {
    const { status, body } = await post({ media: `${stack.url}/healthz` });
    expect({ status, body }).toMatchObject({
      status: 400,
      body: { detail: expect.stringContaining('DURASCRIBE_MEDIA_HOSTS') },
    });
  });

  test('that is a web page is refused, and not kept', async () => {
    const started = await post({ media: `${hostUrl}/page.html` });
    const failed = await untilSession(stack, pathOf(started), { status: 'failed' });
    expect(failed).toMatchObject({ failure: { kind: 'rejected' } });
    expect(stack.s3.keys(BUCKET, `recordings/${String(started.body['id'])}`)).toEqual([]);
    await keepHistory(stack, String(started.body['id']), 'recording-refused');
  });
});
