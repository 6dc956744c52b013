import type { Media } from './media-format.ts';
import type { Speech, Utterance } from './speech.ts';
import { identifiesLanguage } from './start-request.ts';
import type { StartRequest } from './start-request.ts';
import type { Heard } from './transcript.ts';

/** How sure the simulator is of a language that it had to identify. */
const LANGUAGE_SCORE = 0.97;

/** Listens to the media of a job. */
export function hear(request: StartRequest, media: Media, speech: Speech): Heard {
  const job = { name: request.TranscriptionJobName, request, media };
  const spoken = speech(job);
  const fallback = request.LanguageCode ?? request.LanguageOptions?.[0] ?? 'en-US';
  const utterances = identifiesLanguage(request)
    ? spoken.map((utterance) => ({ languageCode: fallback, ...utterance }))
    : spoken;
  const languages = languagesOf(utterances, fallback);
  return {
    job,
    utterances,
    languages,
    languageCode: request.LanguageCode ?? languages[0]?.code ?? fallback,
    languageScore: LANGUAGE_SCORE,
  };
}

/** The languages spoken, the most spoken first. */
function languagesOf(utterances: readonly Utterance[], fallback: string): Heard['languages'] {
  const seconds = new Map<string, number>();
  for (const { languageCode = fallback, startSeconds, endSeconds } of utterances) {
    seconds.set(languageCode, (seconds.get(languageCode) ?? 0) + endSeconds - startSeconds);
  }
  return [...seconds]
    .map(([code, sum]) => ({ code, seconds: Math.round(sum * 100) / 100 }))
    .toSorted((one, other) => other.seconds - one.seconds);
}
