import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createHash } from 'node:crypto';
import { fastify } from 'fastify';
import type { FastifyInstance } from 'fastify';
import { append } from '../shared/bounded-list.ts';
import { Faults } from './faults.ts';
import type { Fault } from './faults.ts';
import { checkBucketName } from './operations/buckets.ts';
import { refuseUrl, serveS3 } from './serving.ts';
import type { Call } from './serving.ts';
import type { Account } from './signature.ts';
import { Store } from './store.ts';

const CALLS_KEPT = 10_000;

export type S3SimulatorOptions = Account & {
  /** Where buckets, objects and uploads outlive the process; null = in memory only. */
  readonly folder: string | null;
  /** Made at the start where they are not there yet. */
  readonly buckets?: readonly string[];
  readonly log?: boolean;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
};

export type S3Simulator = {
  /** For the caller to listen with. */
  readonly app: FastifyInstance;
  inject(fault: Fault): void;
  clearFaults(): void;
  /** The last requests that were signed well, in the order of their arrival. */
  calls(operation?: Call['operation']): readonly Call[];
  /** Puts an object there, as somebody else's upload would. */
  put(bucket: string, key: string, body: string | Uint8Array, contentType?: string): Promise<void>;
  /** Null when there is no such object. */
  get(bucket: string, key: string): Promise<{ body: Buffer; contentType: string } | null>;
  remove(bucket: string, key: string): Promise<void>;
  /** In S3's order. */
  keys(bucket: string, prefix?: string): string[];
  /** The keys of uploads that were neither completed nor aborted. */
  unfinishedUploads(bucket: string): string[];
  close(): Promise<void>;
};

/**
 * A strict simulator of the part of Amazon S3 that has to do with objects, one account in one
 * region, with path-style addresses. What it doesn't know it refuses as NotImplemented.
 */
export function createS3Simulator(options: S3SimulatorOptions): S3Simulator {
  const { folder, region, now = Date.now } = options;
  const store = new Store(folder, now);
  for (const bucket of options.buckets ?? []) {
    checkBucketName(bucket);
    store.addBucket(bucket);
  }
  const faults = new Faults();
  const calls: Call[] = [];
  const app: FastifyInstance = fastify({
    logger: options.log ? { name: 's3-simulator' } : false,
    forceCloseConnections: true,
    frameworkErrors: refuseUrl,
  });
  serveS3(app, {
    store,
    region,
    account: options,
    faults,
    called: (call) => append(calls, call, CALLS_KEPT),
  });
  return {
    app,
    inject: (fault) => faults.inject(fault),
    clearFaults: () => faults.clear(),
    calls: (operation) => calls.filter((call) => (operation ?? call.operation) === call.operation),
    put: async (bucket, key, body, contentType = 'binary/octet-stream') => {
      if (!store.hasBucket(bucket)) throw new Error(`there is no bucket ${bucket}`);
      const content = Buffer.from(body);
      const blob = await store.blobs.write(Readable.from([content]));
      const etag = `"${createHash('md5').update(content).digest('hex')}"`;
      const headers = { 'content-type': contentType };
      const object = { bucket, key, blob, size: content.length, etag, headers, checksums: {} };
      await store.commit(object, { onlyIfAbsent: false });
    },
    get: async (bucket, key) => {
      const object = store.object(bucket, key);
      if (!object) return null;
      const body = await buffer(await store.blobs.read(object.blob));
      return { body, contentType: object.headers['content-type'] ?? '' };
    },
    remove: (bucket, key) => store.remove(bucket, key),
    keys: (bucket, prefix) => store.objects(bucket, prefix).map(({ key }) => key),
    unfinishedUploads: (bucket) => store.uploads(bucket).map(({ key }) => key),
    close: () => app.close(),
  };
}
