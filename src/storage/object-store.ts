import { Readable } from 'node:stream';
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  NoSuchKey,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
} from '@aws-sdk/client-s3';
import { abortUploads, uploadStream } from './multipart.ts';

/** Far more than the transcript of a day. */
const MAX_TEXT_BYTES = 128 * 1_024 * 1_024;
/** The SDK has no limit: a store that never answers would keep a caller, or a worker's slot, for good. */
const SILENCE_MS = 15_000;

/** A bucket of any S3-compatible store, and how to reach it. */
export type BucketSettings = {
  readonly bucket: string;
  /** Needed by the SDK even where a store has no regions. */
  readonly region: string;
  /** Whether the bucket's name goes into the path, as most stores other than Amazon's want it. */
  readonly forcePathStyle: boolean;
  /** Null = as the AWS SDK finds it by itself: `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`, or Amazon's own. */
  readonly endpoint: string | null;
  /** Null = as the AWS SDK finds them by itself. */
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
  } | null;
};

/** An object that is being read. */
type OpenedObject = {
  readonly stream: Readable;
  readonly bytes: number | null;
  readonly contentType: string | null;
};

type Measure = { readonly objects: number; readonly bytes: number };

/** As the SDK has them, in ms: 0 is none. */
type Timeouts = {
  readonly socketTimeout: number;
  readonly requestTimeout?: number;
  readonly throwOnRequestTimeout?: boolean;
};

/** What we need of a bucket. Every method throws the SDK's own error when the store fails. */
export type ObjectStore = {
  readonly bucket: string;
  /** The object's text; null when there is none. Throws where it is larger than 128 MiB. */
  read(key: string): Promise<string | null>;
  /** Writes an object, over an earlier one of that key. */
  write(key: string, body: string, contentType: string): Promise<void>;
  /** Streams an object into the bucket, over an earlier one of that key; a failure leaves nothing behind. */
  upload(key: string, body: Readable, contentType: string, signal: AbortSignal): Promise<void>;
  /** Gives up the uploads that a killed process left unfinished, and returns how many there were. */
  abortUnfinished(prefix: string): Promise<number>;
  /** An object as a stream; null when there is none. */
  open(key: string, signal: AbortSignal): Promise<OpenedObject | null>;
  /** The same of any bucket that these credentials may read; throws a TypeError where `uri` is not `s3://bucket/key`. */
  openObject(uri: string, signal: AbortSignal): Promise<OpenedObject | null>;
  /** How many objects there are whose keys begin with `prefix` and are `wanted`, and their size together. */
  measure(prefix: string, wanted?: (key: string) => boolean): Promise<Measure>;
  /** Removes every object whose key begins with `prefix` and is `wanted`, and returns how many there were. */
  removeAll(prefix: string, wanted?: (key: string) => boolean): Promise<number>;
};

