import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  NoSuchUpload,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { AbortMultipartUploadCommandInput, CompletedPart, S3Client } from '@aws-sdk/client-s3';

/** S3 takes no smaller part but the last; and 10,000 of them, which makes 52 GB. */
const PART_BYTES = 5_242_880;
/** Of one request; slower than 42 kB/s is a connection that hangs. */
const REQUEST_TIMEOUT_MS = 120_000;
const CLEAN_UP_TIMEOUT_MS = 10_000;

/** What is uploaded, and where to. */
export type StreamedObject = {
  readonly Bucket: string;
  readonly Key: string;
  readonly ContentType: string;
};

/**
 * Streams an object into its bucket. Each part is in memory once, in the same 5 MiB: `@aws-sdk/lib-storage`, which keeps
 * its chunks beside it, takes over twice as much, which counts when 32 channels are uploaded at once.
 * A failure gives up the upload, and throws what it failed of.
 */
export async function uploadStream(
  s3: S3Client,
  object: StreamedObject,
  body: AsyncIterable<Buffer>,
  signal: AbortSignal,
): Promise<void> {
  const patience = () => ({
    abortSignal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
  });
  const parts: CompletedPart[] = [];
  let uploadId: string | undefined;
  try {
    for await (const { content, isOnly } of partsOf(body)) {
      signal.throwIfAborted();
      if (isOnly) {
        await s3.send(new PutObjectCommand({ ...object, Body: content }), patience());
        return;
      }
      uploadId ??= await begin(s3, object, patience());
      const part = { ...named(object, uploadId), PartNumber: parts.length + 1, Body: content };
      const { ETag, ChecksumCRC32 } = await s3.send(new UploadPartCommand(part), patience());
      parts.push({ PartNumber: part.PartNumber, ETag, ChecksumCRC32 });
    }
    const upload = { ...named(object, uploadId), MultipartUpload: { Parts: parts } };
    await s3.send(new CompleteMultipartUploadCommand(upload), patience());
  } catch (error) {
    if (uploadId !== undefined) await giveUp(s3, named(object, uploadId));
    // The SDK has an error of its own for it.
    signal.throwIfAborted();
    throw error;
  }
}

/** Gives up every unfinished upload whose key begins with `prefix`, and returns how many there were. */
export async function abortUploads(s3: S3Client, Bucket: string, Prefix: string): Promise<number> {
  let aborted = 0;
  for (;;) {
    // Always the first page: a marker would name an upload that is no more.
    const page = await s3.send(new ListMultipartUploadsCommand({ Bucket, Prefix }));
    const before = aborted;
    for (const { Key, UploadId } of page.Uploads ?? []) {
      if (await abortUpload(s3, { Bucket, Key, UploadId })) aborted += 1;
    }
    if (page.IsTruncated !== true || aborted === before) return aborted;
  }
}

/** False = there was none any more. */
async function abortUpload(
  s3: S3Client,
  upload: AbortMultipartUploadCommandInput,
): Promise<boolean> {
  try {
    await s3.send(new AbortMultipartUploadCommand(upload));
    return true;
  } catch (error) {
    if (error instanceof NoSuchUpload) return false;
    throw error;
  }
}

/** The same memory again and again: a part has to have gone before the next one is asked for. */
async function* partsOf(
  body: AsyncIterable<Buffer>,
): AsyncGenerator<{ readonly content: Buffer; readonly isOnly: boolean }> {
  const memory = Buffer.allocUnsafeSlow(PART_BYTES);
  let filled = 0;
  let isFirst = true;
  for await (const piece of body) {
    for (let taken = 0; taken < piece.length;) {
      // Not before there is more: the last part must not be empty.
      if (filled === PART_BYTES) {
        yield { content: memory, isOnly: false };
        isFirst = false;
        filled = 0;
      }
      const bytes = piece.copy(memory, filled, taken);
      filled += bytes;
      taken += bytes;
    }
  }
  yield { content: memory.subarray(0, filled), isOnly: isFirst };
}

type Patience = { readonly abortSignal: AbortSignal };

async function begin(s3: S3Client, object: StreamedObject, patience: Patience): Promise<string> {
  // S3 takes the checksums that the SDK adds to the parts only where the upload was begun with them.
  const isChecked = (await s3.config.requestChecksumCalculation()) === 'WHEN_SUPPORTED';
  const wanted = { ...object, ...(isChecked && { ChecksumAlgorithm: 'CRC32' as const }) };
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand(wanted), patience);
  if (UploadId === undefined) throw new Error('the store began an upload without an id');
  return UploadId;
}

function named({ Bucket, Key }: StreamedObject, UploadId: string | undefined) {
  return { Bucket, Key, UploadId };
}

/** What fails here the next attempt, or the bucket's lifecycle, clears away. */
async function giveUp(s3: S3Client, upload: ReturnType<typeof named>): Promise<void> {
  const abortSignal = AbortSignal.timeout(CLEAN_UP_TIMEOUT_MS);
  await s3.send(new AbortMultipartUploadCommand(upload), { abortSignal }).catch(() => {});
}
