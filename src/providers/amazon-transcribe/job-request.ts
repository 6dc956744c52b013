import { createHash } from 'node:crypto';
import type {
  LanguageIdSettings,
  Settings,
  StartTranscriptionJobCommandInput,
} from '@aws-sdk/client-transcribe';
import { ProviderError } from '../errors.ts';
import type { JobStart } from '../port.ts';
import { TranscribeOptions } from './options.ts';

/** Of the 200 characters of a name, what is left of a session's id beside the rest. */
const LONGEST_ID = 150;

/** What the name of every job of ours begins with. */
export const JOBS_OF_OURS = 'durascribe-';

/** A job's name: 1 to 200 of 0-9 a-z A-Z . _ - (API reference, TranscriptionJobName), and only this start's. */
export function jobId({ sessionId, attempt, media }: JobStart): string {
  const name = `${jobsOf(sessionId)}${attempt}`;
  return media.channel === null ? name : `${name}-${media.channel}`;
}

/** What the name of every job of a session begins with, and no other's. */
export function jobsOf(sessionId: string): string {
  const shown = sessionId.replaceAll(/[^0-9a-zA-Z._-]/g, '.').slice(0, LONGEST_ID);
  const digest = createHash('sha256').update(sessionId).digest('hex').slice(0, 8);
  return `${JOBS_OF_OURS}${shown}-${digest}-`;
}

/** The folder of a job's files. */
export function jobPrefix(id: string): string {
  return `jobs/${id}/`;
}

/** The body of StartTranscriptionJob. */
export function jobRequest(start: JobStart, bucket: string): StartTranscriptionJobCommandInput {
  const id = jobId(start);
  const options = readOptions(start.options);
  const { redaction, subtitles, kmsKeyId, deferred } = options;
  return {
    TranscriptionJobName: id,
    Media: { MediaFileUri: start.media.uri },
    OutputBucketName: bucket,
    OutputKey: `${jobPrefix(id)}transcript.json`,
    ...(kmsKeyId === undefined ? {} : { OutputEncryptionKMSKeyId: kmsKeyId }),
    ...languageFields(options),
    ...settingsField(settingsOf(start, options)),
    ...(redaction ? { ContentRedaction: contentRedaction(redaction) } : {}),
    // Players count the first caption as 1; Transcribe's own default is 0.
    ...(subtitles ? { Subtitles: { Formats: subtitles, OutputStartIndex: 1 } } : {}),
    ...(deferred
      ? {
          JobExecutionSettings: {
            AllowDeferredExecution: true,
            DataAccessRoleArn: deferred.roleArn,
          },
        }
      : {}),
  };
}

/** A session's options, as its request was read. */
export function readOptions(options: JobStart['options']): TranscribeOptions {
  const read = TranscribeOptions.safeParse(options);
  if (read.success) return read.data;
  const [first] = read.error.issues;
  const fault = `${first?.path.join('.') ?? ''}: ${first?.message ?? ''}`;
  throw new ProviderError(
    'rejected',
    `the session's options are not Amazon Transcribe's: ${fault}`,
  );
}

function languageFields(options: TranscribeOptions) {
  const { languageCode, identifyLanguage, identifyMultipleLanguages, languageOptions } = options;
  if (languageCode !== undefined) return { LanguageCode: languageCode };
  const each = perLanguageOf(options);
  return {
    ...(identifyLanguage ? { IdentifyLanguage: true } : {}),
    ...(identifyMultipleLanguages ? { IdentifyMultipleLanguages: true } : {}),
    ...(languageOptions ? { LanguageOptions: languageOptions } : {}),
    ...(languageOptions && Object.keys(each).length > 0
      ? { LanguageIdSettings: Object.fromEntries(languageOptions.map((code) => [code, each])) }
      : {}),
  };
}

function perLanguageOf({
  vocabularyName,
  vocabularyFilter,
}: TranscribeOptions): LanguageIdSettings {
  return {
    ...(vocabularyName === undefined ? {} : { VocabularyName: vocabularyName }),
    ...(vocabularyFilter ? { VocabularyFilterName: vocabularyFilter.name } : {}),
  };
}

function settingsOf({ media, channels }: JobStart, options: TranscribeOptions): Settings {
  const { languageCode, speakers, vocabularyFilter } = options;
  const areToldApart = (channels ?? 1) > 1 && media.channel === null;
  return {
    ...(areToldApart ? { ChannelIdentification: true } : {}),
    // Transcribe does not take both: in channels, each has its speaker.
    ...(speakers !== undefined && channels === null && media.channel === null
      ? { ShowSpeakerLabels: true, MaxSpeakerLabels: speakers }
      : {}),
    ...(languageCode === undefined ? {} : perLanguageOf(options)),
    ...(vocabularyFilter ? { VocabularyFilterMethod: vocabularyFilter.method } : {}),
  };
}

function settingsField(settings: Settings) {
  return Object.keys(settings).length === 0 ? {} : { Settings: settings };
}

function contentRedaction({ types, output }: NonNullable<TranscribeOptions['redaction']>) {
  return {
    RedactionType: 'PII' as const,
    RedactionOutput: output,
    ...(types ? { PiiEntityTypes: types } : {}),
  };
}
