import { z } from 'zod';
import type { TranscriptPart } from '../../domain/transcript.ts';
import { ProviderError } from '../errors.ts';
import { turnsOf } from './turns.ts';
import type { Spoken } from './turns.ts';

/** The marks that belong to the word after them. */
const OPENING = /^[¿¡]$/;

/** Far longer than any recording; what says more is broken. */
const MOST_SECONDS = 10_000_000;

/** Numbers are strings in the file, but for some. */
const number = z
  .union([z.number(), z.string().min(1)])
  .transform(Number)
  .pipe(z.number().min(0).max(MOST_SECONDS));
const text = z.string().nullish();

const Item = z.object({
  type: z.string(),
  start_time: number.nullish(),
  end_time: number.nullish(),
  alternatives: z.array(
    z.object({
      content: z.string(),
      confidence: number.pipe(z.number().max(1)).optional().catch(undefined),
    }),
  ),
  channel_label: text,
  speaker_label: text,
  language_code: text,
});
type Item = z.infer<typeof Item>;

const Stretch = z.object({ start_time: number, end_time: number, speaker_label: z.string() });

/** The output of a job (Developer guide, Data input and output; Transcribing multi-channel audio; Speaker partitioning). */
const TranscriptFile = z.object({
  results: z.object({
    items: z.array(Item),
    channel_labels: z
      .object({
        channels: z.array(z.object({ channel_label: z.string(), items: z.array(Item) })),
      })
      .nullish(),
    speaker_labels: z
      .object({ segments: z.array(Stretch.extend({ items: z.array(Stretch).nullish() })) })
      .nullish(),
    language_code: text,
    language_codes: z
      .array(z.object({ language_code: z.string(), duration_in_seconds: number }))
      .nullish(),
  }),
});
type Results = z.infer<typeof TranscriptFile>['results'];

/**
 * Reads a job's output, of which `channel` is the one channel that it had of the recording (null = all of them).
 * Throws a ProviderError `rejected` where it is none.
 */
export function readTranscriptFile(
  json: string,
  channel: string | null,
): Omit<TranscriptPart, 'offsetSeconds'> {
  const results = parse(json);
  const speakerAt = speakersOf(results);
  const segments = channelsOf(results)
    .flatMap(({ label, items }) => turnsOf(wordsOf(items, channel ?? label, speakerAt)))
    .toSorted(
      (one, other) => one.startSeconds - other.startSeconds || one.endSeconds - other.endSeconds,
    );
  return {
    segments,
    gaps: [],
    durationSeconds: segments.reduce((end, { endSeconds }) => Math.max(end, endSeconds), 0),
    languageCode: mainLanguage(results),
  };
}

function parse(json: string): Results {
  const file = TranscriptFile.safeParse(parsedJson(json));
  if (file.success) return file.data.results;
  const [first] = file.error.issues;
  const fault = [first?.path.join('.'), first?.message].filter(Boolean).join(': ');
  throw unreadable(`is not in a form that we know (${fault})`);
}

function parsedJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw unreadable('is not JSON');
  }
}

function unreadable(why: string): ProviderError {
  return new ProviderError('rejected', `the transcript that Amazon Transcribe wrote ${why}`);
}

type Channel = { readonly label: string | undefined; readonly items: Item[] };

/** Each channel's items; the list of them all tells their channels too, and is all there is without channels. */
function channelsOf({ channel_labels: labels, items }: Results): Channel[] {
  const listed = labels?.channels ?? [];
  if (listed.some((channel) => channel.items.length > 0)) {
    return listed.map(({ channel_label: label, items: own }) => ({ label, items: own }));
  }
  const channels = new Map<string | undefined, Channel>();
  let label: string | undefined;
  for (const item of items) {
    label = item.channel_label ?? (item.type === 'punctuation' ? label : undefined);
    const channel = channels.get(label) ?? { label, items: [] };
    channel.items.push(item);
    channels.set(label, channel);
  }
  return [...channels.values()];
}

type SpeakerAt = (startSeconds: number, endSeconds: number) => string | undefined;

/** Older files tell the speakers apart from the words, by time only. */
function speakersOf({ speaker_labels: labels }: Results): SpeakerAt {
  const stretches = labels?.segments ?? [];
  const words = stretches.flatMap(({ items }) => items ?? []);
  const byTime = new Map(
    words.map((word) => [`${word.start_time}/${word.end_time}`, word.speaker_label]),
  );
  return (start, end) =>
    byTime.get(`${start}/${end}`) ??
    stretches.find((stretch) => stretch.start_time <= start && start < stretch.end_time)
      ?.speaker_label;
}

/** A channel's words, each with the marks that follow it. */
function wordsOf(
  items: readonly Item[],
  channel: string | undefined,
  speakerAt: SpeakerAt,
): Spoken[] {
  const words: Spoken[] = [];
  let opening = '';
  for (const item of items) {
    const { content = '', confidence } = item.alternatives[0] ?? {};
    const last = words.at(-1);
    if (content === '') continue;
    if (item.type !== 'punctuation') {
      words.push({
        ...timesOf(item, last, speakerAt),
        channel,
        text: opening + content,
        confidence,
      });
      opening = '';
    } else if (OPENING.test(content)) {
      opening += content;
    } else if (last) {
      words[words.length - 1] = { ...last, text: last.text + content };
    }
  }
  return words;
}

/** A word without times is where the one before it ends. */
function timesOf(item: Item, last: Spoken | undefined, speakerAt: SpeakerAt) {
  const startSeconds = item.start_time ?? last?.endSeconds ?? 0;
  const endSeconds = Math.max(startSeconds, item.end_time ?? startSeconds);
  return {
    startSeconds,
    endSeconds,
    speaker: item.speaker_label ?? speakerAt(startSeconds, endSeconds),
    languageCode: item.language_code ?? undefined,
  };
}

/** The language that was identified; of several, the one spoken longest. */
function mainLanguage({ language_code: one, language_codes: several }: Results): string | null {
  const [longest] = (several ?? []).toSorted(
    (first, second) => second.duration_in_seconds - first.duration_in_seconds,
  );
  return one ?? longest?.language_code ?? null;
}
