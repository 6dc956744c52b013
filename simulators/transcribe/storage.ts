import {
  GetObjectCommand,
  NoSuchBucket,
  NoSuchKey,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { HEADER_BYTES } from './media-format.ts';
import { JobFailure } from './media.ts';
import type { Credentials } from './signature.ts';

const UNREADABLE =
  "The S3 URI that you specified can't be accessed. Make sure that you have read permission and try your request again.";
const UNWRITABLE =
  "The S3 bucket that you specified for the output can't be accessed. Make sure that you have write permission and try your request again.";

export type StorageSettings = {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: Credentials;
};

/** An output file on its way to a bucket of the customer. */
export type NewObject = {
  readonly bucket: string;
  readonly key: string;
  readonly body: string;
  readonly contentType: string;
};

/** The S3 that holds the customer's buckets. */
export class Storage {
  readonly #client: S3Client;

  constructor(settings: StorageSettings) {
    this.#client = new S3Client({ ...settings, forcePathStyle: true });
  }

  /** The beginning of an object, and how long the whole is. */
  async head(bucket: string, key: string): Promise<{ head: Buffer; bytes: number }> {
    try {
      const Range = `bytes=0-${HEADER_BYTES - 1}`;
      const object = await this.#client.send(
        new GetObjectCommand({ Bucket: bucket, Key: key, Range }),
      );
      const read = (await object.Body?.transformToByteArray()) ?? new Uint8Array();
      const head = Buffer.from(read).subarray(0, HEADER_BYTES);
      const total = /\/(\d+)$/.exec(object.ContentRange ?? '')?.[1];
      return { head, bytes: Number(total ?? object.ContentLength ?? read.length) };
    } catch (error) {
      // S3 has no first byte of an empty object to give.
      if (error instanceof S3ServiceException && error.name === 'InvalidRange') {
        return { head: Buffer.alloc(0), bytes: 0 };
      }
      throw denied(error) ? new JobFailure(UNREADABLE) : error;
    }
  }

  async write({ bucket, key, body, contentType }: NewObject): Promise<void> {
    try {
      await this.#client.send(
        new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ContentType: contentType }),
      );
    } catch (error) {
      throw denied(error) ? new JobFailure(UNWRITABLE) : error;
    }
  }

  close(): void {
    this.#client.destroy();
  }
}

function denied(error: unknown): boolean {
  if (error instanceof NoSuchKey || error instanceof NoSuchBucket) return true;
  const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
  return status === 403 || status === 404;
}
