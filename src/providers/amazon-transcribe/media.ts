import { MediaFormat } from '@aws-sdk/client-transcribe';
import { z } from 'zod';

/** The longest MediaFileUri (API reference, Media). */
const LONGEST_URI = 2_000;
/** Pre-signed URLs are long; ours are fetched by us. */
const LONGEST_URL = 8_192;
const LONGEST_KEY_BYTES = 1_024;
/** Amazon S3, Bucket naming rules. */
const BUCKET = /^(?!\d+\.\d+\.\d+\.\d+$)(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const UNPRINTABLE = /\p{Cc}/u;

/** Why `media` can't be a recording, or null when it can. */
export function mediaFault(media: string, mediaHosts: readonly string[]): string | null {
  if (UNPRINTABLE.test(media)) return 'must have no control characters';
  return media.startsWith('s3://') ? objectFault(media) : urlFault(media, mediaHosts);
}

/** The format that the name of a recording tells; null = none. */
export function mediaExtension(media: string): MediaFormat | null {
  const path = media.startsWith('s3://') ? media : (media.split(/[?#]/)[0] ?? '');
  const [, extension] = /\.([a-z0-9]+)$/i.exec(path) ?? [];
  return z.enum(MediaFormat).safeParse(extension?.toLowerCase()).data ?? null;
}

function objectFault(uri: string): string | null {
  const [, bucket = '', key = ''] = /^s3:\/\/([^/]*)\/?(.*)$/.exec(uri) ?? [];
  if (!BUCKET.test(bucket)) {
    return 'must name a bucket of 3 to 63 of a-z 0-9 . -, as s3://bucket/key';
  }
  if (key === '' || Buffer.byteLength(key) > LONGEST_KEY_BYTES) {
    return `must have a key of 1 to ${LONGEST_KEY_BYTES} bytes, as s3://bucket/key`;
  }
  return uri.length > LONGEST_URI ? `must be ${LONGEST_URI} characters at most` : null;
}

function urlFault(media: string, mediaHosts: readonly string[]): string | null {
  const url = URL.parse(media);
  if (url === null || !['https:', 'http:'].includes(url.protocol)) {
    return 'must be s3://bucket/key or an https:// URL';
  }
  if (url.username !== '' || url.password !== '') return 'must have no user name and no password';
  if (url.protocol === 'http:' && !isListed(url, mediaHosts)) {
    return `must be an https:// URL, for ${url.origin} is not in DURASCRIBE_MEDIA_HOSTS`;
  }
  return media.length > LONGEST_URL ? `must be ${LONGEST_URL} characters at most` : null;
}

function isListed({ origin }: URL, mediaHosts: readonly string[]): boolean {
  return mediaHosts.some(
    (host) => host.startsWith('http://') && URL.parse(host)?.origin === origin,
  );
}
