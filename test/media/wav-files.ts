import { createHash, randomBytes } from 'node:crypto';

export type WavParts = {
  readonly channels: number;
  /** Of all channels. */
  readonly data: Buffer;
  readonly bits?: number;
  readonly tag?: number;
  /** Chunks between the format and the data. */
  readonly between?: readonly Buffer[];
  readonly after?: Buffer;
  /** What the header tells instead of the truth. */
  readonly dataBytes?: number;
};

/** A WAV with whatever header. */
export function wavFile({ channels, data, bits = 16, tag = 1, ...more }: WavParts): Buffer {
  const format = Buffer.alloc(16);
  const blockBytes = (channels * bits) / 8;
  format.writeUInt16LE(tag, 0);
  format.writeUInt16LE(channels, 2);
  format.writeUInt32LE(16_000, 4);
  format.writeUInt32LE(16_000 * blockBytes, 8);
  format.writeUInt16LE(blockBytes, 12);
  format.writeUInt16LE(bits, 14);
  const dataHead = Buffer.from('data\0\0\0\0', 'latin1');
  dataHead.writeUInt32LE(more.dataBytes ?? data.length, 4);
  return Buffer.concat([
    Buffer.from('RIFF\u00FF\u00FF\u00FF\u00FFWAVE', 'latin1'),
    chunk('fmt ', format),
    ...(more.between ?? []),
    dataHead,
    data,
    more.after ?? Buffer.alloc(0),
  ]);
}

/** A chunk, padded to an even size. */
export function chunk(id: string, body: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.write(id, 'latin1');
  head.writeUInt32LE(body.length, 4);
  return Buffer.concat([head, body, Buffer.alloc(body.length % 2)]);
}

/** So many samples of each of the channels. */
export function noise(channels: number, samples: number): Buffer {
  return randomBytes(channels * samples * 2);
}

/** The samples of one channel, as a digest: there may be millions. */
function digestOf(data: Buffer, channels: number, channel: number): string {
  const samples = Buffer.alloc(Math.floor(data.length / channels / 2) * 2);
  for (let at = 0; at < samples.length; at += 2) {
    samples.writeInt16LE(data.readInt16LE(at * channels + channel * 2), at);
  }
  return createHash('sha256').update(samples).digest('hex');
}

/** A mono WAV of 44 bytes of header, as others read it. */
export function readMono(file: Buffer): Record<string, unknown> {
  return {
    riff: file.toString('latin1', 0, 4),
    riffBytes: file.readUInt32LE(4),
    kinds: file.toString('latin1', 8, 16),
    formatBytes: file.readUInt32LE(16),
    tag: file.readUInt16LE(20),
    channels: file.readUInt16LE(22),
    sampleRateHertz: file.readUInt32LE(24),
    bytesPerSecond: file.readUInt32LE(28),
    blockBytes: file.readUInt16LE(32),
    bits: file.readUInt16LE(34),
    data: file.toString('latin1', 36, 40),
    dataBytes: file.readUInt32LE(40),
    samples: digestOf(file.subarray(44), 1, 0),
  };
}

/** What `readMono` finds in each of the channels, when they are as they should be. */
export function monosOf(
  data: Buffer,
  channels: number,
  size: 'known' | 'unknown' = 'known',
): Record<string, unknown>[] {
  const dataBytes = data.length / channels;
  return Array.from({ length: channels }, (_, channel) => ({
    riff: 'RIFF',
    riffBytes: size === 'known' ? dataBytes + 36 : 0xff_ff_ff_ff,
    kinds: 'WAVEfmt ',
    formatBytes: 16,
    tag: 1,
    channels: 1,
    sampleRateHertz: 16_000,
    bytesPerSecond: 32_000,
    blockBytes: 2,
    bits: 16,
    data: 'data',
    dataBytes: size === 'known' ? dataBytes : 0xff_ff_ff_ff,
    samples: digestOf(data, channels, channel),
  }));
}
