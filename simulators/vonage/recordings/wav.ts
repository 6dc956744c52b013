import { z } from 'zod';
import type { Parts } from './audio.ts';

const SAMPLE_RATE = 16_000;
const SAMPLE_BYTES = 2;
const AMPLITUDE = 8_000;
const UINT32_MAX = 0xff_ff_ff_ff;
const PCM = 1;
const EXTENSIBLE = 0xff_fe;
const PCM_GUID = '0100000000001000800000aa00389b71';

/**
 * `plain` is what everybody expects; `extensible` says the same with the longer format chunk and has
 * a chunk before the data; `streamed` was written before its length was known.
 */
export const wavHeaderSchema = z.enum(['plain', 'extensible', 'streamed']);
export type WavHeader = z.infer<typeof wavHeaderSchema>;

/** The tone of each channel, so that they can be told apart; whole hertz, so that a second repeats. */
export function toneHertz(channel: number): number {
  return 200 + 100 * channel;
}

export function wavParts(
  channels: number,
  durationSeconds: number,
  sizeBytes: number | undefined,
  header: WavHeader,
): Parts {
  const blockBytes = channels * SAMPLE_BYTES;
  const headBytes = wavHead(channels, 0, header).length;
  const blocks =
    sizeBytes === undefined ? durationSeconds * SAMPLE_RATE : (sizeBytes - headBytes) / blockBytes;
  const bodyBytes = Math.max(1, Math.ceil(blocks)) * blockBytes;
  return { head: wavHead(channels, bodyBytes, header), loop: oneSecond(channels), bodyBytes };
}

function oneSecond(channels: number): Buffer {
  const second = Buffer.alloc(SAMPLE_RATE * channels * SAMPLE_BYTES);
  for (let channel = 0; channel < channels; channel += 1) {
    const step = (2 * Math.PI * toneHertz(channel)) / SAMPLE_RATE;
    for (let sample = 0; sample < SAMPLE_RATE; sample += 1) {
      const value = Math.round(AMPLITUDE * Math.sin(step * sample));
      second.writeInt16LE(value, (sample * channels + channel) * SAMPLE_BYTES);
    }
  }
  return second;
}

function wavHead(channels: number, bodyBytes: number, header: WavHeader): Buffer {
  const extensible = header === 'extensible';
  const chunks = [
    chunk('fmt ', format(channels, extensible)),
    ...(extensible ? [chunk('LIST', Buffer.from('INFOISFT\u0006\0\0\0Vonag\0', 'latin1'))] : []),
  ];
  const before = 4 + chunks.reduce((bytes, { length }) => bytes + length, 0) + 8;
  const told = (bytes: number) =>
    header === 'streamed' ? UINT32_MAX : Math.min(bytes, UINT32_MAX);
  return Buffer.concat([
    chunkHead('RIFF', told(before + bodyBytes)),
    Buffer.from('WAVE', 'latin1'),
    ...chunks,
    chunkHead('data', told(bodyBytes)),
  ]);
}

function format(channels: number, extensible: boolean): Buffer {
  const chunkBody = Buffer.alloc(extensible ? 40 : 16);
  const blockBytes = channels * SAMPLE_BYTES;
  chunkBody.writeUInt16LE(extensible ? EXTENSIBLE : PCM, 0);
  chunkBody.writeUInt16LE(channels, 2);
  chunkBody.writeUInt32LE(SAMPLE_RATE, 4);
  chunkBody.writeUInt32LE(SAMPLE_RATE * blockBytes, 8);
  chunkBody.writeUInt16LE(blockBytes, 12);
  chunkBody.writeUInt16LE(SAMPLE_BYTES * 8, 14);
  if (extensible) {
    chunkBody.writeUInt16LE(22, 16);
    chunkBody.writeUInt16LE(SAMPLE_BYTES * 8, 18);
    chunkBody.write(PCM_GUID, 24, 'hex');
  }
  return chunkBody;
}

function chunk(id: string, body: Buffer): Buffer {
  return Buffer.concat([chunkHead(id, body.length), body]);
}

function chunkHead(id: string, bytes: number): Buffer {
  const head = Buffer.alloc(8);
  head.write(id, 'latin1');
  head.writeUInt32LE(bytes, 4);
  return head;
}
