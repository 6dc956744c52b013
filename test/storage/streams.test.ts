import { randomBytes, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { SIMULATED_S3 } from '../../simulators/credentials.ts';
import { createS3Simulator } from '../../simulators/s3/simulator.ts';
import { objectStore } from '../../src/storage/object-store.ts';
import { startMoto } from '../support/moto.ts';

const PART_BYTES = 5_242_880;
const { accessKeyId, secretAccessKey, region } = SIMULATED_S3;
const { signal: NEVER } = new AbortController();

async function startSimulator() {
  const simulator = createS3Simulator({ ...SIMULATED_S3, folder: null });
  const url = await simulator.app.listen({ host: '127.0.0.1', port: 0 });
  return { simulator, url, stop: () => simulator.close() };
}

const SERVERS = { 'our simulator': startSimulator, moto: startMoto } satisfies Record<
  string,
  () => Promise<{ url: string; stop: () => Promise<void> }>
>;

/** A store with a bucket of its own, and the SDK to look at it. */
async function newStore(endpoint: string) {
  const credentials = { accessKeyId, secretAccessKey };
  const settings = { region, forcePathStyle: true, endpoint, credentials };
  const bucket = `test-${randomUUID()}`;
  const sdk = new S3Client(settings);
  await sdk.send(new CreateBucketCommand({ Bucket: bucket }));
  const unfinished = async () => {
    const { Uploads = [] } = await sdk.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
    return Uploads.map(({ Key }) => Key);
  };
  return { store: objectStore({ bucket, ...settings }), bucket, sdk, unfinished };
}

/** The bytes as a stream of uneven pieces. */
function streamOf(bytes: Buffer, pieceBytes = 100_003): Readable {
  const pieces = Array.from({ length: Math.ceil(bytes.length / pieceBytes) }, (_, index) =>
    bytes.subarray(index * pieceBytes, (index + 1) * pieceBytes),
  );
  return Readable.from(pieces, { objectMode: false });
}

describe.each(Object.entries(SERVERS))('against %s', (_name, start) => {
  let server: Awaited<ReturnType<typeof start>>;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server?.stop());

  test.each([0, 1, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 2 * PART_BYTES, 12_345_678])(
    'a stream of %i bytes is kept, and read again',
    async (length) => {
      const { store, bucket, sdk, unfinished } = await newStore(server.url);
      const bytes = randomBytes(length);
      await store.upload('a:b/c d.wav', streamOf(bytes), 'audio/wav', NEVER);
      const opened = await store.open('a:b/c d.wav', NEVER);
      expect(opened).toMatchObject({ bytes: length, contentType: 'audio/wav' });
      expect(opened && (await buffer(opened.stream)).equals(bytes)).toBe(true);
      const head = await sdk.send(new HeadObjectCommand({ Bucket: bucket, Key: 'a:b/c d.wav' }));
      expect(head.ContentType).toBe('audio/wav');
      expect(await unfinished()).toEqual([]);
    },
  );

  test.each([PART_BYTES, 3 * PART_BYTES + 7])('%i bytes may come as one piece', async (length) => {
    const { store } = await newStore(server.url);
    const bytes = randomBytes(length);
    await store.upload('a', streamOf(bytes, length), 'audio/wav', NEVER);
    const opened = await store.open('a', NEVER);
    expect(opened && (await buffer(opened.stream)).equals(bytes)).toBe(true);
  });

  test('an object of another bucket is opened by its URI', async () => {
    const { store } = await newStore(server.url);
    const { store: other, bucket } = await newStore(server.url);
    await other.write('calls/a b+c.txt', 'there', 'text/plain');
    const opened = await store.openObject(`s3://${bucket}/calls/a b+c.txt`, NEVER);
    expect(opened).toMatchObject({ bytes: 5, contentType: 'text/plain' });
    expect(opened && String(await buffer(opened.stream))).toBe('there');
  });

  test('what is not there opens as null, but a missing bucket is an error', async () => {
    const { store, bucket } = await newStore(server.url);
    expect(await store.open('a', NEVER)).toBeNull();
    expect(await store.openObject(`s3://${bucket}/a`, NEVER)).toBeNull();
    await expect(store.openObject('s3://no-such-bucket-at-all/a', NEVER)).rejects.toMatchObject({
      name: 'NoSuchBucket',
    });
  });

  test.each(['https://bucket/key', 's3://bucket', 's3://bucket/', 's3:///key'])(
    '%s is no URI of an object',
    async (uri) => {
      const { store } = await newStore(server.url);
      await expect(store.openObject(uri, NEVER)).rejects.toThrow(TypeError);
    },
  );

  test.each([10, PART_BYTES + 10])(
    'a stream that fails after %i bytes leaves nothing',
    async (length) => {
      const { store, unfinished } = await newStore(server.url);
      const failure = new Error('the source failed');
      const failing = Readable.from(
        (async function* pieces() {
          yield* streamOf(randomBytes(length));
          throw failure;
        })(),
        { objectMode: false },
      );
      await expect(store.upload('a', failing, 'audio/wav', NEVER)).rejects.toBe(failure);
      expect(await store.open('a', NEVER)).toBeNull();
      expect(await unfinished()).toEqual([]);
    },
  );

  test('a signal ends an upload at once, and leaves nothing', async () => {
    const { store, unfinished } = await newStore(server.url);
    const stopping = new AbortController();
    const reason = new Error('stopped by the test');
    const endless = new Readable({ read() {} });
    endless.push(randomBytes(PART_BYTES + 10));
    const uploading = store
      .upload('a', endless, 'audio/wav', stopping.signal)
      .catch((error: unknown) => error);
    await expect.poll(unfinished).toEqual(['a']);
    stopping.abort(reason);
    expect(await uploading).toBe(reason);
    expect(await unfinished()).toEqual([]);
    const late = store.upload('a', streamOf(randomBytes(9)), 'audio/wav', stopping.signal);
    await expect(late).rejects.toBe(reason);
    expect(await store.open('a', NEVER)).toBeNull();
  });

  test('unfinished uploads of a prefix are given up, and no others', async () => {
    const { store, bucket, sdk, unfinished } = await newStore(server.url);
    for (const Key of ['mine/1', 'mine/2', 'mine/2', 'mine', 'mine-too/1']) {
      await sdk.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key }));
    }
    expect(await store.abortUnfinished('mine/')).toBe(3);
    expect(new Set(await unfinished())).toEqual(new Set(['mine', 'mine-too/1']));
    expect(await store.abortUnfinished('mine/')).toBe(0);
  });
});

