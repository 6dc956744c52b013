import { onTestFinished } from 'vitest';
import { SIMULATED_S3 } from '../../simulators/credentials.ts';
import { createS3Simulator } from '../../simulators/s3/simulator.ts';
import type { S3Simulator } from '../../simulators/s3/simulator.ts';
import type { CallRequest } from '../../simulators/vonage/call-request.ts';
import { archive } from '../../src/media/archive.ts';
import type { Archived, ArchivedRecording } from '../../src/media/archive.ts';
import type { ArchiveProgress } from '../../src/media/counted.ts';
import { openUrl } from '../../src/media/open-url.ts';
import type { OpenUrlOptions } from '../../src/media/open-url.ts';
import { objectStore } from '../../src/storage/object-store.ts';
import type { ObjectStore } from '../../src/storage/object-store.ts';
import { recorded } from '../simulators/vonage-application.ts';
import type { Application } from '../simulators/vonage-application.ts';

export const BUCKET = 'audio';
export const PREFIX = 'recordings/vonage:1/';

export type Bucket = {
  readonly s3: S3Simulator;
  readonly url: string;
  readonly store: ObjectStore;
  /** The content of an object of the recording; throws where there is none. */
  content(name: string): Promise<Buffer>;
};

/** A bucket that is in `folder`, or else in memory. */
export async function newBucket(folder: string | null = null): Promise<Bucket> {
  const { accessKeyId, secretAccessKey, region } = SIMULATED_S3;
  const s3 = createS3Simulator({ ...SIMULATED_S3, folder, buckets: [BUCKET] });
  const url = await s3.app.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => s3.close());
  const credentials = { accessKeyId, secretAccessKey };
  const store = objectStore({
    bucket: BUCKET,
    region,
    forcePathStyle: true,
    endpoint: url,
    credentials,
  });
  const content = async (name: string) => {
    const object = await s3.get(BUCKET, PREFIX + name);
    if (!object) throw new Error(`there is no ${name}`);
    return object.body;
  };
  return { s3, url, store, content };
}

type Changes = Partial<ArchivedRecording & Pick<OpenUrlOptions, 'stallMs'>> & {
  /** The application's own, unless given. */
  readonly token?: string;
  readonly progress?: ArchiveProgress;
  readonly signal?: AbortSignal;
};

export type Recorded = {
  readonly application: Application;
  readonly url: string;
  readonly size: number;
  /** Archives the recording. */
  archive(bucket: Bucket, changes?: Changes): Promise<Archived>;
};

/** A call that has been recorded, in a file of the format. */
export async function recordedCall(
  call: CallRequest = {},
  format: 'mp3' | 'wav' | 'ogg' = 'mp3',
  channels = 2,
): Promise<Recorded> {
  const { application, url, size } = await recorded(call, {}, { format, channels });
  const ownToken = await application.token();
  return {
    application,
    url,
    size,
    archive: ({ store }, changes = {}) => {
      const { progress = () => {}, signal = new AbortController().signal, ...more } = changes;
      const { token = ownToken } = changes;
      const headers = () => Promise.resolve({ authorization: `Bearer ${token}` });
      const hosts = { anyPublic: false, listed: [application.url] };
      const open = () => openUrl(url, { hosts, headers, vendor: 'Vonage', signal, ...more });
      const told = { announcedBytes: size, channels, maxBytes: 2_000_000_000 };
      return archive({ open, ...told, ...more }, { store, prefix: PREFIX }, progress, signal);
    },
  };
}
