import { z } from 'zod';
import { mp3Parts } from './mp3.ts';
import { wavHeaderSchema, wavParts } from './wav.ts';

/** Pieces are no larger, whatever the file's size. */
const PIECE_BYTES = 65_536;

export type AudioFormat = 'mp3' | 'wav' | 'ogg';

/** A file that is never in memory as a whole: a head, then something that repeats. */
export type Audio = {
  readonly contentType: string;
  readonly size: number;
  /** The bytes from `start` up to, but without, `end`. */
  readonly pieces: (start: number, end: number) => Generator<Buffer>;
};

export type Parts = {
  readonly head: Buffer;
  /** Whole frames of sound, or a whole second of it. */
  readonly loop: Buffer;
  readonly bodyBytes: number;
};

/** What is to be synthesised. */
export const wantedAudioSchema = z.object({
  format: z.enum(['mp3', 'wav', 'ogg']),
  channels: z.number(),
  durationSeconds: z.number(),
  /** The file is to be this large, up to the end of its last frame, however long it lasts. */
  sizeBytes: z.number().optional(),
  wavHeader: wavHeaderSchema,
});
export type WantedAudio = z.infer<typeof wantedAudioSchema>;

const CONTENT_TYPES: Readonly<Record<AudioFormat, string>> = {
  mp3: 'audio/mpeg',
  wav: 'audio/wav',
  ogg: 'audio/ogg',
};

/** Audio as Vonage records it: 16 kHz, 16 bit; MP3 of 32 kbit/s. */
export function synthesised(wanted: WantedAudio): Audio {
  const { head, loop, bodyBytes } = partsOf(wanted);
  return {
    contentType: CONTENT_TYPES[wanted.format],
    size: head.length + bodyBytes,
    *pieces(start, end) {
      for (let at = start; at < end;) {
        const within = at - head.length;
        const from = within < 0 ? at : within % loop.length;
        const bytes = Math.min(PIECE_BYTES, end - at);
        const piece = (within < 0 ? head : loop).subarray(from, from + bytes);
        yield piece;
        at += piece.length;
      }
    },
  };
}

/** Audio that is given. */
export function given(format: AudioFormat, bytes: Uint8Array): Audio {
  const file = Buffer.from(bytes);
  return {
    contentType: CONTENT_TYPES[format],
    size: file.length,
    *pieces(start, end) {
      for (let at = start; at < end; at += PIECE_BYTES) {
        yield file.subarray(at, Math.min(end, at + PIECE_BYTES));
      }
    },
  };
}

function partsOf({ format, channels, durationSeconds, sizeBytes, wavHeader }: WantedAudio): Parts {
  switch (format) {
    case 'wav':
      return wavParts(channels, durationSeconds, sizeBytes, wavHeader);
    case 'mp3':
      return mp3Parts(channels, durationSeconds, sizeBytes);
    case 'ogg':
      return oggParts(durationSeconds, sizeBytes);
  }
}

/** Only looks like Ogg; nothing here plays it. */
function oggParts(durationSeconds: number, sizeBytes: number | undefined): Parts {
  const page = Buffer.alloc(4_096);
  page.write('OggS', 'latin1');
  const pages = Math.max(1, Math.ceil((sizeBytes ?? durationSeconds * 4_096) / page.length));
  return { head: Buffer.alloc(0), loop: page, bodyBytes: pages * page.length };
}
