import { z } from 'zod';
import type { TranscribeSettings } from '../providers/amazon-transcribe/settings.ts';
import type { BucketSettings } from '../storage/object-store.ts';
import { list, seconds } from './variables.ts';

/** What recordings need; the credentials are found by the AWS SDK. */
export const AMAZON_VARIABLES = ['AWS_REGION', 'S3_AUDIO_BUCKET', 'S3_TRANSCRIPTS_BUCKET'] as const;

const bucketName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be the name of a bucket, without s3://');

export const AmazonEnvironment = z.object({
  AWS_REGION: z.string().default('us-east-1'),
  S3_AUDIO_BUCKET: bucketName.optional(),
  S3_TRANSCRIPTS_BUCKET: bucketName.optional(),
  S3_FORCE_PATH_STYLE: z.stringbool().default(false),
  DURASCRIBE_JOB_POLL_SECONDS: seconds.max(86_400).default(300),
  DURASCRIBE_MEDIA_HOSTS: list.default([]),
});
type Data = z.infer<typeof AmazonEnvironment>;

/** The bucket that transcripts are kept in; null = they are not kept. */
export function transcriptsBucket(data: Data): BucketSettings | null {
  return bucketOf(data, data.S3_TRANSCRIPTS_BUCKET);
}

/** The settings of recordings; null where their variables are not set. */
export function recordingSettings(data: Data): RecordingSettings | null {
  const transcripts = transcriptsBucket(data);
  const audio = bucketOf(data, data.S3_AUDIO_BUCKET);
  if (transcripts === null || audio === null) return null;
  return {
    region: data.AWS_REGION,
    transcripts,
    endpoint: null,
    audio,
    jobPollMs: data.DURASCRIBE_JOB_POLL_SECONDS * 1_000,
    mediaHosts: data.DURASCRIBE_MEDIA_HOSTS,
  };
}

export type RecordingSettings = TranscribeSettings & {
  /** The bucket for recordings. */
  readonly audio: BucketSettings;
  /** The longest pause between two looks at a job. */
  readonly jobPollMs: number;
  /** Whence media come besides public https addresses. */
  readonly mediaHosts: readonly string[];
};

function bucketOf(data: Data, bucket: string | undefined): BucketSettings | null {
  if (bucket === undefined) return null;
  const { AWS_REGION: region, S3_FORCE_PATH_STYLE: forcePathStyle } = data;
  return { bucket, region, forcePathStyle, credentials: null, endpoint: null };
}
