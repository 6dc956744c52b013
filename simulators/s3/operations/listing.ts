import { xmlAnswer } from '../answers.ts';
import { S3Error } from '../errors.ts';
import { integerParameter, parameter } from '../incoming.ts';
import type { Incoming } from '../incoming.ts';
import type { StoredObject } from '../store.ts';
import { element } from '../xml.ts';
import { iso } from './context.ts';
import type { Handler } from './context.ts';

const PAGE = 1_000;

/** One line of a list: an object, or all that share a prefix up to the delimiter. */
type Entry = { readonly name: string; readonly object: StoredObject | null };

export const listObjects: Handler = async ({ store }, incoming) => {
  if (parameter(incoming, 'list-type') !== '2') throw new S3Error('InvalidArgument', 'list-type');
  const { bucket } = incoming;
  const prefix = parameter(incoming, 'prefix') ?? '';
  const delimiter = parameter(incoming, 'delimiter') ?? '';
  const token = parameter(incoming, 'continuation-token');
  const startAfter = parameter(incoming, 'start-after') ?? '';
  const limits = { least: 0, most: 999_999_999, absent: PAGE };
  const maxKeys = Math.min(PAGE, integerParameter(incoming, 'max-keys', limits));
  const { encoded, told } = encoding(incoming);

  const entries = entriesOf(store.objects(bucket, prefix), prefix, delimiter);
  const start = Buffer.from(token === undefined ? startAfter : fromToken(token));
  const rest = entries.filter(({ name }) => Buffer.compare(Buffer.from(name), start) > 0);
  const page = rest.slice(0, maxKeys);
  const last = page.at(-1);
  const isTruncated = last !== undefined && rest.length > page.length;
  return xmlAnswer('ListBucketResult', [
    element('Name', bucket),
    element('Prefix', encoded(prefix)),
    ...(delimiter === '' ? [] : [element('Delimiter', encoded(delimiter))]),
    ...(token === undefined ? [] : [element('ContinuationToken', token)]),
    ...(startAfter === '' ? [] : [element('StartAfter', encoded(startAfter))]),
    ...told,
    element('MaxKeys', String(maxKeys)),
    element('KeyCount', String(page.length)),
    element('IsTruncated', String(isTruncated)),
    ...(isTruncated ? [element('NextContinuationToken', toToken(last.name))] : []),
    ...page.map(({ name, object }) =>
      object
        ? element('Contents', [
            element('Key', encoded(name)),
            element('LastModified', iso(object.modifiedAtMs)),
            element('ETag', object.etag),
            element('Size', String(object.size)),
            element('StorageClass', 'STANDARD'),
          ])
        : element('CommonPrefixes', [element('Prefix', encoded(name))]),
    ),
  ]);
};

export const listUploads: Handler = async ({ store }, incoming) => {
  const { bucket } = incoming;
  const prefix = parameter(incoming, 'prefix') ?? '';
  const keyMarker = parameter(incoming, 'key-marker') ?? '';
  const idMarker = parameter(incoming, 'upload-id-marker') ?? '';
  const limits = { least: 1, most: PAGE, absent: PAGE };
  const maxUploads = integerParameter(incoming, 'max-uploads', limits);
  const { encoded, told } = encoding(incoming);

  const all = store.uploads(bucket, prefix);
  const marked = all.findIndex(({ key, id }) => key === keyMarker && id === idMarker);
  const isAfter = (key: string) => Buffer.compare(Buffer.from(key), Buffer.from(keyMarker)) > 0;
  const rest = marked === -1 ? all.filter(({ key }) => isAfter(key)) : all.slice(marked + 1);
  const page = rest.slice(0, maxUploads);
  const last = page.at(-1);
  return xmlAnswer('ListMultipartUploadsResult', [
    element('Bucket', bucket),
    element('Prefix', encoded(prefix)),
    element('KeyMarker', encoded(keyMarker)),
    element('UploadIdMarker', idMarker),
    ...told,
    element('MaxUploads', String(maxUploads)),
    element('IsTruncated', String(rest.length > page.length)),
    element('NextKeyMarker', encoded(last?.key ?? '')),
    element('NextUploadIdMarker', last?.id ?? ''),
    ...page.map(({ key, id, startedAtMs }) =>
      element('Upload', [
        element('Key', encoded(key)),
        element('UploadId', id),
        element('Initiated', iso(startedAtMs)),
        element('StorageClass', 'STANDARD'),
      ]),
    ),
  ]);
};

/** How keys are written: plainly, or for clients whose XML can't carry every character. */
function encoding(incoming: Incoming) {
  const type = parameter(incoming, 'encoding-type');
  if (type !== undefined && type !== 'url') throw new S3Error('InvalidArgument', 'encoding-type');
  return type === 'url'
    ? {
        encoded: (text: string) => encodeURIComponent(text).replaceAll('%2F', '/'),
        told: [element('EncodingType', type)],
      }
    : { encoded: (text: string) => text, told: [] };
}

function entriesOf(objects: readonly StoredObject[], prefix: string, delimiter: string): Entry[] {
  const entries = new Map<string, Entry>();
  for (const object of objects) {
    const end = delimiter === '' ? -1 : object.key.indexOf(delimiter, prefix.length);
    const name = end === -1 ? object.key : object.key.slice(0, end + delimiter.length);
    entries.set(name, { name, object: end === -1 ? object : null });
  }
  return [...entries.values()];
}

function toToken(name: string): string {
  return Buffer.from(`after ${name}`).toString('base64url');
}

function fromToken(token: string): string {
  const [, name] = /^after (.+)$/s.exec(Buffer.from(token, 'base64url').toString()) ?? [];
  if (name !== undefined) return name;
  throw new S3Error('InvalidArgument', 'The continuation token provided is incorrect');
}
