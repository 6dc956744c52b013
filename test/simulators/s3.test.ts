import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { BUCKET, s3Caller } from './s3-caller.ts';
import type { Caller } from './s3-caller.ts';

const Bucket = BUCKET;

describe('buckets', () => {
  test('are made, found and listed by name', async () => {
    const { sdk } = await s3Caller();
    await sdk.send(new CreateBucketCommand({ Bucket: 'captions' }));
    expect(await sdk.send(new HeadBucketCommand({ Bucket: 'captions' }))).toMatchObject({
      BucketRegion: 'us-east-1',
    });
    const { Buckets } = await sdk.send(new ListBucketsCommand({}));
    expect(Buckets?.map(({ Name }) => Name)).toEqual(['captions', BUCKET]);
  });

  test.each([
    [BUCKET, 'BucketAlreadyOwnedByYou'],
    ['Capitals', 'InvalidBucketName'],
    ['10.0.0.1', 'InvalidBucketName'],
    ['ab', 'InvalidBucketName'],
  ])('"%s" is not made: %s', async (name, code) => {
    const { sdk } = await s3Caller();
    const made = sdk.send(new CreateBucketCommand({ Bucket: name }));
    await expect(made).rejects.toMatchObject({ name: code });
  });

  test('that are missing have no objects', async () => {
    const { sdk } = await s3Caller();
    const found = sdk.send(new HeadBucketCommand({ Bucket: 'missing' }));
    await expect(found).rejects.toMatchObject({ name: 'NotFound' });
    const listed = sdk.send(new ListObjectsV2Command({ Bucket: 'missing' }));
    await expect(listed).rejects.toMatchObject({ name: 'NoSuchBucket' });
  });
});

describe('an object', () => {
  test('keeps its type and what else was said of it', async () => {
    const { sdk } = await s3Caller();
    const { ETag } = await sdk.send(
      new PutObjectCommand({
        Bucket,
        Key: 'a',
        Body: 'hello',
        ContentType: 'text/vtt',
        ContentEncoding: 'gzip',
        Metadata: { session: 's1' },
      }),
    );
    const head = await sdk.send(new HeadObjectCommand({ Bucket, Key: 'a' }));
    expect(head).toMatchObject({
      ContentLength: 5,
      ContentType: 'text/vtt',
      ContentEncoding: 'gzip',
      Metadata: { session: 's1' },
      ETag,
    });
    expect(ETag).toBe('"5d41402abc4b2a76b9719d911017c592"');
  });

  test('of unknown type is binary', async () => {
    const { send, signed, simulator } = await s3Caller();
    await send(await signed({ method: 'PUT', key: 'a' }));
    expect(await simulator.get(BUCKET, 'a')).toMatchObject({ contentType: 'binary/octet-stream' });
  });

  test('is read on condition that it is the one, or another one, than is known', async () => {
    const { sdk, simulator } = await s3Caller();
    await simulator.put(BUCKET, 'a', 'hello');
    const { ETag } = await sdk.send(new HeadObjectCommand({ Bucket, Key: 'a' }));
    const read = (condition: object) =>
      sdk.send(new GetObjectCommand({ Bucket, Key: 'a', ...condition }));
    await read({ IfMatch: ETag });
    await read({ IfNoneMatch: '"another"' });
    await expect(read({ IfMatch: '"another"' })).rejects.toMatchObject({
      name: 'PreconditionFailed',
    });
    await expect(read({ IfNoneMatch: ETag })).rejects.toMatchObject({
      $metadata: { httpStatusCode: 304 },
    });
  });

  test('can be streamed in, in the chunks of the SDK, and out again', async () => {
    const { sdk, simulator } = await s3Caller({ folder: temporaryFolder() });
    const content = Buffer.alloc(3_000_001, 'abcdefghijk');
    const pieces = Readable.from([content.subarray(0, 7), content.subarray(7)]);
    const upload = { Bucket, Key: 'a', Body: pieces, ContentLength: content.length };
    await sdk.send(new PutObjectCommand(upload));
    expect((await simulator.get(BUCKET, 'a'))?.body.equals(content)).toBe(true);
    const { Body, ContentEncoding } = await sdk.send(new GetObjectCommand({ Bucket, Key: 'a' }));
    expect(content.equals((await Body?.transformToByteArray()) ?? Buffer.alloc(0))).toBe(true);
    expect(ContentEncoding).toBeUndefined();
  });

  test('can be written on condition that there is none', async () => {
    const { sdk, simulator } = await s3Caller();
    const put = (Body: string) =>
      sdk.send(new PutObjectCommand({ Bucket, Key: 'a', Body, IfNoneMatch: '*' }));
    const outcomes = await Promise.allSettled([put('one'), put('two'), put('three')]);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await expect(put('four')).rejects.toMatchObject({
      name: 'PreconditionFailed',
      $metadata: { httpStatusCode: 412 },
    });
    await simulator.remove(BUCKET, 'a');
    await put('five');
    expect(String((await simulator.get(BUCKET, 'a'))?.body)).toBe('five');
  });

  test.each([
    ['bytes=2-4', 'cde', 'bytes 2-4/10'],
    ['bytes=7-', 'hij', 'bytes 7-9/10'],
    ['bytes=-2', 'ij', 'bytes 8-9/10'],
    ['bytes=8-99', 'ij', 'bytes 8-9/10'],
    ['lines=1-2', 'abcdefghij', undefined],
  ])('is read in part with the range %s', async (Range, text, ContentRange) => {
    const { sdk, simulator } = await s3Caller();
    await simulator.put(BUCKET, 'a', 'abcdefghij');
    const answer = await sdk.send(new GetObjectCommand({ Bucket, Key: 'a', Range }));
    expect(await answer.Body?.transformToString()).toBe(text);
    expect(answer.ContentRange).toBe(ContentRange);
  });

  test('has nothing behind its end', async () => {
    const { sdk, simulator } = await s3Caller();
    await simulator.put(BUCKET, 'a', 'abc');
    const read = sdk.send(new GetObjectCommand({ Bucket, Key: 'a', Range: 'bytes=3-' }));
    await expect(read).rejects.toMatchObject({ name: 'InvalidRange' });
  });

  test('is gone once deleted, however often', async () => {
    const { sdk, simulator } = await s3Caller();
    for (const key of ['a', 'b', 'c']) await simulator.put(BUCKET, key, key);
    await sdk.send(new DeleteObjectCommand({ Bucket, Key: 'a' }));
    await sdk.send(new DeleteObjectCommand({ Bucket, Key: 'a' }));
    const Objects = [{ Key: 'b' }, { Key: 'never <there> &\r\n' }];
    const { Deleted } = await sdk.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    expect(Deleted).toEqual(Objects);
    expect(simulator.keys(BUCKET)).toEqual(['c']);
    const read = sdk.send(new GetObjectCommand({ Bucket, Key: 'a' }));
    await expect(read).rejects.toMatchObject({ name: 'NoSuchKey' });
    const head = sdk.send(new HeadObjectCommand({ Bucket, Key: 'b' }));
    await expect(head).rejects.toMatchObject({ name: 'NotFound' });
  });
});

