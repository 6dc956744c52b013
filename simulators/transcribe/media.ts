import { sniffed } from './media-format.ts';
import type { Media } from './media-format.ts';
import type { StartRequest } from './start-request.ts';
import type { MediaFormat } from './vocabulary.ts';

/** "Maximum audio file size: 2 GB", "maximum audio file length: 4 hours". */
const MAX_BYTES = 2 * 1024 ** 3;
const MAX_SECONDS = 14_400;
const MAX_CHANNELS = 2;
const MIN_HERTZ = 8_000;
const MAX_HERTZ = 48_000;

/** Why a job fails, in the words of the API reference (TranscriptionJob, FailureReason). */
export class JobFailure extends Error {}

type Place = { readonly bucket: string; readonly key: string };

/** The ways to write the URI of an object; the path of an https URI is percent-encoded. */
const URIS = [
  /^s3:\/\/(?<bucket>[^/]+)\/(?<key>.+)$/s,
  /^https?:\/\/s3(?:[.-][a-z0-9-]+)?\.amazonaws\.com(?:\.cn)?\/(?<bucket>[^/]+)\/(?<path>[^?#]+)$/,
  /^https?:\/\/(?<bucket>[a-z0-9][a-z0-9.-]+)\.s3(?:[.-][a-z0-9-]+)?\.amazonaws\.com(?:\.cn)?\/(?<path>[^?#]+)$/,
] as const;

/** The object that a URI means: `s3://`, or one of the https forms of S3. */
export function objectAt(uri: string): Place | undefined {
  for (const form of URIS) {
    const { bucket, key, path } = form.exec(uri)?.groups ?? {};
    if (bucket && key) return { bucket, key };
    if (bucket && path) return { bucket, key: decoded(path) };
  }
  return undefined;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** What a file is, by its beginning; throws the failure of a job that asks for it. */
export function checkedMedia(request: StartRequest, head: Buffer, bytes: number): Media {
  if (bytes > MAX_BYTES) throw new JobFailure('Invalid file size: file size too large.');
  const media = sniffed(head, bytes);
  if (request.MediaFormat && !isOf(request.MediaFormat, media)) {
    throw new JobFailure('The media format provided does not match the detected media format.');
  }
  if (!media) throw new JobFailure('Unsupported media format.');
  const { channels = 1, seconds = 0 } = media;
  if (channels > MAX_CHANNELS) {
    throw new JobFailure('Invalid number of channels: number of channels too large.');
  }
  checkSampleRate(request, media);
  // The reference has no words of its own for a file that is too long.
  if (seconds > MAX_SECONDS) throw new JobFailure('Invalid file size: file size too large.');
  return { ...media, format: request.MediaFormat ?? media.format };
}

function isOf(format: MediaFormat, media: Media | undefined): boolean {
  return media !== undefined && container(format) === container(media.format);
}

/** m4a is mp4 without video: their headers don't tell them apart for sure. */
function container(format: MediaFormat): MediaFormat {
  return format === 'm4a' ? 'mp4' : format;
}

function checkSampleRate(
  { MediaSampleRateHertz: asked }: StartRequest,
  { sampleRateHertz: found }: Media,
): void {
  if (found === undefined) return;
  if (found < MIN_HERTZ || found > MAX_HERTZ) {
    throw new JobFailure('Invalid sample rate for audio file.');
  }
  if (asked !== undefined && asked !== found) {
    throw new JobFailure('The sample rate provided does not match the detected sample rate.');
  }
}
