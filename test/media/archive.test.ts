import { describe, expect, test } from 'vitest';
import type { DownloadFault } from '../../simulators/vonage/faults.ts';
import { listen } from '../support/listen.ts';
import { BUCKET, newBucket, PREFIX, recordedCall } from './archiving.ts';
import type { Bucket, Recorded } from './archiving.ts';

const MANY_PARTS_BYTES = 12_000_000;

/** Nothing is left in the bucket, finished or not. */
function expectNothingIn({ s3 }: Bucket): void {
  expect(s3.keys(BUCKET)).toEqual([]);
  expect(s3.unfinishedUploads(BUCKET)).toEqual([]);
}

function strike({ application }: Recorded, fault: DownloadFault): void {
  application.simulator.inject({ operation: 'download', fault });
}

describe('a recording', () => {
  test.each([
    ['small', 'mp3', 'audio/mpeg', 30_000],
    ['of many parts', 'mp3', 'audio/mpeg', MANY_PARTS_BYTES],
    ['small', 'ogg', 'audio/ogg', 30_000],
    ['of many parts', 'wav', 'audio/wav', MANY_PARTS_BYTES],
  ] as const)('%s, as %s, is archived as it is', async (_how, format, contentType, sizeBytes) => {
    const bucket = await newBucket();
    const recording = await recordedCall({ sizeBytes }, format);
    const told: unknown[] = [];
    const archived = await recording.archive(bucket, {
      progress: (...both) => told.push(both),
    });
    expect(archived).toEqual({
      media: [{ uri: `s3://${BUCKET}/${PREFIX}audio.${format}`, channel: null }],
      bytes: recording.size,
    });
    const there = await recording.application.download(recording.url);
    const kept = await bucket.s3.get(BUCKET, `${PREFIX}audio.${format}`);
    expect(kept?.contentType).toBe(contentType);
    expect(kept?.body.equals(await there.bytes())).toBe(true);
    expect(told[0]).toEqual([0, recording.size]);
    expect(told.at(-1)).toEqual([recording.size, recording.size]);
    expect(bucket.s3.keys(BUCKET)).toEqual([`${PREFIX}audio.${format}`]);
    expect(bucket.s3.unfinishedUploads(BUCKET)).toEqual([]);
  });

  test('is written over by another attempt', async () => {
    const bucket = await newBucket();
    const recording = await recordedCall({ sizeBytes: 6_000_000 });
    const first = await recording.archive(bucket);
    expect(await recording.archive(bucket)).toEqual(first);
    expect(bucket.s3.keys(BUCKET)).toHaveLength(1);
  });

  test('may come without a size, and be as long as it was announced, or longer', async () => {
    const bucket = await newBucket();
    const recording = await recordedCall();
    for (const announcedBytes of [recording.size, recording.size - 1, 0, null]) {
      strike(recording, { kind: 'chunked' });
      const { bytes } = await recording.archive(bucket, { announcedBytes });
      expect(bytes).toBe(recording.size);
    }
  });

  test('of exactly the largest size is archived', async () => {
    const bucket = await newBucket();
    const recording = await recordedCall();
    await recording.archive(bucket, { maxBytes: recording.size });
    expect(bucket.s3.keys(BUCKET)).toHaveLength(1);
  });

  test('tells how far it is while it comes', async () => {
    const bucket = await newBucket();
    const recording = await recordedCall({ sizeBytes: 1_000_000 });
    strike(recording, { kind: 'slow', ms: 60 });
    const told: number[] = [];
    await recording.archive(bucket, { progress: (bytes) => told.push(bytes) });
    expect(told.length).toBeGreaterThan(3);
    expect(told.toSorted((one, other) => one - other)).toEqual(told);
  });
});

