import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { jobId } from '../../src/providers/amazon-transcribe/job-request.ts';
import { amazonTranscribe } from '../../src/providers/amazon-transcribe/provider.ts';
import type { BatchProvider } from '../../src/providers/port.ts';
import { objectStore } from '../../src/storage/object-store.ts';
import { startMoto } from '../support/moto.ts';
import type { Moto } from '../support/moto.ts';
import { CALL, CALL_JOB, settingsAt } from './amazon-transcribe-scene.ts';

// What others understood of AWS: moto checks little, moves a job at each look, and writes no file.
let moto: Moto;
let provider: BatchProvider;
beforeAll(async () => {
  moto = await startMoto();
  const settings = settingsAt(moto.url, moto.url);
  const { bucket, ...reached } = settings.transcripts;
  const { region, forcePathStyle, credentials } = reached;
  const s3 = new S3Client({
    region,
    forcePathStyle,
    endpoint: moto.url,
    ...(credentials && { credentials }),
  });
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  s3.destroy();
  provider = amazonTranscribe(settings);
});
afterAll(() => moto?.stop());

test('a job lives as with our simulator', async () => {
  const job = await provider.start(CALL);
  expect(job).toMatchObject({ id: CALL_JOB, channel: null });
  expect(await provider.start(CALL)).toMatchObject({ id: CALL_JOB });
  const media = { uri: 's3://audio/other.wav', channel: null };
  expect(await provider.start({ ...CALL, media })).toBeNull();
  if (job === null) throw new Error('no job');
  const states: string[] = [];
  for (let look = 0; look < 4; look += 1) states.push((await provider.look(job)).state);
  expect(states.at(-1)).toBe('completed');
  expect(await provider.read(job, CALL.options)).toBeNull();

  const store = objectStore(settingsAt(moto.url, moto.url).transcripts);
  const key = `jobs/${CALL_JOB}/transcript.json`;
  await store.write(key, '{"results":{"items":[]}}', 'application/json');
  expect(await provider.read(job, CALL.options)).toMatchObject({ segments: [] });
  await provider.forget(CALL.sessionId);
  expect(await store.read(key)).toBeNull();
  await provider.stop(CALL.sessionId);
  await expect(provider.look(job)).rejects.toMatchObject({ kind: 'not-found' });
});

test('every option is taken', async () => {
  const options = {
    identifyLanguage: true,
    languageOptions: ['en-US', 'es-US'],
    vocabularyName: 'words',
    vocabularyFilter: { name: 'bad-words', method: 'remove' },
    subtitles: ['vtt'],
    kmsKeyId: 'alias/key',
    deferred: { roleArn: 'arn:aws:iam::111122223333:role/Admin' },
  };
  const start = { ...CALL, sessionId: 'options', options };
  expect(await provider.start(start)).toMatchObject({ id: jobId(start) });
});
