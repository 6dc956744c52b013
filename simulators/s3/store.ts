import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { z } from 'zod';
import { blobsIn, blobsInMemory } from './blobs.ts';
import type { Blobs } from './blobs.ts';
import { S3Error } from './errors.ts';
import { Records } from './records.ts';

const bucketSchema = z.object({ name: z.string(), createdAtMs: z.number() });
export type Bucket = z.infer<typeof bucketSchema>;

const headersSchema = z.record(z.string(), z.string());
const objectSchema = z.object({
  bucket: z.string(),
  key: z.string(),
  blob: z.string(),
  size: z.number(),
  etag: z.string(),
  modifiedAtMs: z.number(),
  /** What a reader gets back: content-type, x-amz-meta-… */
  headers: headersSchema,
  /** By header name. */
  checksums: headersSchema,
});
export type StoredObject = z.infer<typeof objectSchema>;

const partSchema = z.object({
  number: z.number(),
  blob: z.string(),
  size: z.number(),
  md5: z.string(),
  checksums: headersSchema,
});
export type Part = z.infer<typeof partSchema>;

const uploadSchema = z.object({
  id: z.string(),
  bucket: z.string(),
  key: z.string(),
  startedAtMs: z.number(),
  headers: headersSchema,
  parts: z.array(partSchema),
});
export type Upload = z.infer<typeof uploadSchema>;

/** Buckets, objects and unfinished uploads; below `folder` they outlive the process. */
export class Store {
  readonly now: () => number;
  readonly blobs: Blobs;
  readonly #buckets: Records<Bucket>;
  readonly #objects: Records<StoredObject>;
  readonly #uploads: Records<Upload>;

  constructor(folder: string | null, now: () => number) {
    const below = (name: string) => (folder === null ? null : path.join(folder, name));
    this.now = now;
    this.#buckets = new Records(below('buckets'), bucketSchema);
    this.#objects = new Records(below('objects'), objectSchema);
    this.#uploads = new Records(below('uploads'), uploadSchema);
    const holders = [
      ...this.#objects.values(),
      ...this.#uploads.values().flatMap(({ parts }) => parts),
    ];
    const used = new Set(holders.map(({ blob }) => blob));
    const blobFolder = below('blobs');
    this.blobs = blobFolder === null ? blobsInMemory() : blobsIn(blobFolder, used);
  }

  /** In order of their names. */
  buckets(): Bucket[] {
    return inByteOrder(this.#buckets.values(), ({ name }) => name);
  }

  hasBucket(name: string): boolean {
    return this.#buckets.get(name) !== undefined;
  }

  addBucket(name: string): void {
    if (!this.hasBucket(name)) this.#buckets.set(name, { name, createdAtMs: this.now() });
  }

  object(bucket: string, key: string): StoredObject | undefined {
    return this.#objects.get(`${bucket}/${key}`);
  }

  /** The objects of a bucket, in S3's order. */
  objects(bucket: string, prefix = ''): StoredObject[] {
    const found = this.#objects
      .values()
      .filter((object) => object.bucket === bucket && object.key.startsWith(prefix));
    return inByteOrder(found, ({ key }) => key);
  }

  /** Puts an object in its place, whole. */
  async commit(
    object: Omit<StoredObject, 'modifiedAtMs'>,
    { onlyIfAbsent }: { readonly onlyIfAbsent: boolean },
  ): Promise<void> {
    const { bucket, key } = object;
    const before = this.object(bucket, key);
    if (before && onlyIfAbsent) {
      await this.blobs.remove(object.blob);
      throw new S3Error('PreconditionFailed');
    }
    this.#objects.set(`${bucket}/${key}`, { ...object, modifiedAtMs: this.now() });
    if (before) await this.blobs.remove(before.blob);
  }

  async remove(bucket: string, key: string): Promise<void> {
    const object = this.object(bucket, key);
    if (!object) return;
    this.#objects.delete(`${bucket}/${key}`);
    await this.blobs.remove(object.blob);
  }

  startUpload(bucket: string, key: string, headers: Upload['headers']): Upload {
    const id = randomUUID();
    const upload = { id, bucket, key, startedAtMs: this.now(), headers, parts: [] };
    this.#uploads.set(id, upload);
    return upload;
  }

  upload(bucket: string, key: string, id: string): Upload {
    const upload = this.#uploads.get(id);
    if (upload?.bucket === bucket && upload.key === key) return upload;
    throw new S3Error('NoSuchUpload');
  }

  /** In order of their keys, those of one key in the order of their start. */
  uploads(bucket: string, prefix = ''): Upload[] {
    const found = this.#uploads
      .values()
      .filter((upload) => upload.bucket === bucket && upload.key.startsWith(prefix))
      .toSorted((one, other) => one.startedAtMs - other.startedAtMs);
    return inByteOrder(found, ({ key }) => key);
  }

  /** Adds a part, in place of an earlier one of its number. */
  async addPart({ bucket, key, id }: Upload, part: Part): Promise<void> {
    // As it is now: it may have ended, or got other parts, while this one came in.
    const upload = this.#uploads.get(id);
    if (!upload) await this.blobs.remove(part.blob);
    const { parts, ...rest } = this.upload(bucket, key, id);
    const others = parts.filter(({ number }) => number !== part.number);
    this.#uploads.set(id, { ...rest, parts: [...others, part] });
    const before = parts.find(({ number }) => number === part.number);
    if (before) await this.blobs.remove(before.blob);
  }

  async endUpload({ id }: Upload): Promise<void> {
    const upload = this.#uploads.get(id);
    this.#uploads.delete(id);
    await Promise.all((upload?.parts ?? []).map(({ blob }) => this.blobs.remove(blob)));
  }
}

/** S3 sorts by the bytes of UTF-8, which is not JavaScript's order. */
function inByteOrder<T>(values: readonly T[], text: (value: T) => string): T[] {
  return values
    .map((value) => ({ value, bytes: Buffer.from(text(value)) }))
    .toSorted((one, other) => Buffer.compare(one.bytes, other.bytes))
    .map(({ value }) => value);
}
