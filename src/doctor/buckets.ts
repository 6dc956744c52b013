import type { Config, InspectedConfig } from '../config.ts';
import { captionBucket, captionFolder } from '../providers/agora/caption-store.ts';
import { reportOnBucket, type BucketReport } from '../storage/bucket-report.ts';
import type { BucketSettings } from '../storage/object-store.ts';
import {
  fault,
  notChecked,
  notRight,
  risk,
  unchecked,
  well,
  type Check,
  type Sight,
} from './finding.ts';

const AUDIO = 'S3_AUDIO_BUCKET';
const TRANSCRIPTS = 'S3_TRANSCRIPTS_BUCKET';
const CAPTIONS = 'AGORA_CAPTION_STORAGE_BUCKET';

type Bucket = {
  readonly variable: string;
  readonly region: string;
  readonly credentials: string;
  /** Where we write, or Agora for us. */
  readonly prefix: string;
  /** Whether what is written comes in parts, and can be left unfinished. */
  readonly takesUploads: boolean;
};

const OWN = { region: 'AWS_REGION', credentials: 'AWS_ACCESS_KEY_ID' };
const AUDIO_BUCKET: Bucket = { variable: AUDIO, ...OWN, prefix: 'recordings/', takesUploads: true };
const TRANSCRIPTS_BUCKET: Bucket = {
  variable: TRANSCRIPTS,
  ...OWN,
  prefix: 'transcripts/',
  takesUploads: false,
};

/** Whether each bucket is there, and lets us do what we need. */
export function bucketChecks({ config, faults, dropped }: InspectedConfig): Check[] {
  const recordings = config.providers['amazon-transcribe'];
  const checks = [
    ...(recordings === null ? [] : [bucketCheck(recordings.audio, AUDIO_BUCKET)]),
    ...(config.transcripts === null ? [] : [bucketCheck(config.transcripts, TRANSCRIPTS_BUCKET)]),
    ...captionChecks(config),
  ];
  const lost = [
    { variable: AUDIO, group: 'amazon-transcribe' },
    { variable: CAPTIONS, group: 'caption storage' },
  ].flatMap(({ variable, group }) => {
    const because = dropped.find(({ name }) => name === group)?.because;
    return because ? [lostCheck(variable, because)] : [];
  });
  const isTranscriptsWrong = faults.some(({ variable }) => variable === TRANSCRIPTS);
  return [
    ...checks,
    ...lost,
    ...(isTranscriptsWrong ? [lostCheck(TRANSCRIPTS, [TRANSCRIPTS])] : []),
  ];
}

function lostCheck(variable: string, because: readonly string[]): Check {
  return { subject: variable, look: async () => notChecked([variable], notRight(because)) };
}

function captionChecks({ providers: { agora } }: Config): Check[] {
  const storage = agora?.captionStorage ?? null;
  if (storage === null) return [];
  const settings = captionBucket(storage);
  if (settings !== null) {
    const bucket = {
      variable: CAPTIONS,
      region: 'AGORA_CAPTION_STORAGE_REGION',
      credentials: 'AGORA_CAPTION_STORAGE_ACCESS_KEY',
      prefix: captionFolder(storage),
      takesUploads: false,
    };
    return [bucketCheck(settings, bucket)];
  }
  const found = `vendor ${storage.vendor} is no store that speaks S3: its captions are never read`;
  const advice = 'use Amazon S3 (1) or an S3-compatible store (11), or do without transcripts';
  const sight = risk('AGORA_CAPTION_STORAGE_VENDOR', found, advice);
  return [{ subject: CAPTIONS, look: async () => [sight] }];
}

function bucketCheck(settings: BucketSettings, bucket: Bucket): Check {
  const look = async () =>
    sightsOf(await reportOnBucket(settings, bucket.prefix), settings, bucket);
  return { subject: bucket.variable, look };
}

function sightsOf(report: BucketReport, settings: BucketSettings, bucket: Bucket): Sight[] {
  const { unreachable, region, failures } = report;
  const { variable } = bucket;
  const name = settings.bucket;
  if (region !== null && region !== settings.region) {
    const found = `${name} is in ${region}, not in ${settings.region}`;
    return [fault(variable, found, `set ${bucket.region} to its region, or take another bucket`)];
  }
  if (unreachable !== null) return [unreachableSight(unreachable, name, bucket)];
  if (failures.length > 0) return [failedSight(report, name, bucket)];
  const done = well(variable, `${name}: written, read, listed and removed below ${bucket.prefix}`);
  return bucket.takesUploads ? [done, ...lifecycleSights(report, name, variable)] : [done];
}

function failedSight(
  { failures, left }: BucketReport,
  name: string,
  { variable, credentials, prefix }: Bucket,
): Sight {
  const refused = failures.filter(({ isRefused }) => isRefused);
  const untried = failures.filter(({ isRefused }) => !isRefused);
  const found = [
    ...(refused.length > 0 ? [`${name} refuses ${inWords(refused)}`] : []),
    ...(untried.length > 0 ? [`${name} could not be tried: ${inWords(untried)}`] : []),
    ...(left === null ? [] : [`${left} may be left there`]),
  ];
  const right = `allow it below ${name}/${prefix} to whoever the worker runs as (${credentials}, or a role): deploy/aws has the policies; the API alone only reads transcripts`;
  const later = 'try it again, and look whether the store is well, and what is between it and here';
  const advice = [
    refused.length > 0 ? right : later,
    ...(left === null ? [] : [`remove ${name}/${left}`]),
  ];
  return fault(variable, found.join('; '), advice.join('; '));
}

function inWords(failures: BucketReport['failures']): string {
  return failures.map(({ action, error }) => `${action}: ${error}`).join('; ');
}

function unreachableSight(
  { why, isMissing }: NonNullable<BucketReport['unreachable']>,
  name: string,
  { variable, region, credentials }: Bucket,
): Sight {
  if (isMissing) {
    const advice = `make it in the region of ${region}, or correct ${variable}`;
    return fault(variable, `there is no bucket ${name}`, advice);
  }
  const advice = `look at ${credentials} and its secret, whether they may s3:ListBucket, and whether this machine reaches the store`;
  return fault(variable, `${name} can't be looked at: ${why}`, advice);
}

function lifecycleSights({ abortsUploads }: BucketReport, name: string, variable: string): Sight[] {
  if (abortsUploads === true) return [];
  if (abortsUploads === null) {
    const why = "not checked, because the store does not let us see the bucket's lifecycle";
    return [unchecked(variable, why)];
  }
  const found = `${name} keeps the parts of uploads that were never finished, and they are paid for`;
  const advice =
    'give it a lifecycle rule that aborts incomplete multipart uploads after a day, as deploy/aws does';
  return [risk(variable, found, advice)];
}
