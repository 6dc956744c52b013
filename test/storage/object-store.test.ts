import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { CreateBucketCommand, HeadObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { SIMULATED_S3 } from '../../simulators/credentials.ts';
import { createS3Simulator } from '../../simulators/s3/simulator.ts';
import { objectStore } from '../../src/storage/object-store.ts';
import type { BucketSettings, ObjectStore } from '../../src/storage/object-store.ts';
import { listen } from '../support/listen.ts';
import { startMoto } from '../support/moto.ts';

const { accessKeyId, secretAccessKey, region } = SIMULATED_S3;
const AWKWARD_KEYS = [
  'sessions/a:b/c d.json',
  'sessions/plus+and%20percent',
  'sessions/<&>"quotes\'',
  'sessions/(né à 東京) 🎧!*~',
  'sessions//empty//folders',
  `sessions/${'long'.repeat(250)}`,
];

const SERVERS = { 'our simulator': startSimulator, moto: startMoto } satisfies Record<
  string,
  () => Promise<{ url: string; stop: () => Promise<void> }>
>;

describe.each(Object.entries(SERVERS))('against %s', (_name, start) => {
  let server: Awaited<ReturnType<typeof start>>;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server?.stop());
  const newStore = () => storeAt(server.url);

  test('an object reads as it was written, in UTF-8 and with its type', async () => {
    const store = await newStore();
    await store.write('a.txt', 'Grüße, 東京 🎧\r\n', 'text/plain; charset=utf-8');
    expect(await store.read('a.txt')).toBe('Grüße, 東京 🎧\r\n');
    const head = await sdk(server.url).send(
      new HeadObjectCommand({ Bucket: store.bucket, Key: 'a.txt' }),
    );
    expect(head.ContentType).toBe('text/plain; charset=utf-8');
  });

  test('an object may be empty', async () => {
    const store = await newStore();
    await store.write('empty', '', 'text/plain');
    expect(await store.read('empty')).toBe('');
  });

  test('what was never written reads as null', async () => {
    const store = await newStore();
    await store.write('a/b', 'there', 'text/plain');
    expect(await store.read('a')).toBeNull();
    expect(await store.read('a/b/')).toBeNull();
  });

  test('a second write replaces the first', async () => {
    const store = await newStore();
    await store.write('notes.json', '{"longer":true}', 'application/json');
    await store.write('notes.json', '{}', 'application/json');
    expect(await store.read('notes.json')).toBe('{}');
  });

  test('keys keep every character', async () => {
    const store = await newStore();
    for (const key of AWKWARD_KEYS) await store.write(key, `this is ${key}`, 'text/plain');
    for (const key of AWKWARD_KEYS) expect(await store.read(key)).toBe(`this is ${key}`);
    expect(await store.removeAll('sessions/a:b/')).toBe(1);
    expect(await store.removeAll('sessions/')).toBe(AWKWARD_KEYS.length - 1);
    for (const key of AWKWARD_KEYS) expect(await store.read(key)).toBeNull();
  });

  test('all objects of a prefix go, however many pages they fill, and no others', async () => {
    const store = await newStore();
    const keys = Array.from({ length: 1_203 }, (_, index) => `mine/${index}`);
    for (let done = 0; done < keys.length; done += 20) {
      const some = keys.slice(done, done + 20);
      await Promise.all(some.map((key) => store.write(key, key, 'text/plain')));
    }
    await store.write('mine', 'not below it', 'text/plain');
    await store.write('mine-too/1', 'of another', 'text/plain');
    expect(await store.removeAll('mine/')).toBe(1_203);
    expect(await store.read('mine/0')).toBeNull();
    expect(await store.read('mine/1202')).toBeNull();
    expect(await store.read('mine')).toBe('not below it');
    expect(await store.read('mine-too/1')).toBe('of another');
  });

  test('removing what is not there removes nothing', async () => {
    const store = await newStore();
    expect(await store.removeAll('nothing/')).toBe(0);
  });

  test('a bucket that is missing is an error, not an absent object', async () => {
    const store = objectStore(settings(server.url, 'no-such-bucket'));
    const expected = expect.objectContaining({ name: 'NoSuchBucket' });
    await expect(store.read('a.txt')).rejects.toEqual(expected);
    await expect(store.write('a.txt', '', 'text/plain')).rejects.toEqual(expected);
    await expect(store.removeAll('a')).rejects.toEqual(expected);
  });

  test('of the objects of a prefix, only those wanted go', async () => {
    const store = await newStore();
    for (const key of ['a/1.json', 'a/2.mp3', 'a/3.json']) await store.write(key, '', 'text/plain');
    expect(await store.removeAll('a/', (key) => key.endsWith('.json'))).toBe(2);
    expect(await store.removeAll('a/')).toBe(1);
  });

  test("without an endpoint, it is the SDK's to find one", async () => {
    const { bucket } = await newStore();
    vi.stubEnv('AWS_ENDPOINT_URL_S3', server.url);
    onTestFinished(() => void vi.unstubAllEnvs());
    const store = objectStore({ ...settings(server.url, bucket), endpoint: null });
    await store.write('a', 'found', 'text/plain');
    expect(await store.read('a')).toBe('found');
  });
});

