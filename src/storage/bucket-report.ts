import { randomUUID } from 'node:crypto';
import {
  DeleteObjectsCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  HeadBucketCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type LifecycleRule,
  type S3Client,
} from '@aws-sdk/client-s3';
import { z } from 'zod';
import { s3Client, type BucketSettings } from './object-store.ts';

/** What is done with the object, and what comes after: together under the deadline of a whole check. */
const TRIAL_MS = 10_000;
const REST_MS = 8_000;

/** How a bucket is, for whoever writes below `prefix`. */
export type BucketReport = {
  /** Why it can't be reached at all; null = it can. */
  readonly unreachable: { readonly why: string; readonly isMissing: boolean } | null;
  /** Its own region, where the store tells. */
  readonly region: string | null;
  /** What did not work, each by the action that IAM calls it, with the store's error. */
  readonly failures: readonly BucketFailure[];
  /** The key of the object, where it may still be there. */
  readonly left: string | null;
  /** Whether the lifecycle removes uploads that were never finished; null = the store does not tell. */
  readonly abortsUploads: boolean | null;
};

/** For how long a bucket keeps what is written below a prefix: days, for ever, or nobody tells. */
export type Keeping = { readonly days: number } | 'for-ever' | 'untold';

type BucketFailure = {
  readonly action: string;
  readonly error: string;
  /** Whether the store refused it (401, 403); anything else says nothing of what is allowed. */
  readonly isRefused: boolean;
};

/** Writes a small object below `prefix`, reads, lists and removes it, and looks at the bucket itself. */
export async function reportOnBucket(
  settings: BucketSettings,
  prefix: string,
): Promise<BucketReport> {
  const s3 = s3Client(settings);
  try {
    return await reportOn(s3, settings.bucket, prefix);
  } finally {
    s3.destroy();
  }
}

/** For how long the bucket keeps what is written below each of `prefixes`, and whether also what was written over or removed. */
export async function keepingOf(
  settings: BucketSettings,
  prefixes: readonly string[],
): Promise<{ readonly periods: ReadonlyMap<string, Keeping>; readonly keepsVersions: boolean }> {
  const s3 = s3Client(settings);
  const patience = { abortSignal: AbortSignal.timeout(REST_MS) };
  const versioning = new GetBucketVersioningCommand({ Bucket: settings.bucket });
  try {
    const [rules, Status] = await Promise.all([
      rulesOf(s3, settings.bucket, patience),
      // Not every store has versions, or tells.
      s3.send(versioning, patience).then(
        (answer) => answer.Status,
        () => undefined,
      ),
    ]);
    const periods = new Map(prefixes.map((prefix) => [prefix, keeping(rules, prefix)]));
    return { periods, keepsVersions: Status !== undefined };
  } finally {
    s3.destroy();
  }
}

function keeping(rules: readonly LifecycleRule[] | null, prefix: string): Keeping {
  if (rules === null) return 'untold';
  const days = rules.flatMap((rule) =>
    isOf(rule, prefix) && rule.Expiration?.Days !== undefined ? [rule.Expiration.Days] : [],
  );
  // The earliest counts where rules overlap.
  return days.length === 0 ? 'for-ever' : { days: Math.min(...days) };
}