// What moto does not do: it lists all uploads on one page, and never fails.
describe('against a strict store', () => {
  test('unfinished uploads are given up however many pages they fill', async () => {
    const { url, simulator, stop } = await startSimulator();
    onTestFinished(stop);
    const { store, bucket, sdk } = await newStore(url);
    for (let done = 0; done < 1_003; done += 1) {
      await sdk.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key: `mine/${done % 7}` }));
    }
    expect(await store.abortUnfinished('mine/')).toBe(1_003);
    expect(simulator.unfinishedUploads(bucket)).toEqual([]);
  });

  test('an upload that is given up meanwhile fails', async () => {
    const { url, simulator, stop } = await startSimulator();
    onTestFinished(stop);
    const { store, bucket } = await newStore(url);
    const body = new Readable({ read() {} });
    body.push(randomBytes(PART_BYTES + 10));
    const uploading = store
      .upload('mine/1', body, 'audio/wav', NEVER)
      .catch((error: unknown) => error);
    await expect.poll(() => simulator.unfinishedUploads(bucket)).toHaveLength(1);
    expect(await store.abortUnfinished('mine/')).toBe(1);
    body.push(null);
    expect(await uploading).toMatchObject({ name: 'NoSuchUpload' });
    expect(simulator.keys(bucket)).toEqual([]);
  });
});