/** The bucket of `settings`; a store that is silent for `silenceMs` has failed. */
export function objectStore(settings: BucketSettings, silenceMs = SILENCE_MS): ObjectStore {
  const { bucket } = settings;
  const s3 = s3Client(settings, { socketTimeout: silenceMs });
  // Until it answers: whoever reads a stream may be slower than that, which is no silence of the store's.
  const streaming = s3Client(settings, {
    socketTimeout: 0,
    requestTimeout: silenceMs,
    throwOnRequestTimeout: true,
  });
  return {
    bucket,

    async read(key) {
      try {
        const command = new GetObjectCommand({ Bucket: bucket, Key: key });
        const { Body, ContentLength = 0 } = await s3.send(command);
        return await textOf(streamOf(Body), ContentLength, key);
      } catch (error) {
        if (error instanceof NoSuchKey) return null;
        throw error;
      }
    },

    async write(key, body, contentType) {
      const object = {
        Bucket: bucket,
        Key: key,
        Body: Buffer.from(body),
        ContentType: contentType,
      };
      await s3.send(new PutObjectCommand(object));
    },

    async upload(key, body, contentType, signal) {
      const stop = () => body.destroy(reasonOf(signal));
      // A body may fail while a part of it is on its way.
      body.on('error', () => {});
      signal.addEventListener('abort', stop, { once: true });
      if (signal.aborted) stop();
      try {
        const object = { Bucket: bucket, Key: key, ContentType: contentType };
        await uploadStream(s3, object, body, signal);
      } finally {
        signal.removeEventListener('abort', stop);
      }
    },

    abortUnfinished: (prefix) => abortUploads(s3, bucket, prefix),

    open: (key, signal) => openObject(streaming, bucket, key, signal),

    async openObject(uri, signal) {
      const [, ofBucket, key] = /^s3:\/\/([^/]+)\/(.+)$/s.exec(uri) ?? [];
      if (ofBucket === undefined || key === undefined) {
        throw new TypeError(`not an s3://bucket/key: ${uri}`);
      }
      return openObject(streaming, ofBucket, key, signal);
    },

    async measure(prefix, wanted = () => true) {
      let objects = 0;
      let bytes = 0;
      const pages = paginateListObjectsV2({ client: s3 }, { Bucket: bucket, Prefix: prefix });
      for await (const { Contents = [] } of pages) {
        for (const { Key, Size = 0 } of Contents) {
          if (Key === undefined || !wanted(Key)) continue;
          objects += 1;
          bytes += Size;
        }
      }
      return { objects, bytes };
    },

    async removeAll(prefix, wanted = () => true) {
      let removed = 0;
      const pages = paginateListObjectsV2({ client: s3 }, { Bucket: bucket, Prefix: prefix });
      for await (const { Contents } of pages) {
        const keys = (Contents ?? []).flatMap(({ Key }) =>
          Key !== undefined && wanted(Key) ? [{ Key }] : [],
        );
        if (keys.length === 0) continue;
        const { Errors } = await s3.send(
          new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: keys, Quiet: true } }),
        );
        if (Errors?.[0]) throw new Error(`${Errors[0].Key}: ${Errors[0].Message}`);
        removed += keys.length;
      }
      return removed;
    },
  };
}

/** A client for the store that the bucket is in. */
export function s3Client(
  { region, forcePathStyle, endpoint, credentials }: BucketSettings,
  timeouts: Timeouts = { socketTimeout: SILENCE_MS },
): S3Client {
  return new S3Client({
    region,
    requestHandler: { connectionTimeout: 3_000, ...timeouts },
    forcePathStyle,
    ...(endpoint === null ? {} : { endpoint }),
    ...(credentials === null ? {} : { credentials }),
  });
}

async function openObject(
  s3: S3Client,
  bucket: string,
  key: string,
  signal: AbortSignal,
): Promise<OpenedObject | null> {
  try {
    const command = new GetObjectCommand({ Bucket: bucket, Key: key });
    const { Body, ContentLength, ContentType } = await s3.send(command, { abortSignal: signal });
    return {
      stream: streamOf(Body),
      bytes: ContentLength ?? null,
      contentType: ContentType ?? null,
    };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof NoSuchKey) return null;
    throw error;
  }
}

function streamOf(body: unknown): Readable {
  if (body instanceof Readable) return body;
  throw new TypeError('the SDK gave no stream');
}

async function textOf(body: Readable, toldBytes: number, key: string): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  const requireFew = (count: number) => {
    if (count <= MAX_TEXT_BYTES) return;
    body.destroy();
    throw new RangeError(`${key} is larger than ${MAX_TEXT_BYTES} bytes`);
  };
  requireFew(toldBytes);
  const coming: AsyncIterable<Buffer> = body;
  for await (const piece of coming) {
    bytes += piece.length;
    // Not every store tells beforehand.
    requireFew(bytes);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}

function reasonOf({ reason }: AbortSignal): Error {
  return reason instanceof Error ? reason : new Error('aborted');
}
