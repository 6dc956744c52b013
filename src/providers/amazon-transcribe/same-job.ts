import type {
  StartTranscriptionJobCommandInput,
  TranscriptionJob,
} from '@aws-sdk/client-transcribe';

/**
 * Whether the job that has a name already is the one that `asked` would have made. Of the same media there may be an
 * earlier one with other options: a session that failed can be started again under its id.
 */
export function isSameJob(
  job: TranscriptionJob,
  asked: StartTranscriptionJobCommandInput,
): boolean {
  return JSON.stringify(factsOf(job)) === JSON.stringify(factsOf(asked));
}

/** What a request has in common with what is told of its job (API reference, TranscriptionJob). */
type Described = Pick<
  TranscriptionJob,
  | 'Media'
  | 'LanguageCode'
  | 'IdentifyLanguage'
  | 'IdentifyMultipleLanguages'
  | 'LanguageOptions'
  | 'LanguageIdSettings'
  | 'Settings'
  | 'ContentRedaction'
  | 'Subtitles'
>;

/** All that makes a difference to what is written. What is not told is not there. */
function factsOf(job: Described): readonly unknown[] {
  const { Media, ContentRedaction: redaction, Subtitles: subtitles } = job;
  return [
    Media?.MediaFileUri,
    ...languageFacts(job),
    ...settingsFacts(job),
    redaction?.RedactionOutput,
    sorted(redaction?.PiiEntityTypes),
    sorted(subtitles?.Formats),
  ];
}

function languageFacts(job: Described): readonly unknown[] {
  const { IdentifyLanguage: one, IdentifyMultipleLanguages: several, LanguageIdSettings } = job;
  const perLanguage = Object.entries(LanguageIdSettings ?? {}).map(([code, settings]) =>
    [code, settings.VocabularyName, settings.VocabularyFilterName].join(),
  );
  // A job tells the language that it identified, too.
  const language = one || several ? null : job.LanguageCode;
  return [
    Boolean(one),
    Boolean(several),
    language,
    sorted(job.LanguageOptions),
    sorted(perLanguage),
  ];
}

function settingsFacts({ Settings: settings = {} }: Described): readonly unknown[] {
  return [
    Boolean(settings.ChannelIdentification),
    Boolean(settings.ShowSpeakerLabels),
    settings.MaxSpeakerLabels,
    settings.VocabularyName,
    settings.VocabularyFilterName,
    settings.VocabularyFilterMethod,
  ];
}

function sorted(values: readonly string[] = []): string[] {
  return values.toSorted((one, other) => (one < other ? -1 : 1));
}
