import { createHash } from 'node:crypto';
import { empty, xmlAnswer } from '../answers.ts';
import type { Blobs } from '../blobs.ts';
import { S3Error } from '../errors.ts';
import { integerParameter, parameter } from '../incoming.ts';
import type { Incoming } from '../incoming.ts';
import { receive, receiveText } from '../payload.ts';
import type { Part, Store, Upload } from '../store.ts';
import { childrenNamed, childText, element, parseXml } from '../xml.ts';
import type { XmlElement } from '../xml.ts';
import { keptHeaders, onlyIfAbsent } from './context.ts';
import type { Handler } from './context.ts';

const MAX_PARTS = 10_000;
const MIN_PART_BYTES = 5_242_880;

export const createUpload: Handler = async ({ store }, incoming) => {
  const { bucket, key } = incoming;
  const { id } = store.startUpload(bucket, key, keptHeaders(incoming));
  return xmlAnswer('InitiateMultipartUploadResult', [
    element('Bucket', bucket),
    element('Key', key),
    element('UploadId', id),
  ]);
};

export const uploadPart: Handler = async ({ store }, incoming) => {
  const upload = uploadOf(store, incoming);
  const limits = { least: 1, most: MAX_PARTS, absent: 0 };
  const number = integerParameter(incoming, 'partNumber', limits);
  const received = await receive(incoming, store.blobs);
  await store.addPart(upload, { number, ...received });
  return empty(200, { etag: `"${received.md5}"`, ...received.checksums });
};

export const completeUpload: Handler = async ({ store }, incoming) => {
  const { bucket, key } = incoming;
  const upload = uploadOf(store, incoming);
  const parts = listedParts(parseXml(await receiveText(incoming)), upload);
  const condition = { onlyIfAbsent: onlyIfAbsent(incoming) };
  if (condition.onlyIfAbsent && store.object(bucket, key)) throw new S3Error('PreconditionFailed');

  const blob = await joined(store.blobs, parts).catch((error: unknown) => {
    uploadOf(store, incoming); // Another request may have ended it, and so removed its parts.
    throw error;
  });
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  const md5s = Buffer.concat(parts.map((part) => Buffer.from(part.md5, 'hex')));
  const etag = `"${createHash('md5').update(md5s).digest('hex')}-${parts.length}"`;
  const { headers } = upload;
  await store.commit({ bucket, key, blob, size, etag, headers, checksums: {} }, condition);
  await store.endUpload(upload);
  return xmlAnswer('CompleteMultipartUploadResult', [
    element('Location', `/${bucket}/${key}`),
    element('Bucket', bucket),
    element('Key', key),
    element('ETag', etag),
  ]);
};

export const abortUpload: Handler = async ({ store }, incoming) => {
  await store.endUpload(uploadOf(store, incoming));
  return empty(204);
};

function uploadOf(store: Store, incoming: Incoming): Upload {
  return store.upload(incoming.bucket, incoming.key, parameter(incoming, 'uploadId') ?? '');
}

/** The parts that a request lists, which have to be what was uploaded. */
function listedParts(request: XmlElement, { parts }: Upload): Part[] {
  const listed = childrenNamed(request, 'Part');
  if (request.name !== 'CompleteMultipartUpload' || listed.length === 0) {
    throw new S3Error('MalformedXML');
  }
  const found = listed.map((each) => {
    const number = Number(childText(each, 'PartNumber'));
    const part = parts.find((candidate) => candidate.number === number);
    const etag = childText(each, 'ETag')?.replaceAll('"', '');
    if (!part || part.md5 !== etag || !checksumsMatch(each, part)) throw new S3Error('InvalidPart');
    return part;
  });
  for (const [index, { number, size }] of found.entries()) {
    const next = found[index + 1];
    if (next && next.number <= number) throw new S3Error('InvalidPartOrder');
    if (next && size < MIN_PART_BYTES) throw new S3Error('EntityTooSmall');
  }
  return found;
}

/** `ChecksumCRC32` in the list is what the part's header `x-amz-checksum-crc32` was. */
function checksumsMatch(listed: XmlElement, { checksums }: Part): boolean {
  return listed.children
    .filter(({ name }) => name.startsWith('Checksum'))
    .every(
      ({ name, text }) =>
        checksums[name.replace('Checksum', 'x-amz-checksum-').toLowerCase()] === text,
    );
}

function joined(blobs: Blobs, parts: readonly Part[]): Promise<string> {
  return blobs.write(
    (async function* content(): AsyncGenerator<Buffer> {
      for (const { blob } of parts) yield* await blobs.read(blob);
    })(),
  );
}
