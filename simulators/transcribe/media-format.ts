import type { MediaFormat } from './vocabulary.ts';

/** How much of a file is looked at to tell what it is. */
export const HEADER_BYTES = 65_536;

export type Media = {
  readonly format: MediaFormat;
  /** These three are read from wav and flac; other formats don't tell cheaply. */
  readonly sampleRateHertz?: number | undefined;
  readonly channels?: number | undefined;
  readonly seconds?: number | undefined;
};

/** What formats begin with, as Latin-1, the narrower first. */
const MAGIC: readonly (readonly [format: MediaFormat, offset: number, bytes: string])[] = [
  ['ogg', 0, 'OggS'],
  ['amr', 0, '#!AMR'],
  ['m4a', 4, 'ftypM4A '],
  ['mp4', 4, 'ftyp'],
  ['webm', 0, '\u001A\u0045\u00DF\u00A3'],
  ['mp3', 0, 'ID3'],
];

/** What a file of so many bytes is, by its beginning; undefined when it is no known format. */
export function sniffed(head: Buffer, bytes: number): Media | undefined {
  const at = (offset: number, magic: string): boolean =>
    head.toString('latin1', offset, offset + magic.length) === magic;
  if (at(0, 'RIFF') && at(8, 'WAVE')) return wav(head, bytes);
  if (at(0, 'fLaC')) return flac(head);
  const [format] = MAGIC.find(([, offset, magic]) => at(offset, magic)) ?? [];
  if (format) return { format };
  return startsWithMpegFrame(head) ? { format: 'mp3' } : undefined;
}

/** 11 set bits, then any version, then layer III. */
function startsWithMpegFrame(head: Buffer): boolean {
  return head.length >= 2 && (head.readUInt16BE(0) & 0xffe6) === 0xffe2;
}

type WavFormat = Required<Pick<Media, 'channels' | 'sampleRateHertz'>> & {
  readonly bytesPerSecond: number;
};

/** Walks the chunks of a RIFF file to `fmt ` and `data`. */
function wav(head: Buffer, bytes: number): Media | undefined {
  let format: WavFormat | undefined;
  let offset = 12;
  while (offset + 8 <= head.length) {
    const id = head.toString('latin1', offset, offset + 4);
    const size = head.readUInt32LE(offset + 4);
    const start = offset + 8;
    if (id === 'fmt ' && start + 12 <= head.length) format = wavFormat(head, start);
    if (id === 'data' && format) {
      const { bytesPerSecond, ...told } = format;
      // A streamed file may claim more than it has.
      const seconds = Math.min(size, bytes - start) / Math.max(1, bytesPerSecond);
      return { format: 'wav', ...told, seconds };
    }
    offset = start + size + (size % 2);
  }
  return undefined;
}

function wavFormat(head: Buffer, start: number): WavFormat {
  return {
    channels: head.readUInt16LE(start + 2),
    sampleRateHertz: head.readUInt32LE(start + 4),
    bytesPerSecond: head.readUInt32LE(start + 8),
  };
}

/** STREAMINFO comes first: 20 bits of sample rate, 3 of channels - 1, 5 of sample size - 1, 36 of samples. */
function flac(head: Buffer): Media {
  const start = 4 + 4 + 10;
  if (head.length < start + 8) return { format: 'flac' };
  const bits = head.readBigUInt64BE(start);
  const sampleRateHertz = Number(bits >> 44n);
  const channels = Number((bits >> 41n) & 7n) + 1;
  const seconds = Number(bits & 0xfffffffffn) / Math.max(1, sampleRateHertz);
  return { format: 'flac', sampleRateHertz, channels, seconds };
}
