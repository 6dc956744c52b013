const WORDS = new Intl.Segmenter(undefined, { granularity: 'word' });

/** One word, where its vendor tells when it was said. */
export type Word = {
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly text: string;
  /** From 0 to 1. */
  readonly confidence?: number | undefined;
};

/** What one speaker said at a stretch. */
export type Segment = {
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly channel?: string | undefined;
  readonly speaker?: string | undefined;
  readonly languageCode?: string | undefined;
  readonly text: string;
  readonly words?: readonly Word[] | undefined;
};

/** A time of which nothing is known, and why. */
export type Gap = {
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly reason: string;
};

/** What was said in a session, in the order of time. Times are in seconds since the session's first task began. */
export type Transcript = {
  readonly sessionId: string;
  readonly provider: string;
  /** The main language (BCP 47); null when its vendor does not tell. */
  readonly languageCode: string | null;
  readonly durationSeconds: number;
  readonly text: string;
  readonly segments: readonly Segment[];
  readonly gaps: readonly Gap[];
  /** The vendor's summary, where one was asked for. */
  readonly summary?: string | undefined;
  /** True where the vendor gives no times and these are worked out from the length of the text. */
  readonly timesAreEstimated?: true | undefined;
};

/** What a session shows of its transcript. */
export type TranscriptSummary = {
  readonly words: number;
  readonly durationSeconds: number;
  readonly channels: number;
  readonly languageCode: string | null;
};

/** What has become of a session's transcript; `key` is that of the object that holds it. */
export type TranscriptProgress =
  | { readonly state: 'none'; readonly reason: string }
  | { readonly state: 'awaited'; readonly waitsFor: string }
  | { readonly state: 'ready'; readonly key: string; readonly summary: TranscriptSummary };

/** One task's, or one channel's, share of a transcript, with times of its own. */
export type TranscriptPart = Pick<Transcript, 'segments' | 'gaps' | 'durationSeconds'> &
  Partial<Pick<Transcript, 'languageCode' | 'summary' | 'timesAreEstimated'>> & {
    /** Where the part's times begin in the session's. */
    readonly offsetSeconds: number;
  };

/** The key of the object that holds the transcript of a session, of which a new one may be begun under the same id. */
export function transcriptKey(sessionId: string, firstRunId: string): string {
  return `${transcriptPrefix(sessionId)}${firstRunId}.json`;
}

/** What begins the key of every transcript of a session. */
export function transcriptPrefix(sessionId: string): string {
  return `transcripts/${sessionId}/`;
}

/** Puts a transcript together from its parts. */
export function transcriptOf(
  session: Pick<Transcript, 'sessionId' | 'provider'>,
  parts: readonly TranscriptPart[],
): Transcript {
  const segments = parts.flatMap(shiftedSegments).toSorted(byTime);
  const gaps = parts
    .flatMap(({ gaps: own, offsetSeconds }) => own.map((gap) => shifted(gap, offsetSeconds)))
    .toSorted(byTime);
  const summaries = parts.flatMap(({ summary }) => (summary === undefined ? [] : [summary]));
  return {
    ...session,
    languageCode: parts.find(({ languageCode }) => languageCode)?.languageCode ?? null,
    durationSeconds: rounded(
      Math.max(0, ...parts.map((part) => part.offsetSeconds + part.durationSeconds)),
    ),
    text: segments.map(({ text }) => text).join('\n'),
    segments,
    gaps,
    ...(summaries.length === 0 ? {} : { summary: summaries.join('\n\n') }),
    ...(parts.some(({ timesAreEstimated }) => timesAreEstimated)
      ? { timesAreEstimated: true }
      : {}),
  };
}

export function summaryOf(transcript: Transcript): TranscriptSummary {
  const { segments, durationSeconds, languageCode } = transcript;
  const channels = new Set(segments.map(({ channel }) => channel ?? ''));
  return {
    words: segments.reduce((count, { text }) => count + wordsIn(text), 0),
    durationSeconds,
    channels: channels.size,
    languageCode,
  };
}

/** The transcript with speakers called by `names`: those of their ids (`spk_0`, a uid) or of their channels (`ch_0`). */
export function withSpeakers(
  transcript: Transcript,
  names: { readonly [id: string]: string },
): Transcript {
  const nameOf = ({ speaker, channel }: Segment) =>
    [speaker, channel].map((id) => ownName(names, id)).find((name) => name !== undefined) ??
    speaker;
  const segments = transcript.segments.map((segment) => {
    const speaker = nameOf(segment);
    return speaker === undefined ? segment : { ...segment, speaker };
  });
  return { ...transcript, segments };
}

function ownName(names: { readonly [id: string]: string }, id: string | undefined) {
  return id !== undefined && Object.hasOwn(names, id) ? names[id] : undefined;
}

/** Not all languages have spaces between their words. */
function wordsIn(text: string): number {
  return [...WORDS.segment(text)].filter(({ isWordLike }) => isWordLike).length;
}

function shiftedSegments({ segments, offsetSeconds }: TranscriptPart): Segment[] {
  return segments.map((segment) => ({
    ...shifted(segment, offsetSeconds),
    ...(segment.words ? { words: segment.words.map((word) => shifted(word, offsetSeconds)) } : {}),
  }));
}

type Timed = { readonly startSeconds: number; readonly endSeconds: number };

function shifted<T extends Timed>(timed: T, bySeconds: number): T {
  const startSeconds = rounded(timed.startSeconds + bySeconds);
  return { ...timed, startSeconds, endSeconds: rounded(timed.endSeconds + bySeconds) };
}

function byTime(one: Timed, other: Timed): number {
  return one.startSeconds - other.startSeconds || one.endSeconds - other.endSeconds;
}

/** To the millisecond: sums of decimals would show their binary tails. */
function rounded(seconds: number): number {
  return Math.round(seconds * 1_000) / 1_000;
}
