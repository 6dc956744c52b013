import type {
  StartTranscriptionJobCommandInput,
  TranscriptionJob,
} from '@aws-sdk/client-transcribe';

/**
 * Whether the job that has a name already can be the one that `asked` would have made: of the same media, and of other
 * options in nothing that it tells of itself. Of the same media there may be an earlier one with other options, for a
 * session that failed can be started again under its id.
 */
export function isSameJob(
  job: TranscriptionJob,
  asked: StartTranscriptionJobCommandInput,
): boolean {
  if (job.Media?.MediaFileUri !== asked.Media?.MediaFileUri) return false;
  // A job tells the language that it identified, too.
  const language = asked.LanguageCode === undefined ? undefined : job.LanguageCode;
  const told: Facts = { ...factsOf(job), language };
  const wanted: Facts = { ...factsOf(asked), language: asked.LanguageCode };
  return Object.entries(told).every(
    ([fact, value]) => value === undefined || canonical(value) === canonical(wanted[fact]),
  );
}

type Facts = { readonly [fact: string]: unknown };

/** All that makes a difference to what is written; undefined is what is not told. */
function factsOf(job: TranscriptionJob | StartTranscriptionJobCommandInput): Facts {
  const { Settings: settings, ContentRedaction: redaction, Subtitles: subtitles } = job;
  return {
    identifies: job.IdentifyLanguage,
    identifiesSeveral: job.IdentifyMultipleLanguages,
    candidates: job.LanguageOptions,
    channels: settings?.ChannelIdentification,
    speakers: settings?.MaxSpeakerLabels,
    vocabulary: settings?.VocabularyName,
    filter: settings?.VocabularyFilterName,
    filterMethod: settings?.VocabularyFilterMethod,
    // What is to be redacted is never taken from a job that does not tell that it is.
    redaction: redaction?.RedactionOutput ?? null,
    subtitles: subtitles?.Formats,
  };
}

/** The same for lists in any order; what is off is as good as not asked for. */
function canonical(value: unknown): string {
  if (!Array.isArray(value)) return JSON.stringify(value || null);
  return value.length === 0 ? 'null' : JSON.stringify(value.map(String).toSorted(byName));
}

function byName(one: string, other: string): number {
  return one < other ? -1 : 1;
}
