import type { Parts } from './audio.ts';

/** MPEG-2 Layer III, no CRC; then 32 kbit/s at 16 kHz. */
const SYNC = [0xff, 0xf3, 0x48];
const STEREO = 0x04;
const MONO = 0xc4;

/** 72 × 32,000 / 16,000. */
const FRAME_BYTES = 144;
const FRAME_SAMPLES = 576;
const SAMPLE_RATE = 16_000;

const FRAMES_A_LOOP = 512;

/** An MP3 that decoders play, though of silence: the side information of its frames is all zero. */
export function mp3Parts(
  channels: number,
  durationSeconds: number,
  sizeBytes: number | undefined,
): Parts {
  const frame = Buffer.alloc(FRAME_BYTES);
  frame.set([...SYNC, channels > 1 ? STEREO : MONO]);
  const head = id3();
  const frames =
    sizeBytes === undefined
      ? (durationSeconds * SAMPLE_RATE) / FRAME_SAMPLES
      : (sizeBytes - head.length) / FRAME_BYTES;
  return {
    head,
    loop: Buffer.concat(Array.from({ length: FRAMES_A_LOOP }, () => frame)),
    bodyBytes: Math.max(1, Math.ceil(frames)) * FRAME_BYTES,
  };
}

/** An ID3v2.3 tag that names the encoder. */
function id3(): Buffer {
  const text = Buffer.from('\0simulated', 'latin1');
  const frame = Buffer.alloc(10);
  frame.write('TSSE', 'latin1');
  frame.writeUInt32BE(text.length, 4);
  const tag = Buffer.from([0x49, 0x44, 0x33, 3, 0, 0, 0, 0, 0, frame.length + text.length]);
  return Buffer.concat([tag, frame, text]);
}
