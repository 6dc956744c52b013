import { z } from 'zod';
import type { CaptionStorage } from '../body-rules.ts';

const SLICE_SECONDS = 60;

/** Where the captions of a task go, and in which slices. It has the keys, so it stays out of the ledger. */
export const captionPlanSchema = z.object({
  sliceSeconds: z.number(),
  vendor: z.number(),
  region: z.number(),
  /** By its name, which counts for more than the number. */
  regionName: z.string().nullable(),
  /** Only of vendor 11; the others' are known. */
  endpoint: z.string().nullable(),
  bucket: z.string(),
  accessKey: z.string(),
  secretKey: z.string(),
  /** The `fileNamePrefix`, which ends with a slash unless it is empty. */
  folder: z.string(),
  /** Whether all has been uploaded that ever will be by itself. */
  written: z.boolean(),
});
export type CaptionPlan = z.infer<typeof captionPlanSchema>;

type CaptionConfig = {
  readonly sliceDuration?: number | undefined;
  readonly storage?: CaptionStorage | undefined;
};
type Extension = { readonly endpoint?: string | undefined; readonly region?: string | undefined };

/** What a `captionConfig` asks for; nothing where it names no storage. */
export function captionPlan(
  config: CaptionConfig | undefined,
  extension: Extension = {},
): CaptionPlan | undefined {
  const storage = config?.storage;
  if (!storage) return undefined;
  const { vendor, region, bucket, fileNamePrefix = [] } = storage;
  return {
    sliceSeconds: config.sliceDuration ?? SLICE_SECONDS,
    vendor,
    region,
    regionName: extension.region ?? null,
    endpoint: extension.endpoint ?? null,
    bucket,
    accessKey: storage.accessKey ?? storage.accesskey ?? '',
    secretKey: storage.secretKey ?? storage.secretkey ?? '',
    folder: fileNamePrefix.map((segment) => `${segment}/`).join(''),
    written: false,
  };
}
