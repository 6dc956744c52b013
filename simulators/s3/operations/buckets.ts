import { empty, xmlAnswer } from '../answers.ts';
import { S3Error } from '../errors.ts';
import { receiveText } from '../payload.ts';
import { childText, element, parseXml } from '../xml.ts';
import { iso } from './context.ts';
import type { Handler } from './context.ts';

const BUCKET_NAME = /^(?!xn--|sthree-|\d+\.\d+\.\d+\.\d+$)[a-z\d](?!.*\.\.)[a-z\d.-]{1,61}[a-z\d]$/;

export function checkBucketName(name: string): void {
  if (!BUCKET_NAME.test(name))
    throw new S3Error('InvalidBucketName', `"${name}" is no bucket name`);
}

export const listBuckets: Handler = async ({ store }) =>
  xmlAnswer('ListAllMyBucketsResult', [
    element('Owner', [element('ID', 'simulated')]),
    element(
      'Buckets',
      store
        .buckets()
        .map(({ name, createdAtMs }) =>
          element('Bucket', [element('Name', name), element('CreationDate', iso(createdAtMs))]),
        ),
    ),
  ]);

export const createBucket: Handler = async ({ store, region }, incoming) => {
  const { bucket } = incoming;
  checkBucketName(bucket);
  const text = await receiveText(incoming);
  const constraint = text === '' ? undefined : childText(parseXml(text), 'LocationConstraint');
  if ((constraint ?? region) !== region) throw new S3Error('IllegalLocationConstraintException');
  if (store.hasBucket(bucket)) throw new S3Error('BucketAlreadyOwnedByYou');
  store.addBucket(bucket);
  return empty(200, { location: `/${bucket}` });
};

export const headBucket: Handler = async ({ region }) =>
  empty(200, { 'x-amz-bucket-region': region });

/** No bucket here has one: nothing in it ends by itself. */
export const getLifecycle: Handler = async () => {
  throw new S3Error('NoSuchLifecycleConfiguration');
};
