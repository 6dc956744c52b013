import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { expect, onTestFinished, test } from 'vitest';
import { BUCKET, s3Caller } from './s3-caller.ts';
import type { Caller } from './s3-caller.ts';

const MIN_PART = 5_242_880;
const about = { Bucket: BUCKET, Key: 'long/audio.m4a' };

test("a stream of unknown length comes in parts, by the SDK's own uploader", async () => {
  const { folder, sdk, simulator } = await uploader();
  const chunk = Buffer.alloc(1_000_003, '0123456789');
  const Body = Readable.from(Array.from({ length: 13 }, () => chunk));
  const upload = new Upload({ client: sdk, params: { ...about, Body, ContentType: 'audio/mp4' } });
  const { ETag } = await upload.done();
  expect(ETag).toMatch(/^"[\da-f]{32}-3"$/);
  const kept = await simulator.get(BUCKET, about.Key);
  expect(kept?.contentType).toBe('audio/mp4');
  expect(kept?.body.equals(Buffer.concat(Array.from({ length: 13 }, () => chunk)))).toBe(true);
  expect(readdirSync(join(folder, 'blobs'))).toHaveLength(1);
  expect(readdirSync(join(folder, 'uploads'))).toEqual([]);
  const { Body: read } = await sdk.send(new GetObjectCommand({ ...about, Range: 'bytes=0-3' }));
  expect(await read?.transformToString()).toBe('0123');
});

test('parts come in any order, and a part again replaces the first', async () => {
  const { sdk, simulator } = await uploader();
  const UploadId = await begun(sdk);
  const last = await part(sdk, UploadId, 7, 'end');
  await part(sdk, UploadId, 2, 'x'.repeat(MIN_PART));
  const first = await part(sdk, UploadId, 2, 'y'.repeat(MIN_PART));
  expect(simulator.keys(BUCKET)).toEqual([]);
  await complete(sdk, UploadId, [first, last]);
  const text = String((await simulator.get(BUCKET, about.Key))?.body);
  expect(text).toBe(`${'y'.repeat(MIN_PART)}end`);
  await expect(complete(sdk, UploadId, [first, last])).rejects.toMatchObject({
    name: 'NoSuchUpload',
  });
});

test('only the last part may be small', async () => {
  const { sdk } = await uploader();
  const UploadId = await begun(sdk);
  const parts = [
    await part(sdk, UploadId, 1, 'x'.repeat(MIN_PART - 1)),
    await part(sdk, UploadId, 2, 'end'),
  ];
  await expect(complete(sdk, UploadId, parts)).rejects.toMatchObject({ name: 'EntityTooSmall' });
  await complete(sdk, UploadId, parts.slice(0, 1));
});

test('the parts listed have to be those uploaded, in order', async () => {
  const { sdk } = await uploader();
  const UploadId = await begun(sdk);
  const one = await part(sdk, UploadId, 1, 'x'.repeat(MIN_PART));
  const two = await part(sdk, UploadId, 2, 'y'.repeat(MIN_PART));
  const faults = [
    [[two, one], 'InvalidPartOrder'],
    [[one, { ...two, PartNumber: 3 }], 'InvalidPart'],
    [[one, { ...two, ETag: one.ETag }], 'InvalidPart'],
    [[one, { ...two, ChecksumCRC32: 'AAAAAA==' }], 'InvalidPart'],
    [[], 'MalformedXML'],
  ] as const;
  for (const [parts, name] of faults) {
    await expect(complete(sdk, UploadId, parts)).rejects.toMatchObject({ name });
  }
});

test('an upload can be completed on condition that there is no object', async () => {
  const { sdk, simulator } = await uploader();
  const UploadId = await begun(sdk);
  const parts = [await part(sdk, UploadId, 1, 'mine')];
  await simulator.put(BUCKET, about.Key, 'of another');
  const completed = complete(sdk, UploadId, parts, { IfNoneMatch: '*' });
  await expect(completed).rejects.toMatchObject({ name: 'PreconditionFailed' });
  expect(String((await simulator.get(BUCKET, about.Key))?.body)).toBe('of another');
});

test('unfinished uploads outlive a restart, are listed and can be aborted', async () => {
  const { folder, sdk, simulator, advance } = await uploader();
  const first = await begun(sdk);
  const kept = await part(sdk, first, 1, 'kept');
  advance(1_000);
  const second = await begun(sdk);
  await begun(sdk, 'other');
  await simulator.close();

  const again = await s3Caller({ folder });
  const listed = (query: object) =>
    again.sdk.send(new ListMultipartUploadsCommand({ Bucket: BUCKET, ...query }));
  const page = await listed({ MaxUploads: 1 });
  expect(page).toMatchObject({ IsTruncated: true, Uploads: [{ UploadId: first }] });
  const { NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = page;
  const rest = await listed({ KeyMarker, UploadIdMarker, Prefix: 'long/' });
  expect(rest).toMatchObject({ IsTruncated: false, Uploads: [{ UploadId: second }] });

  await again.sdk.send(new AbortMultipartUploadCommand({ ...about, UploadId: second }));
  await expect(part(again.sdk, second, 1, 'late')).rejects.toMatchObject({ name: 'NoSuchUpload' });
  expect(again.simulator.unfinishedUploads(BUCKET)).toEqual([about.Key, 'other']);
  await complete(again.sdk, first, [kept]);
  expect(String((await again.simulator.get(BUCKET, about.Key))?.body)).toBe('kept');
});

test('an upload that breaks off leaves no content', async () => {
  const { folder, sdk, simulator } = await uploader();
  const Body = Readable.from(breakingOff());
  const upload = new Upload({ client: sdk, params: { ...about, Body } });
  await expect(upload.done()).rejects.toThrow('the source broke');
  expect(simulator.unfinishedUploads(BUCKET)).toEqual([]);
  expect(readdirSync(join(folder, 'blobs'))).toEqual([]);
});

type Listed = { PartNumber: number; ETag: string | undefined; ChecksumCRC32?: string | undefined };

async function uploader(): Promise<Caller & { folder: string }> {
  const folder = mkdtempSync(join(tmpdir(), 's3-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return { folder, ...(await s3Caller({ folder })) };
}

async function* breakingOff(): AsyncGenerator<Buffer> {
  yield Buffer.alloc(6_000_000);
  throw new Error('the source broke');
}

async function begun(sdk: Caller['sdk'], Key = about.Key): Promise<string | undefined> {
  const command = new CreateMultipartUploadCommand({ ...about, Key });
  return (await sdk.send(command)).UploadId;
}

async function part(
  sdk: Caller['sdk'],
  UploadId: string | undefined,
  PartNumber: number,
  Body: string,
): Promise<Listed> {
  const command = new UploadPartCommand({ ...about, UploadId, PartNumber, Body });
  const { ETag, ChecksumCRC32 } = await sdk.send(command);
  return { PartNumber, ETag, ChecksumCRC32 };
}

function complete(
  sdk: Caller['sdk'],
  UploadId: string | undefined,
  parts: readonly Listed[],
  more: { IfNoneMatch?: string } = {},
) {
  const MultipartUpload = { Parts: [...parts] };
  return sdk.send(
    new CompleteMultipartUploadCommand({ ...about, UploadId, MultipartUpload, ...more }),
  );
}
