import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { archive } from '../../src/media/archive.ts';
import type { Archived, ArchivedRecording } from '../../src/media/archive.ts';
import { BUCKET, newBucket, PREFIX, recordedCall } from './archiving.ts';
import type { Bucket } from './archiving.ts';
import { chunk, monosOf, noise, readMono, wavFile } from './wav-files.ts';

const PCM_GUID = Buffer.from('0100000000001000800000aa00389b71', 'hex');

/** Archives a file that comes in pieces of so many bytes. */
function archiveFile(
  { store }: Bucket,
  file: Buffer,
  pieceBytes: number,
  changes: Partial<ArchivedRecording & { bytes: number | null }> = {},
): Promise<Archived> {
  const pieces = Array.from({ length: Math.ceil(file.length / pieceBytes) }, (_, index) =>
    file.subarray(index * pieceBytes, (index + 1) * pieceBytes),
  );
  const { bytes = file.length, ...more } = changes;
  const open = async () => ({
    stream: Readable.from(pieces, { objectMode: false }),
    bytes,
    contentType: null,
  });
  const recording = { open, announcedBytes: null, channels: 3, maxBytes: 1e9, ...more };
  const { signal } = new AbortController();
  return archive(recording, { store, prefix: PREFIX }, () => {}, signal);
}

function splitMedia(channels: number): Archived['media'] {
  return Array.from({ length: channels }, (_, channel) => ({
    uri: `s3://${BUCKET}/${PREFIX}ch_${channel}.wav`,
    channel: `ch_${channel}`,
  }));
}

/** What has become of the channels, in the order of their numbers. */
async function splitIn(bucket: Bucket): Promise<unknown[]> {
  expect(bucket.s3.unfinishedUploads(BUCKET)).toEqual([]);
  const keys = bucket.s3.keys(BUCKET);
  const files = keys.map((_key, channel) => bucket.content(`ch_${channel}.wav`));
  return (await Promise.all(files)).map((file) => readMono(file));
}

describe('of Vonage', () => {
  test('a WAV of two channels stays one', async () => {
    const bucket = await newBucket();
    const audio = wavFile({ channels: 2, data: noise(2, 16_000) });
    const recording = await recordedCall({ audio }, 'wav');
    const { media } = await recording.archive(bucket);
    expect(media).toEqual([{ uri: `s3://${BUCKET}/${PREFIX}audio.wav`, channel: null }]);
    expect((await bucket.content('audio.wav')).equals(audio)).toBe(true);
  });

  test.each(['plain', 'extensible', 'streamed'] as const)(
    'a %s WAV of three channels is split, sample by sample',
    async (wavHeader) => {
      const bucket = await newBucket();
      const recording = await recordedCall({ wavHeader, durationSeconds: 9 }, 'wav', 3);
      const { media, bytes } = await recording.archive(bucket);
      expect(media).toEqual(splitMedia(3));
      expect(bytes).toBe(recording.size);
      const file = Buffer.from(await (await recording.application.download(recording.url)).bytes());
      expect(await splitIn(bucket)).toEqual(monosOf(file.subarray(file.length - 9 * 96_000), 3));
    },
  );

  test('one of eight channels, and of many parts each, is split', async () => {
    const bucket = await newBucket();
    const data = noise(8, 3_000_000);
    const recording = await recordedCall({ audio: wavFile({ channels: 8, data }) }, 'wav', 8);
    expect((await recording.archive(bucket)).media).toEqual(splitMedia(8));
    expect(await splitIn(bucket)).toEqual(monosOf(data, 8));
  });

  test('one that is cut, or stalls, leaves nothing', async () => {
    const bucket = await newBucket();
    const recording = await recordedCall({ sizeBytes: 40_000_000 }, 'wav', 3);
    for (const kind of ['truncated', 'stalled'] as const) {
      const fault = { kind, bytes: 30_000_000 };
      recording.application.simulator.inject({ operation: 'download', fault });
      const archiving = recording.archive(bucket, { stallMs: 300 });
      await expect(archiving).rejects.toMatchObject({ kind: 'unavailable' });
      expect(bucket.s3.calls('CreateMultipartUpload').length).toBeGreaterThan(0);
      expect(bucket.s3.keys(BUCKET)).toEqual([]);
      expect(bucket.s3.unfinishedUploads(BUCKET)).toEqual([]);
    }
  });

  test('one whose channels fail to be kept gives the others up, and waits for no more', async () => {
    const bucket = await newBucket();
    const recording = await recordedCall({ sizeBytes: 40_000_000 }, 'wav', 3);
    const stall = { kind: 'stalled', bytes: 15_740_000 } as const;
    recording.application.simulator.inject({ operation: 'download', fault: stall });
    const fault = { kind: 'status', status: 403, code: 'AccessDenied' } as const;
    bucket.s3.inject({ operation: 'UploadPart', keyPrefix: `${PREFIX}ch_1`, fault, times: 9 });
    await expect(recording.archive(bucket)).rejects.toMatchObject({
      kind: 'unavailable',
      message: 'the bucket audio failed: AccessDenied',
    });
    expect(bucket.s3.keys(BUCKET)).toEqual([]);
    expect(bucket.s3.unfinishedUploads(BUCKET)).toEqual([]);
  }, 10_000);
});

