import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { CaptionFile } from './files.ts';
import type { CaptionPlan } from './plan.ts';

/** "Other S3-compatible object storage", whose endpoint the caller tells. */
const S3_COMPATIBLE = 11;
const AMAZON = 1;

/** Amazon's regions by Agora's numbers ("Record captions", "Supported OSS vendors"). */
const REGIONS = new Map(
  `0 us-east-1, 1 us-east-2, 2 us-west-1, 3 us-west-2, 4 eu-west-1, 5 eu-west-2, 6 eu-west-3,
   7 eu-central-1, 8 ap-southeast-1, 9 ap-southeast-2, 10 ap-northeast-1, 11 ap-northeast-2,
   12 sa-east-1, 13 ca-central-1, 14 ap-south-1, 15 cn-north-1, 16 cn-northwest-1,
   17 us-gov-west-1, 20 ap-northeast-3, 21 eu-north-1, 22 me-south-1, 23 us-gov-east-1,
   24 ap-southeast-3, 25 eu-south-1, 28 il-central-1`
    .split(/,\s+/)
    .map((entry) => entry.split(' '))
    .map(([number, name]) => [Number(number), name] as const),
);

const CONTENT_TYPES = {
  playlist: 'application/vnd.apple.mpegurl',
  segment: 'text/vtt',
} as const satisfies Record<CaptionFile['kind'], string>;

const ANSWER_WITHIN_MS = 10_000;

/** How to reach the store that stands for Amazon's. */
export type StoreSettings = {
  readonly endpoint: string;
  /** Instead of those that a task was started with. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
};

/** Where the caller of a task wanted its captions. */
export class Bucket {
  readonly #plan: CaptionPlan;
  readonly #settings: StoreSettings;
  #client: S3Client | undefined;

  constructor(plan: CaptionPlan, settings: StoreSettings) {
    this.#plan = plan;
    this.#settings = settings;
  }

  /** Rejects when the upload fails, also because no such storage is simulated. */
  async upload({ name, kind, body }: CaptionFile, closing: AbortSignal): Promise<void> {
    this.#client ??= clientFor(this.#plan, this.#settings);
    const put = new PutObjectCommand({
      Bucket: this.#plan.bucket,
      Key: this.#plan.folder + name,
      Body: body,
      ContentType: CONTENT_TYPES[kind],
    });
    const abortSignal = AbortSignal.any([closing, AbortSignal.timeout(ANSWER_WITHIN_MS)]);
    await this.#client.send(put, { abortSignal });
  }

  close(): void {
    this.#client?.destroy();
  }
}

function clientFor(plan: CaptionPlan, { endpoint, credentials }: StoreSettings): S3Client {
  return new S3Client({
    endpoint: plan.vendor === S3_COMPATIBLE ? (plan.endpoint ?? endpoint) : endpoint,
    region: regionOf(plan),
    forcePathStyle: true,
    credentials: credentials ?? {
      accessKeyId: plan.accessKey,
      secretAccessKey: plan.secretKey,
    },
    // What fails is for the caller to see.
    maxAttempts: 1,
  });
}

function regionOf({ vendor, region, regionName }: CaptionPlan): string {
  if (vendor !== AMAZON && vendor !== S3_COMPATIBLE) {
    throw new Error(`the storage of vendor ${vendor} is not simulated`);
  }
  const name = regionName ?? REGIONS.get(region);
  if (name !== undefined) return name;
  if (vendor === S3_COMPATIBLE) return 'us-east-1';
  throw new Error(`region ${region} is none of Amazon's`);
}