// What moto can't show: it takes any credentials, and never fails.
describe('against a strict store', () => {
  test.each([
    [{ accessKeyId: 'SOMEBODYELSE', secretAccessKey }, 'InvalidAccessKeyId'],
    [{ accessKeyId, secretAccessKey: 'wrong' }, 'SignatureDoesNotMatch'],
  ])('credentials %o are refused as %s', async (credentials, code) => {
    const { url } = await simulatorOfTest();
    const { bucket } = await storeAt(url);
    const store = objectStore({ ...settings(url, bucket), credentials });
    const expected = expect.objectContaining({ name: code });
    await expect(store.read('a')).rejects.toEqual(expected);
    await expect(store.write('a', 'b', 'text/plain')).rejects.toEqual(expected);
    await expect(store.removeAll('a')).rejects.toEqual(expected);
  });

  test('a store that is busy, or hangs up, is asked again', async () => {
    const { url, simulator } = await simulatorOfTest();
    const store = await storeAt(url);
    simulator.inject({ operation: 'PutObject', fault: { kind: 'status', status: 503 } });
    simulator.inject({ operation: 'PutObject', fault: { kind: 'lost-response' } });
    await store.write('a', 'kept', 'text/plain');
    simulator.inject({ operation: 'GetObject', fault: { kind: 'reset' } });
    expect(await store.read('a')).toBe('kept');
    expect(simulator.calls().map(({ operation, fault }) => [operation, fault])).toEqual([
      ['CreateBucket', null],
      ['PutObject', 'status'],
      ['PutObject', 'lost-response'],
      ['PutObject', null],
      ['GetObject', 'reset'],
      ['GetObject', null],
    ]);
  });

  test('an object that is too large to be a text is not read', async () => {
    const url = await listen((request, response) => {
      request.resume();
      response.writeHead(200, { 'content-length': String(2 ** 30) }).write('{');
    });
    const store = objectStore(settings(url, 'huge'));
    await expect(store.read('a')).rejects.toThrow(/larger/);
  });

  test('nor is one whose size nobody has told', async () => {
    const url = await listen(async (request, response) => {
      request.resume();
      response.writeHead(200);
      await pipeline(zeros(2 ** 28), response).catch(() => undefined);
    });
    await expect(objectStore(settings(url, 'huge')).read('a')).rejects.toThrow(/larger/);
  });

  test('a stream may pause for longer than a store may be silent', async () => {
    const paused: ServerResponse[] = [];
    const url = await listen((request, response) => {
      request.resume();
      response.writeHead(200).write('begun');
      paused.push(response);
    });
    const store = objectStore(settings(url, 'slow'), 300);
    const opened = await store.open('a', new AbortController().signal);
    await expect(store.read('a')).rejects.toMatchObject({ name: 'TimeoutError' });
    for (const response of paused) response.end(', and done');
    expect(opened && (await text(opened.stream))).toBe('begun, and done');
  });

  test('a store that does not answer opens nothing', async () => {
    const url = await listen((request) => void request.resume());
    const store = objectStore(settings(url, 'silent'), 300);
    const opening = store.open('a', new AbortController().signal);
    await expect(opening).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  test('a store that stays broken fails the call', async () => {
    const { url, simulator } = await simulatorOfTest();
    const store = await storeAt(url);
    simulator.inject({ operation: 'any', fault: { kind: 'status', status: 500 }, times: 9 });
    await expect(store.read('a')).rejects.toMatchObject({ name: 'InternalError' });
  });
});

function zeros(bytes: number): Readable {
  const piece = Buffer.alloc(1_048_576);
  return Readable.from(Array.from({ length: bytes / piece.length }, () => piece));
}

async function startSimulator() {
  const simulator = createS3Simulator({ ...SIMULATED_S3, folder: null });
  const url = await simulator.app.listen({ host: '127.0.0.1', port: 0 });
  return { simulator, url, stop: () => simulator.close() };
}

async function simulatorOfTest(): ReturnType<typeof startSimulator> {
  const started = await startSimulator();
  onTestFinished(started.stop);
  return started;
}

function settings(endpoint: string, bucket: string): BucketSettings {
  const credentials = { accessKeyId, secretAccessKey };
  return { bucket, region, forcePathStyle: true, endpoint, credentials };
}

function sdk(endpoint: string): S3Client {
  const credentials = { accessKeyId, secretAccessKey };
  return new S3Client({ region, forcePathStyle: true, endpoint, credentials });
}

/** A store with a bucket of its own. */
async function storeAt(url: string): Promise<ObjectStore> {
  const bucket = `test-${randomUUID()}`;
  await sdk(url).send(new CreateBucketCommand({ Bucket: bucket }));
  return objectStore(settings(url, bucket));
}
