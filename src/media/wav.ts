/** Of a WAV of PCM, 16 bits. */
const SAMPLE_BYTES = 2;
const PCM = 1;
const EXTENSIBLE = 0xff_fe;
/** Far higher than any; twice as much still fits into a header. */
const HIGHEST_RATE = 1_000_000_000;
const UINT32_MAX = 0xff_ff_ff_ff;
const RIFF_BYTES = 12;
const CHUNK_HEAD_BYTES = 8;
const MONO_HEADER_BYTES = 44;

/** What comes before the samples of a WAV. */
export type WavHeader = {
  readonly channels: number;
  readonly sampleRateHertz: number;
  /** Of one sample of every channel. */
  readonly blockBytes: number;
  /** Whether the samples are PCM of 16 bits. */
  readonly isPcm16: boolean;
  /** Where the samples begin. */
  readonly dataStart: number;
  /** Null = it was written before this was known. */
  readonly dataBytes: number | null;
};

type Format = Omit<WavHeader, 'dataStart' | 'dataBytes'>;

/** The header of the WAV that begins with `head`; null while its samples have not begun, 'broken' when they never will. */
export function wavHeaderOf(head: Buffer): WavHeader | 'broken' | null {
  let format: Format | 'broken' | null = null;
  let at = RIFF_BYTES;
  while (at + CHUNK_HEAD_BYTES <= head.length) {
    const id = head.toString('latin1', at, at + 4);
    const bytes = head.readUInt32LE(at + 4);
    const start = at + CHUNK_HEAD_BYTES;
    if (id === 'data') {
      if (format === null || format === 'broken') return 'broken';
      return { ...format, dataStart: start, dataBytes: isUnknown(bytes) ? null : bytes };
    }
    const end = start + bytes;
    if (id === 'fmt ' && end <= head.length) format = formatOf(head.subarray(start, end));
    // A chunk of an odd size is followed by a byte that is not counted.
    at = end + (bytes % 2);
  }
  return null;
}

/** Writers that don't know the size yet put in the largest or none. */
function isUnknown(dataBytes: number): boolean {
  return dataBytes === 0 || dataBytes === UINT32_MAX;
}

function formatOf(chunk: Buffer): Format | 'broken' {
  if (chunk.length < 16) return 'broken';
  const tag = chunk.readUInt16LE(0);
  const isPcm = tag === PCM || (tag === EXTENSIBLE && subFormat(chunk) === PCM);
  const channels = chunk.readUInt16LE(2);
  const blockBytes = chunk.readUInt16LE(12);
  const bits = chunk.readUInt16LE(14);
  const sampleRateHertz = chunk.readUInt32LE(4);
  if (sampleRateHertz > HIGHEST_RATE) return 'broken';
  return {
    channels,
    sampleRateHertz,
    blockBytes,
    isPcm16: isPcm && bits === SAMPLE_BYTES * 8 && blockBytes === channels * SAMPLE_BYTES,
  };
}

/** The first two bytes of its GUID. */
function subFormat(chunk: Buffer): number | null {
  return chunk.length < 26 ? null : chunk.readUInt16LE(24);
}

/**
 * The header of a mono WAV of PCM, 16 bits. Where `dataBytes` is null, its sizes are the largest there are: so
 * ffmpeg writes a WAV into a pipe, and what reads WAVs takes it as "up to the end of the file".
 */
export function monoHeader(sampleRateHertz: number, dataBytes: number | null): Buffer {
  const header = Buffer.alloc(MONO_HEADER_BYTES);
  const riffBytes = dataBytes === null ? UINT32_MAX : MONO_HEADER_BYTES - 8 + dataBytes;
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(riffBytes, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(PCM, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(sampleRateHertz, 24);
  header.writeUInt32LE(sampleRateHertz * SAMPLE_BYTES, 28);
  header.writeUInt16LE(SAMPLE_BYTES, 32);
  header.writeUInt16LE(SAMPLE_BYTES * 8, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(dataBytes ?? UINT32_MAX, 40);
  return header;
}

/** Whole blocks of 16-bit samples, as the samples of each channel. */
export function samplesByChannel(blocks: Buffer, channels: number): Buffer[] {
  // A view of 16 bits needs an even offset; and the bytes stay as they are, whatever their order.
  const isEven = blocks.byteOffset % 2 === 0;
  const { buffer, byteOffset } = isEven ? blocks : new Uint8Array(blocks);
  const samples = new Uint16Array(buffer, byteOffset, blocks.length / SAMPLE_BYTES);
  const count = samples.length / channels;
  const planes = new Uint16Array(samples.length);
  for (let channel = 0; channel < channels; channel += 1) {
    const plane = planes.subarray(channel * count, (channel + 1) * count);
    for (let block = 0; block < count; block += 1) {
      plane[block] = samples[block * channels + channel] ?? 0;
    }
  }
  const planeBytes = count * SAMPLE_BYTES;
  return Array.from({ length: channels }, (_, channel) =>
    Buffer.from(planes.buffer, channel * planeBytes, planeBytes),
  );
}