describe('a WAV of three channels', () => {
  test.each([1, 7, 50, 4_096])('is split when it comes in pieces of %i bytes', async (bytes) => {
    const bucket = await newBucket();
    const data = noise(3, 500);
    const between = [chunk('LIST', Buffer.from('odd')), chunk('fact', Buffer.alloc(4))];
    await archiveFile(bucket, wavFile({ channels: 3, data, between }), bytes);
    expect(await splitIn(bucket)).toEqual(monosOf(data, 3));
  });

  test('may have a long header, and chunks after its samples', async () => {
    const bucket = await newBucket();
    const data = noise(3, 500);
    const between = [chunk('LIST', noise(1, 100_000))];
    const after = chunk('LIST', Buffer.from('INFO'));
    await archiveFile(bucket, wavFile({ channels: 3, data, between, after }), 999);
    expect(await splitIn(bucket)).toEqual(monosOf(data, 3));
  });

  test.each([0, 0xff_ff_ff_ff])(
    'that tells %i bytes has as many as there are',
    async (dataBytes) => {
      const data = noise(3, 500);
      const file = wavFile({ channels: 3, data, dataBytes });
      const known = await newBucket();
      await archiveFile(known, file, 333);
      expect(await splitIn(known)).toEqual(monosOf(data, 3));
      const unknown = await newBucket();
      await archiveFile(unknown, file, 333, { bytes: null });
      expect(await splitIn(unknown)).toEqual(monosOf(data, 3, 'unknown'));
    },
  );

  test('that tells more than there are is split as far as it goes, or is truncated', async () => {
    const bucket = await newBucket();
    const data = noise(3, 500);
    const file = wavFile({ channels: 3, data, dataBytes: data.length + 6 });
    await expect(archiveFile(bucket, file, 333, { bytes: null })).rejects.toMatchObject({
      kind: 'unavailable',
      message: 'the recording ends before its WAV header says',
    });
    expect(bucket.s3.keys(BUCKET)).toEqual([]);
    await archiveFile(bucket, file, 333);
    expect(await splitIn(bucket)).toEqual(monosOf(data, 3));
  });

  test('whose last block is not whole is split without it', async () => {
    const bucket = await newBucket();
    const data = noise(3, 500);
    await archiveFile(bucket, wavFile({ channels: 3, data: data.subarray(0, -1) }), 333);
    expect(await splitIn(bucket)).toEqual(monosOf(data.subarray(0, -6), 3));
  });

  test.each([2, 4, 32])('is split by its own count, not by the %i told', async (channels) => {
    const bucket = await newBucket();
    const data = noise(3, 500);
    const { media } = await archiveFile(bucket, wavFile({ channels: 3, data }), 333, { channels });
    expect(media).toEqual(splitMedia(3));
    expect(await splitIn(bucket)).toEqual(monosOf(data, 3));
  });

  test('stays as it is where nobody wants them told apart', async () => {
    const bucket = await newBucket();
    const file = wavFile({ channels: 3, data: noise(3, 500) });
    await archiveFile(bucket, file, 333, { channels: null });
    expect((await bucket.content('audio.wav')).equals(file)).toBe(true);
  });

  test.each([
    ['24 bits', { bits: 24 }],
    ['32 bits, floating', { bits: 32, tag: 3 }],
    ['A-law', { bits: 8, tag: 6 }],
  ])('of %s is refused', async (_name, format) => {
    const bucket = await newBucket();
    const file = wavFile({ channels: 3, data: noise(3, 500), ...format });
    await expect(archiveFile(bucket, file, 333)).rejects.toMatchObject({
      kind: 'rejected',
      message:
        '3 channels can be transcribed of a WAV of PCM, 16 bits, not of a WAV of another encoding',
    });
    expect(bucket.s3.keys(BUCKET)).toEqual([]);
  });
});

