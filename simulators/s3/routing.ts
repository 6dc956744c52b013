import { S3Error } from './errors.ts';
import type { Incoming } from './incoming.ts';

type Row = {
  readonly method: string;
  readonly on: 'service' | 'bucket' | 'object';
  /** The parameter that makes a request this operation. */
  readonly marker?: string;
  readonly parameters?: readonly string[];
};

/** The operations, those with a marker before the one of the same method without. */
const ROWS = {
  ListBuckets: { method: 'GET', on: 'service' },
  HeadBucket: { method: 'HEAD', on: 'bucket' },
  CreateBucket: { method: 'PUT', on: 'bucket' },
  DeleteObjects: { method: 'POST', on: 'bucket', marker: 'delete' },
  ListObjectsV2: {
    method: 'GET',
    on: 'bucket',
    marker: 'list-type',
    parameters: [
      'prefix',
      'delimiter',
      'max-keys',
      'continuation-token',
      'start-after',
      'encoding-type',
    ],
  },
  ListMultipartUploads: {
    method: 'GET',
    on: 'bucket',
    marker: 'uploads',
    parameters: ['prefix', 'key-marker', 'upload-id-marker', 'max-uploads', 'encoding-type'],
  },
  GetBucketLifecycleConfiguration: { method: 'GET', on: 'bucket', marker: 'lifecycle' },
  UploadPart: { method: 'PUT', on: 'object', marker: 'uploadId', parameters: ['partNumber'] },
  PutObject: { method: 'PUT', on: 'object' },
  GetObject: { method: 'GET', on: 'object' },
  HeadObject: { method: 'HEAD', on: 'object' },
  AbortMultipartUpload: { method: 'DELETE', on: 'object', marker: 'uploadId' },
  DeleteObject: { method: 'DELETE', on: 'object' },
  CreateMultipartUpload: { method: 'POST', on: 'object', marker: 'uploads' },
  CompleteMultipartUpload: { method: 'POST', on: 'object', marker: 'uploadId' },
} as const satisfies Record<string, Row>;

export type Operation = keyof typeof ROWS;

export const OPERATIONS = [
  'ListBuckets',
  'HeadBucket',
  'CreateBucket',
  'DeleteObjects',
  'ListObjectsV2',
  'ListMultipartUploads',
  'GetBucketLifecycleConfiguration',
  'UploadPart',
  'PutObject',
  'GetObject',
  'HeadObject',
  'AbortMultipartUpload',
  'DeleteObject',
  'CreateMultipartUpload',
  'CompleteMultipartUpload',
] as const satisfies readonly Operation[];

/** Headers that ask for what is not here: they are refused, because nobody should rely on them. */
const UNSUPPORTED_HEADERS =
  /^(?:if-modified-since|if-unmodified-since|x-amz-(?:acl|grant-.*|copy-source.*|server-side-.*|storage-class|tagging|object-lock-.*|website-.*|mfa|if-match-.*|checksum-type|write-offset-bytes))$/;

/** What a request asks for; refuses what S3 has but this one doesn't. */
export function operationOf(incoming: Incoming): Operation {
  const { bucket, key, method, query, headers } = incoming;
  const on = bucket === '' ? 'service' : key === '' ? 'bucket' : 'object';
  const names = query.map(([name]) => name);
  const operation = OPERATIONS.find((name) => {
    const row: Row = ROWS[name];
    const isMarked = row.marker === undefined || names.includes(row.marker);
    return row.method === method && row.on === on && isMarked;
  });
  if (!operation) {
    if (method === 'GET' || method === 'POST' || method === 'DELETE') {
      throw new S3Error('NotImplemented', `${method} of a ${on} with "${names.join(', ')}"`);
    }
    throw new S3Error('MethodNotAllowed');
  }
  const { marker, parameters = [] }: Row = ROWS[operation];
  const unknown =
    names.find(
      (name) => !(name === marker || parameters.includes(name) || EVERYWHERE.test(name)),
    ) ?? Object.keys(headers).find((name) => UNSUPPORTED_HEADERS.test(name));
  if (unknown !== undefined) throw new S3Error('NotImplemented', `${unknown} in ${operation}`);
  return operation;
}

/** The signature, and what the SDKs put into the query of every request that they presign. */
const EVERYWHERE =
  /^(?:X-Amz-(?:Algorithm|Credential|Date|Expires|SignedHeaders|Signature|Content-Sha256)|x-amz-checksum-mode|x-id)$/;
