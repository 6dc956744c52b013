import { describe, expect, test } from 'vitest';
import { callInChannels, JOB_MS, transcribeCaller } from './transcribe-caller.ts';

const BUCKET_URI = 'https://s3.us-east-1.amazonaws.com/transcripts';
const VALID_MS = 900_000;
const speech = () => callInChannels;

describe('the place of the output', () => {
  test.each([
    [undefined, 'job.json'],
    ['mine.json', 'mine.json'],
    ['folder/mine.json', 'folder/mine.json'],
    ['folder', 'folder/job.json'],
    ['folder/', 'folder/job.json'],
  ])('follows from OutputKey %s', async (OutputKey, key) => {
    const caller = await transcribeCaller();
    const { Transcript } = await caller.finished({ OutputKey });
    expect(Transcript).toEqual({ TranscriptFileUri: `${BUCKET_URI}/${key}` });
    expect(await caller.output(key)).toMatchObject({ jobName: 'job', status: 'COMPLETED' });
  });

  test('is the bucket of the service where the job names none, for 15 minutes at a time', async () => {
    const caller = await transcribeCaller({ speech });
    const { Transcript } = await caller.finished({ OutputBucketName: undefined });
    const uri = String(Transcript?.TranscriptFileUri);
    const fetched = await fetch(uri);
    expect(await fetched.json()).toMatchObject({ jobName: 'job' });
    await caller.advance(VALID_MS);
    expect((await fetch(uri)).status).toBe(403);
    const renewed = (await caller.get()).Transcript?.TranscriptFileUri;
    expect((await fetch(String(renewed))).status).toBe(200);
    for (const other of [/asrOutput/, /Signature=./]) {
      expect((await fetch(String(renewed).replace(other, '$&x'))).status).toBe(403);
    }
  });
});

describe('redaction', () => {
  test('puts a second file beside the first', async () => {
    const caller = await transcribeCaller({ speech });
    const { Transcript } = await caller.finished({
      OutputKey: 'folder/mine.json',
      ContentRedaction: { RedactionType: 'PII', RedactionOutput: 'redacted_and_unredacted' },
    });
    expect(Transcript).toEqual({
      TranscriptFileUri: `${BUCKET_URI}/folder/mine.json`,
      RedactedTranscriptFileUri: `${BUCKET_URI}/folder/redacted-mine.json`,
    });
    expect((await caller.output('folder/mine.json')).results.transcripts).toEqual([
      { transcript: 'Zero! One, two. Anna?' },
    ]);
    const redacted = await caller.output('folder/redacted-mine.json');
    expect(redacted['isRedacted']).toBe(true);
    expect(redacted.results.transcripts).toEqual([{ transcript: 'Zero! One, two. [PII]?' }]);
    expect(redacted.results.items.at(-2)).toMatchObject({
      alternatives: [{ content: '[PII]', redactions: [{ confidence: '0.9999' }] }],
    });
  });

  test('leaves only the redacted file where only that is asked for', async () => {
    const caller = await transcribeCaller({ speech });
    const { Transcript } = await caller.finished({
      ContentRedaction: { RedactionType: 'PII', RedactionOutput: 'redacted' },
      Subtitles: { Formats: ['vtt'] },
    });
    expect(Transcript).toEqual({ RedactedTranscriptFileUri: `${BUCKET_URI}/redacted-job.json` });
    expect(caller.s3.keys('transcripts')).toEqual(['job.vtt', 'redacted-job.json']);
    expect(await caller.file('job.vtt')).not.toContain('Anna');
  });

  test('hides no other kinds of words than were asked for', async () => {
    const caller = await transcribeCaller({ speech });
    await caller.finished({
      ContentRedaction: {
        RedactionType: 'PII',
        RedactionOutput: 'redacted',
        PiiEntityTypes: ['PHONE'],
      },
    });
    expect((await caller.output('redacted-job.json')).results.transcripts).toEqual([
      { transcript: 'Zero! One, two. Anna?' },
    ]);
  });
});

test('subtitles are written beside the transcript', async () => {
  const caller = await transcribeCaller({ speech });
  await caller.start({ OutputKey: 'a/mine.json', Subtitles: { Formats: ['vtt', 'srt'] } });
  await caller.advance(JOB_MS);
  expect((await caller.get()).Subtitles).toEqual({
    Formats: ['vtt', 'srt'],
    OutputStartIndex: 0,
    SubtitleFileUris: [`${BUCKET_URI}/a/mine.vtt`, `${BUCKET_URI}/a/mine.srt`],
  });
  expect(await caller.file('a/mine.vtt')).toBe(
    [
      'WEBVTT',
      '',
      '0',
      '00:00:00.250 --> 00:00:00.500',
      'Zero!',
      '',
      '1',
      '00:00:01.000 --> 00:00:03.000',
      'One, two.',
      '',
      '2',
      '00:00:03.500 --> 00:00:04.000',
      'Anna?',
      '',
    ].join('\n'),
  );
  const srt = await caller.file('a/mine.srt');
  expect(srt).toMatch(/^0\n00:00:00,250 --> 00:00:00,500\nZero!\n\n1\n/);
});
