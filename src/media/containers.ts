/** A kind of file that Amazon Transcribe takes: its extension, and its media type. */
export type Container = { readonly extension: string; readonly contentType: string };

/** How many bytes it takes to tell a file's kind. */
export const SNIFF_BYTES = 512;

const MP3: Container = { extension: 'mp3', contentType: 'audio/mpeg' };
export const WAV: Container = { extension: 'wav', contentType: 'audio/wav' };
const FLAC: Container = { extension: 'flac', contentType: 'audio/flac' };
const OGG: Container = { extension: 'ogg', contentType: 'audio/ogg' };
const M4A: Container = { extension: 'm4a', contentType: 'audio/mp4' };
const MP4: Container = { extension: 'mp4', contentType: 'video/mp4' };
const AMR: Container = { extension: 'amr', contentType: 'audio/amr' };
const WEBM: Container = { extension: 'webm', contentType: 'video/webm' };

const UTF8_MARK = 'efbbbf';

/** How files begin: as Latin-1, or in hexadecimal. */
const BEGINNINGS: readonly (readonly [begins: RegExp | string, container: Container])[] = [
  [/^RIFF.{4}WAVE/s, WAV],
  [/^ID3/, MP3],
  [/^fLaC/, FLAC],
  [/^OggS/, OGG],
  [/^.{4}ftypM4A /s, M4A],
  [/^.{4}ftyp/s, MP4],
  [/^#!AMR/, AMR],
  ['1a45dfa3', WEBM],
];

const OTHERS: readonly (readonly [begins: RegExp | string, what: string])[] = [
  [/^\s*<(?:!doctype html|html|head|body)/i, 'an HTML page'],
  [/^\s*</, 'XML'],
  [/^\s*[{[]/, 'JSON'],
  ['1f8b', 'something compressed by gzip'],
  ['504b0304', 'a zip archive'],
  [/^%PDF/, 'a PDF'],
  [/^RF64/, 'a WAV of 64 bits'],
  ['fff1', 'AAC without a container'],
  ['fff9', 'AAC without a container'],
  [/^[\t\n\r\u0020-\u007E]+$/, 'text'],
];

/** The kind of a file that begins with `head`; null = none that can be transcribed. */
export function containerOf(head: Buffer): Container | null {
  const known = foundIn(BEGINNINGS, head);
  return known ?? (startsWithMpegFrame(head) ? MP3 : null);
}

/** Whether no file of the kind can hold more than two channels. */
export function isAtMostStereo(container: Container): boolean {
  return container === MP3 || container === AMR;
}

/** What a file that is no audio looks like. */
export function looksLike(head: Buffer): string {
  const hasMark = head.toString('hex', 0, 3) === UTF8_MARK;
  return (
    foundIn(OTHERS, hasMark ? head.subarray(3) : head) ??
    `something unknown that begins with ${head.toString('hex', 0, 8)}`
  );
}

function foundIn<T>(table: readonly (readonly [RegExp | string, T])[], head: Buffer): T | null {
  const text = head.toString('latin1', 0, SNIFF_BYTES);
  const hex = head.toString('hex', 0, 8);
  const [, found] =
    table.find(([begins]) =>
      typeof begins === 'string' ? hex.startsWith(begins) : begins.test(text),
    ) ?? [];
  return found ?? null;
}

/** 11 set bits, any version, layer III, then a bit rate and a sample rate that exist. */
function startsWithMpegFrame(head: Buffer): boolean {
  if (head.length < 3 || (head.readUInt16BE(0) & 0xffe6) !== 0xffe2) return false;
  const rates = head.readUInt8(2);
  return (rates & 0xf0) !== 0xf0 && (rates & 0x0c) !== 0x0c;
}
