import { describe, expect, test } from 'vitest';
import { checkedMedia } from '../../simulators/transcribe/media.ts';
import { JOB_MS, jobOf, rulesBroken, transcribeCaller, wav } from './transcribe-caller.ts';
import { startRequestSchema } from '../../simulators/transcribe/start-request.ts';
import type { Job } from './transcribe-caller.ts';

const GB = 1024 ** 3;

describe('a job', () => {
  test('is done when its time has come, by itself', async () => {
    const caller = await transcribeCaller({ now: Date.now, jobMs: 30 });
    await caller.start();
    await expect
      .poll(async () => (await caller.get()).TranscriptionJobStatus, { interval: 40 })
      .toBe('COMPLETED');
    expect(caller.s3.keys('transcripts')).toEqual(['job.json']);
  });

  test('is done once, however often it is hurried', async () => {
    const caller = await transcribeCaller();
    await caller.start();
    await caller.advance(JOB_MS - 1);
    const { simulator, s3 } = caller;
    await Promise.all([
      simulator.completeJob('job'),
      simulator.completeJob('job'),
      caller.advance(1),
    ]);
    expect(s3.calls('GetObject')).toHaveLength(1);
    expect((await caller.get()).TranscriptionJobStatus).toBe('COMPLETED');
  });

  test('that is failed while its media is read stays failed', async () => {
    const caller = await transcribeCaller();
    await caller.start();
    const done = caller.simulator.completeJob('job');
    caller.simulator.failJob('job', 'why not');
    await done;
    expect(await caller.get()).toMatchObject({
      TranscriptionJobStatus: 'FAILED',
      FailureReason: 'why not',
    });
  });

  test.each<[string, string, Buffer, Partial<Job>]>([
    ['does not match the detected media format', 'a.mp3', wav(1), { MediaFormat: 'mp3' }],
    [
      'does not match the detected media format',
      'a.wav',
      Buffer.from('ID3 …'),
      { MediaFormat: 'wav' },
    ],
    ['Unsupported media format.', 'a.txt', Buffer.from('hello, world'), {}],
    ['Unsupported media format.', 'empty.wav', Buffer.alloc(0), {}],
    ['Invalid number of channels: number of channels too large.', 'a.wav', wav(3), {}],
    ['Invalid sample rate for audio file.', 'a.wav', wav(1, 4_000), {}],
    ['does not match the detected sample rate', 'a.wav', wav(1), { MediaSampleRateHertz: 16_000 }],
  ])('fails where its media is no good: %s', async (reason, key, content, job) => {
    const caller = await transcribeCaller();
    await caller.s3.put('audio', key, content);
    expect(
      await caller.finished({ ...job, Media: { MediaFileUri: `s3://audio/${key}` } }),
    ).toMatchObject({
      TranscriptionJobStatus: 'FAILED',
      FailureReason: expect.stringContaining(reason),
      CompletionTime: expect.any(Date),
    });
    expect(rulesBroken(caller)).toEqual([]);
  });

  test.each([
    ["can't be accessed", { Media: { MediaFileUri: 's3://audio/none.wav' } }],
    ["can't be accessed", { Media: { MediaFileUri: 's3://no-bucket/call.wav' } }],
    ["isn't valid", { Media: { MediaFileUri: 'https://example.com/call.wav' } }],
    ['write permission', { OutputBucketName: 'no-bucket' }],
  ])('fails, later, where a bucket or an object is missing: %s', async (reason, job) => {
    const caller = await transcribeCaller();
    expect((await caller.start(job)).TranscriptionJobStatus).toBe('IN_PROGRESS');
    await caller.advance(JOB_MS);
    expect(await caller.get()).toMatchObject({
      TranscriptionJobStatus: 'FAILED',
      FailureReason: expect.stringContaining(reason),
    });
  });

  test.each([
    'https://s3.us-east-1.amazonaws.com/audio/a%20b.wav',
    'https://s3-us-east-1.amazonaws.com/audio/a%20b.wav',
    'https://audio.s3.eu-west-1.amazonaws.com/a%20b.wav',
    's3://audio/a b.wav',
  ])('finds its media by any form of its URI: %s', async (MediaFileUri) => {
    const caller = await transcribeCaller();
    await caller.s3.put('audio', 'a b.wav', wav(1, 16_000));
    expect(await caller.finished({ Media: { MediaFileUri } })).toMatchObject({
      TranscriptionJobStatus: 'COMPLETED',
      MediaFormat: 'wav',
      MediaSampleRateHertz: 16_000,
    });
  });
});

describe('media', () => {
  test.each([
    ['mp3', Buffer.from('ID3\u0004')],
    ['mp3', Buffer.from([0xff, 0xfb, 0x90, 0x00])],
    ['flac', flac(44_100, 2)],
    ['ogg', Buffer.from('OggS')],
    ['amr', Buffer.from('#!AMR\n')],
    ['webm', Buffer.from([0x1a, 0x45, 0xdf, 0xa3])],
    ['mp4', Buffer.from('\0\0\0\u0020ftypisom')],
    ['m4a', Buffer.from('\0\0\0\u0020ftypM4A ')],
  ] as const)('is known by its beginning: %s', (format, head) => {
    expect(checkedMedia(startRequest(), head, head.length).format).toBe(format);
  });

  test('of 2 GB is taken, a larger one is not', () => {
    const head = wav(1);
    expect(checkedMedia(startRequest(), head, 2 * GB)).toMatchObject({ seconds: 1 });
    expect(() => checkedMedia(startRequest(), head, 2 * GB + 1)).toThrow(
      'Invalid file size: file size too large.',
    );
  });

  test('in mp4 may be called m4a, and the other way round', () => {
    const head = Buffer.from('\0\0\0\u0020ftypisom');
    expect(checkedMedia({ ...startRequest(), MediaFormat: 'm4a' }, head, 9).format).toBe('m4a');
  });

  test('in flac is checked for channels too', () => {
    const head = flac(44_100, 3);
    expect(() => checkedMedia(startRequest(), head, head.length)).toThrow('number of channels');
  });
});

function startRequest() {
  return startRequestSchema.parse(jobOf());
}

/** The beginning of a flac file that tells no more than its rate and channels. */
function flac(sampleRate: number, channels: number): Buffer {
  const head = Buffer.alloc(42);
  head.write('fLaC', 'latin1');
  const told = (BigInt(sampleRate) << 44n) | (BigInt(channels - 1) << 41n) | (15n << 36n);
  head.writeBigUInt64BE(told, 18);
  return head;
}
