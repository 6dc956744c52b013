import type { Job, OutputFile } from './jobs.ts';
import type { ServiceBucket } from './service-bucket.ts';

export type ViewContext = {
  readonly region: string;
  readonly serviceBucket: ServiceBucket;
  /** Where the simulator was called, which is where its own bucket is read too. */
  readonly origin: string;
};

/** The members that only requests have. */
const NOT_TOLD: ReadonlySet<string> = new Set([
  'OutputBucketName',
  'OutputKey',
  'OutputEncryptionKMSKeyId',
  'KMSEncryptionContext',
]);

/** A `TranscriptionJob`; members without a value are left out by JSON. */
export function jobView(job: Job, context: ViewContext): object {
  const { request, result } = job;
  const told = Object.entries(request).filter(([key]) => !NOT_TOLD.has(key));
  const files = (result?.files ?? []).map((file) => ({ ...file, uri: uriOf(file, job, context) }));
  const uriOfKind = (kind: OutputFile['kind']) => files.find((file) => file.kind === kind)?.uri;
  return {
    ...Object.fromEntries(told),
    ...commonView(job),
    MediaFormat: result?.mediaFormat ?? request.MediaFormat,
    MediaSampleRateHertz: result?.sampleRateHertz ?? request.MediaSampleRateHertz,
    Transcript: {
      TranscriptFileUri: uriOfKind('transcript'),
      RedactedTranscriptFileUri: uriOfKind('redacted'),
    },
    Settings: { ChannelIdentification: false, ShowAlternatives: false, ...request.Settings },
    Subtitles: request.Subtitles && {
      Formats: request.Subtitles.Formats ?? [],
      OutputStartIndex: request.Subtitles.OutputStartIndex ?? 0,
      SubtitleFileUris: files
        .filter(({ kind }) => kind === 'vtt' || kind === 'srt')
        .map(({ uri }) => uri),
    },
  };
}

/** A `TranscriptionJobSummary`, of which lists are made. */
export function summaryView(job: Job): object {
  const { ContentRedaction, ModelSettings, ToxicityDetection } = job.request;
  return {
    ...commonView(job),
    IdentifyLanguage: job.request.IdentifyLanguage,
    IdentifyMultipleLanguages: job.request.IdentifyMultipleLanguages,
    OutputLocationType:
      job.request.OutputBucketName === undefined ? 'SERVICE_BUCKET' : 'CUSTOMER_BUCKET',
    ContentRedaction,
    ModelSettings,
    ToxicityDetection,
  };
}

function commonView({ name, request, status, result, failureReason, ...times }: Job): object {
  return {
    TranscriptionJobName: name,
    TranscriptionJobStatus: status,
    LanguageCode: result?.languageCode ?? request.LanguageCode,
    IdentifiedLanguageScore: result?.identifiedLanguageScore,
    LanguageCodes: result?.languageCodes,
    CreationTime: epochSeconds(times.createdAtMs),
    StartTime: epochSeconds(times.startedAtMs),
    CompletionTime: epochSeconds(times.endedAtMs),
    FailureReason: failureReason ?? undefined,
  };
}

function uriOf(
  file: OutputFile,
  { request }: Job,
  { origin, region, serviceBucket }: ViewContext,
): string {
  const { OutputBucketName: bucket } = request;
  if (bucket === undefined) return serviceBucket.uri(origin, file);
  return `https://s3.${region}.amazonaws.com/${bucket}/${file.key}`;
}

/** As AWS JSON has times: seconds since the epoch, with decimals. */
function epochSeconds(ms: number | null): number | undefined {
  return ms === null ? undefined : ms / 1_000;
}