describe('what fails leaves nothing:', () => {
  test.each<[string, DownloadFault, object]>([
    [
      'an HTML page',
      { kind: 'html' },
      { kind: 'rejected', message: /transcribed, but an HTML page/ },
    ],
    ['a cut connection', { kind: 'truncated', bytes: 7_000_000 }, { kind: 'unavailable' }],
    ['a cut beginning', { kind: 'truncated', bytes: 100 }, { kind: 'unavailable' }],
    [
      'a stall',
      { kind: 'stalled', bytes: 7_000_000 },
      { kind: 'unavailable', message: /nothing for 0.3 s/ },
    ],
    ['a stall at once', { kind: 'stalled', bytes: 0 }, { kind: 'unavailable' }],
    ['a reset', { kind: 'reset' }, { kind: 'unavailable' }],
    ['an empty file', { kind: 'short', bytes: 0 }, { kind: 'rejected', message: /^no recording$/ }],
    ['404', { kind: 'status', status: 404 }, { kind: 'not-found' }],
    [
      '429',
      { kind: 'status', status: 429, retryAfterSeconds: 3 },
      { kind: 'throttled', facts: { retryAfterMs: 3_000 } },
    ],
    ['503', { kind: 'status', status: 503 }, { kind: 'unavailable' }],
  ])('%s', async (_name, fault, { message, ...expected }: { message?: RegExp }) => {
    const bucket = await newBucket();
    const recording = await recordedCall({ sizeBytes: MANY_PARTS_BYTES });
    strike(recording, fault);
    await expect(recording.archive(bucket, { stallMs: 300 })).rejects.toMatchObject({
      name: 'ProviderError',
      message: expect.stringMatching(message ?? /./),
      ...expected,
    });
    expectNothingIn(bucket);
    await recording.archive(bucket);
    expect(bucket.s3.keys(BUCKET)).toHaveLength(1);
  });

  test('fewer bytes than announced, where no size comes with them', async () => {
    const bucket = await newBucket();
    const recording = await recordedCall({ sizeBytes: MANY_PARTS_BYTES });
    strike(recording, { kind: 'chunked' });
    const announcedBytes = recording.size + 1;
    await expect(recording.archive(bucket, { announcedBytes })).rejects.toMatchObject({
      kind: 'unavailable',
      message: `the recording is truncated: ${recording.size} of ${announcedBytes} bytes came`,
    });
    expectNothingIn(bucket);
  });

  test.each(['told', 'not told'])('a size beyond the largest, %s beforehand', async (how) => {
    const bucket = await newBucket();
    const recording = await recordedCall({ sizeBytes: MANY_PARTS_BYTES });
    if (how === 'not told') strike(recording, { kind: 'chunked' });
    const limits = { announcedBytes: null, maxBytes: recording.size - 1 };
    await expect(recording.archive(bucket, limits)).rejects.toMatchObject({
      kind: 'rejected',
      message: `the recording is larger than ${recording.size - 1} bytes`,
    });
    expectNothingIn(bucket);
    const created = bucket.s3.calls('CreateMultipartUpload').length;
    expect(created).toBe(how === 'told' ? 0 : 1);
  });

  test('a wrong token', async () => {
    const bucket = await newBucket();
    const recording = await recordedCall();
    await expect(recording.archive(bucket, { token: 'nonsense' })).rejects.toMatchObject({
      kind: 'rejected',
      message: 'Vonage answered 401 to a download',
    });
    expectNothingIn(bucket);
  });

  test('a redirect to another host, which never hears of the token', async () => {
    const bucket = await newBucket();
    const recording = await recordedCall();
    let asked = 0;
    const other = await listen((_request, response) => {
      asked += 1;
      response.end('ID3 whatever');
    });
    strike(recording, { kind: 'redirect', url: `${other}/file` });
    await expect(recording.archive(bucket)).rejects.toMatchObject({ kind: 'rejected' });
    expect(asked).toBe(0);
    expectNothingIn(bucket);
  });

  test('a stall of a source that has no limit of its own', async () => {
    const bucket = await newBucket();
    const recording = await recordedCall({ sizeBytes: MANY_PARTS_BYTES });
    strike(recording, { kind: 'stalled', bytes: 7_000_000 });
    await expect(recording.archive(bucket, { patienceMs: 300 })).rejects.toMatchObject({
      kind: 'unavailable',
      message: 'nothing came of the recording for 0.3 s',
    });
    expectNothingIn(bucket);
  });

  test('a signal, whose reason is the error', async () => {
    const bucket = await newBucket();
    const recording = await recordedCall({ sizeBytes: MANY_PARTS_BYTES });
    strike(recording, { kind: 'stalled', bytes: 7_000_000 });
    const stopping = new AbortController();
    const reason = new Error('stopped by the test');
    const archiving = recording
      .archive(bucket, { signal: stopping.signal })
      .catch((error: unknown) => error);
    await expect.poll(() => bucket.s3.unfinishedUploads(BUCKET)).toHaveLength(1);
    stopping.abort(reason);
    expect(await archiving).toBe(reason);
    expectNothingIn(bucket);
  });
});

describe('the bucket', () => {
  test.each(['CreateMultipartUpload', 'UploadPart', 'CompleteMultipartUpload'] as const)(
    'may fail at %s for a moment',
    async (operation) => {
      const bucket = await newBucket();
      const recording = await recordedCall({ sizeBytes: MANY_PARTS_BYTES });
      bucket.s3.inject({ operation, fault: { kind: 'status', status: 503 } });
      expect((await recording.archive(bucket)).bytes).toBe(recording.size);
      expect((await bucket.content('audio.mp3')).length).toBe(recording.size);
    },
  );

  test.each([
    'UploadPart',
    'CompleteMultipartUpload',
    'PutObject',
    'ListMultipartUploads',
  ] as const)('that keeps failing at %s is unavailable', async (operation) => {
    const bucket = await newBucket();
    const sizeBytes = operation === 'PutObject' ? 30_000 : MANY_PARTS_BYTES;
    const recording = await recordedCall({ sizeBytes });
    const fault = { kind: 'status', status: 500 } as const;
    bucket.s3.inject({ operation, fault, times: 9 });
    await expect(recording.archive(bucket)).rejects.toMatchObject({
      kind: 'unavailable',
      message: 'the bucket audio failed: InternalError',
    });
    expectNothingIn(bucket);
  });
});