describe('a list', () => {
  test("is in the order of UTF-8's bytes, page by page", async () => {
    const { sdk, simulator } = await s3Caller();
    const keys = ['B', 'a', 'a/1', 'a0', 'é', '\u{FFFD}', '\u{1F3A7}'];
    for (const key of keys.toReversed()) await simulator.put(BUCKET, key, '');
    const pages = await pagesOf(sdk, { MaxKeys: 3 });
    expect(pages.map((page) => page.keys)).toEqual([
      keys.slice(0, 3),
      keys.slice(3, 6),
      keys.slice(6),
    ]);
    expect((await pagesOf(sdk, { StartAfter: 'a0', MaxKeys: 9 })).map((page) => page.keys)).toEqual(
      [keys.slice(4)],
    );
  });

  test('has what is behind a delimiter once, across pages', async () => {
    const { sdk, simulator } = await s3Caller();
    for (const key of ['s/1/a', 's/1/b', 's/2/a', 's/3', 't/1', 's'])
      await simulator.put(BUCKET, key, '');
    expect(await pagesOf(sdk, { Prefix: 's/', Delimiter: '/', MaxKeys: 2 })).toEqual([
      { keys: [], prefixes: ['s/1/', 's/2/'] },
      { keys: ['s/3'], prefixes: [] },
    ]);
  });

  test('refuses a token of somebody else', async () => {
    const { sdk } = await s3Caller();
    const listed = sdk.send(new ListObjectsV2Command({ Bucket, ContinuationToken: 'mine' }));
    await expect(listed).rejects.toMatchObject({ name: 'InvalidArgument' });
  });
});

describe('a restart', () => {
  test('keeps objects, whatever their keys, and drops what nobody can reach', async () => {
    const folder = temporaryFolder();
    const keys = ['..', 'A', 'a', 'a/b', 'a:b c', 'x'.repeat(1_024), '東京/🎧'];
    const before = await s3Caller({ folder });
    for (const key of keys) await before.simulator.put(BUCKET, key, `this is ${key}`, 'text/plain');
    await before.simulator.close();
    // As a process that is killed leaves them.
    writeFileSync(join(folder, 'blobs', 'half-written'), 'ha');
    writeFileSync(join(folder, 'objects', 'a.json.tmp'), '{');

    const { simulator, sdk } = await s3Caller({ folder });
    expect(simulator.keys(BUCKET)).toEqual(keys);
    for (const Key of keys.slice(1)) {
      const { Body } = await sdk.send(new GetObjectCommand({ Bucket, Key }));
      expect(await Body?.transformToString()).toBe(`this is ${Key}`);
    }
    expect(readdirSync(join(folder, 'blobs'))).toHaveLength(keys.length);
    expect(readdirSync(join(folder, 'objects'))).toHaveLength(keys.length);
  });

  test('leaves no content of what was replaced or deleted', async () => {
    const folder = temporaryFolder();
    const { simulator } = await s3Caller({ folder });
    for (const text of ['one', 'two']) await simulator.put(BUCKET, 'a', text);
    expect(readdirSync(join(folder, 'blobs'))).toHaveLength(1);
    await simulator.remove(BUCKET, 'a');
    expect(readdirSync(join(folder, 'blobs'))).toEqual([]);
  });

  test('says which file to delete when one is unreadable', async () => {
    const folder = temporaryFolder();
    await (await s3Caller({ folder })).simulator.put(BUCKET, 'a', '');
    const [name = ''] = readdirSync(join(folder, 'objects'));
    writeFileSync(join(folder, 'objects', name), '{}');
    await expect(s3Caller({ folder })).rejects.toThrow(`delete ${join(folder, 'objects', name)}`);
  });
});

type Page = { keys: (string | undefined)[]; prefixes: (string | undefined)[] };

async function pagesOf(
  sdk: Caller['sdk'],
  query: Record<string, string | number>,
): Promise<Page[]> {
  const pages: Page[] = [];
  let ContinuationToken: string | undefined;
  do {
    const page = await sdk.send(new ListObjectsV2Command({ Bucket, ...query, ContinuationToken }));
    pages.push({
      keys: page.Contents?.map(({ Key }) => Key) ?? [],
      prefixes: page.CommonPrefixes?.map(({ Prefix }) => Prefix) ?? [],
    });
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken !== undefined);
  return pages;
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 's3-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}
