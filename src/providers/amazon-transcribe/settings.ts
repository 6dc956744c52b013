import type { BucketSettings } from '../../storage/object-store.ts';

/** Amazon Transcribe in one region, and the bucket that its jobs write to. */
export type TranscribeSettings = {
  /** Its own, and that of every bucket that it reads from or writes to. */
  readonly region: string;
  /** Where the jobs' files go. Transcribe is called with this bucket's credentials. */
  readonly transcripts: BucketSettings;
  /** Null = as the AWS SDK finds it by itself: `AWS_ENDPOINT_URL_TRANSCRIBE`, `AWS_ENDPOINT_URL`, or Amazon's own. */
  readonly endpoint: string | null;
};