describe('three channels are told, but', () => {
  test.each([1, 2])('a WAV of %i stays one', async (channels) => {
    const bucket = await newBucket();
    const file = wavFile({ channels, data: noise(channels, 500) });
    const { media } = await archiveFile(bucket, file, 333);
    expect(media).toEqual([{ uri: `s3://${BUCKET}/${PREFIX}audio.wav`, channel: null }]);
    expect((await bucket.content('audio.wav')).equals(file)).toBe(true);
  });

  test('an MP3, which has two at the most, stays one', async () => {
    const bucket = await newBucket();
    const recording = await recordedCall();
    await recording.archive(bucket, { channels: 3 });
    expect(bucket.s3.keys(BUCKET)).toEqual([`${PREFIX}audio.mp3`]);
  });

  test.each([
    ['OggS\0\0', 'ogg'],
    ['RIFF\0\0\0\0WAVEdata\0\0\0\0', 'broken WAV'],
    ['RIFF\0\0\0\0WAVEfmt \u0002\0\0\0\0\0data\0\0\0\0', 'broken WAV'],
    ['RIFF\0\0\0\0WAVEfmt ', 'broken WAV'],
  ])('%j is refused', async (begins, what) => {
    const bucket = await newBucket();
    await expect(archiveFile(bucket, Buffer.from(begins, 'latin1'), 5)).rejects.toMatchObject({
      kind: 'rejected',
      message: expect.stringMatching(new RegExp(`not of a ${what}$`)),
    });
    expect(bucket.s3.keys(BUCKET)).toEqual([]);
  });

  test('a header that never ends is refused', async () => {
    const bucket = await newBucket();
    const between = [chunk('LIST', noise(1, 1_000_000))];
    const file = wavFile({ channels: 3, data: noise(3, 5), between });
    await expect(archiveFile(bucket, file, 65_536)).rejects.toMatchObject({ kind: 'rejected' });
  });
});

test('the longer format chunk tells PCM by its GUID', async () => {
  const data = noise(3, 50);
  const plain = wavFile({ channels: 3, data });
  const [head, rest] = [plain.subarray(0, 12), plain.subarray(36)];
  const extended = (guid: Buffer) => {
    const format = Buffer.concat([plain.subarray(20, 36), Buffer.alloc(8), guid]);
    format.writeUInt16LE(0xff_fe, 0);
    return Buffer.concat([head, chunk('fmt ', format), rest]);
  };
  const bucket = await newBucket();
  await archiveFile(bucket, extended(PCM_GUID), 33);
  expect(await splitIn(bucket)).toEqual(monosOf(data, 3));
  const float = Buffer.from(PCM_GUID);
  float[0] = 3;
  await expect(archiveFile(bucket, extended(float), 33)).rejects.toMatchObject({
    kind: 'rejected',
  });
});

describe('a header that nobody could mean', () => {
  test('of more channels than a request may have is refused before any is uploaded', async () => {
    const bucket = await newBucket();
    const file = wavFile({ channels: 300, data: noise(300, 10) });
    await expect(archiveFile(bucket, file, 1_000)).rejects.toMatchObject({ kind: 'rejected' });
    expect(bucket.s3.keys(BUCKET)).toEqual([]);
  });

  test('of a rate that does not fit into another header is broken', async () => {
    const bucket = await newBucket();
    const file = wavFile({ channels: 3, data: noise(3, 10) });
    file.writeUInt32LE(0xff_ff_ff_ff, 24);
    await expect(archiveFile(bucket, file, 1_000)).rejects.toMatchObject({ kind: 'rejected' });
  });
});