async function reportOn(s3: S3Client, Bucket: string, prefix: string): Promise<BucketReport> {
  const patience = { abortSignal: AbortSignal.timeout(TRIAL_MS) };
  const nothing = { failures: [], left: null, abortsUploads: null };
  let region: string | null = null;
  try {
    const head = await s3.send(new HeadBucketCommand({ Bucket }), patience);
    region = head.BucketRegion ?? null;
  } catch (error) {
    const { status, region: told, why } = read(error);
    const unreachable = { why, isMissing: status === 404 };
    return { ...nothing, region: told, unreachable };
  }
  const Key = `${prefix}durascribe-doctor-${randomUUID()}`;
  const named = { Bucket, Key };
  const removal = { Bucket, Delete: { Objects: [{ Key }], Quiet: true } };
  const failures: BucketFailure[] = [];
  const trying = async (action: string, work: () => Promise<unknown>) => {
    try {
      await work();
      return true;
    } catch (error) {
      const { status, name, why } = read(error);
      // Of one object among several that are to be removed, the store says so in a 200.
      const isRefused = status === 401 || status === 403 || name === 'AccessDenied';
      failures.push({ action, error: why, isRefused });
      return false;
    }
  };
  const isWritten = await trying('s3:PutObject', () =>
    s3.send(new PutObjectCommand({ ...named, Body: 'durascribe doctor' }), patience),
  );
  const mayBeThere = isWritten || failures.every(({ isRefused }) => !isRefused);
  if (isWritten) {
    await trying('s3:GetObject', async () => {
      const { Body } = await s3.send(new GetObjectCommand(named), patience);
      await Body?.transformToString();
    });
  }
  // Whatever the store said: one whose answer was lost may be there. And however long all of it took.
  const rest = { abortSignal: AbortSignal.timeout(REST_MS) };
  const isRemoved = await trying('s3:DeleteObject', async () => {
    const { Errors } = await s3.send(new DeleteObjectsCommand(removal), rest);
    if (Errors?.[0]) throw Object.assign(new Error('not removed'), { code: Errors[0].Code });
  });
  const page = { Bucket, Prefix: prefix };
  await trying('s3:ListBucket', () =>
    s3.send(new ListObjectsV2Command({ ...page, MaxKeys: 1 }), rest),
  );
  await trying('s3:ListBucketMultipartUploads', () =>
    s3.send(new ListMultipartUploadsCommand({ ...page, MaxUploads: 1 }), rest),
  );
  const rules = await rulesOf(s3, Bucket, rest);
  const abortsUploads = rules && rules.some((rule) => abortsUploadsOf(rule, prefix));
  const left = mayBeThere && !isRemoved ? Key : null;
  return { unreachable: null, region, failures, left, abortsUploads };
}

/** The lifecycle of a bucket; null = the store does not tell. */
async function rulesOf(
  s3: S3Client,
  Bucket: string,
  patience: { readonly abortSignal: AbortSignal },
): Promise<readonly LifecycleRule[] | null> {
  try {
    const command = new GetBucketLifecycleConfigurationCommand({ Bucket });
    const { Rules = [] } = await s3.send(command, patience);
    return Rules;
  } catch (error) {
    return error instanceof Error && error.name === 'NoSuchLifecycleConfiguration' ? [] : null;
  }
}

function abortsUploadsOf(rule: LifecycleRule, prefix: string): boolean {
  return (
    isOf(rule, prefix) && rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation !== undefined
  );
}

/** Whether a rule is in force for whatever is below the prefix: not one for objects of a size, or with a tag. */
function isOf({ Status, Filter = {}, ...rule }: LifecycleRule, prefix: string): boolean {
  const { Prefix = rule.Prefix ?? '', ...narrower } = Filter;
  const isForAll = Object.values(narrower).every((value) => value === undefined);
  return Status === 'Enabled' && isForAll && prefix.startsWith(Prefix);
}

const Thrown = z.object({
  name: z.string().catch('unknown error'),
  code: z.string().optional().catch(undefined),
  $metadata: z.object({ httpStatusCode: z.number().optional() }).optional().catch(undefined),
  $response: z
    .object({ headers: z.record(z.string(), z.string()) })
    .optional()
    .catch(undefined),
});

/** The names of an error, without its words, which may repeat the request. */
function read(error: unknown) {
  const { data } = Thrown.safeParse(error);
  const status = data?.$metadata?.httpStatusCode ?? null;
  const region = data?.$response?.headers['x-amz-bucket-region'] ?? null;
  const name = data?.code ?? data?.name ?? 'unknown error';
  return { status, region, name, why: inWords(name, status) };
}

function inWords(name: string, status: number | null): string {
  if (name === 'AbortError') return 'no answer in time';
  return status === null ? name : `${name} (${status})`;
}
