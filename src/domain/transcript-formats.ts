import type { Gap, Segment, Transcript } from './transcript.ts';

/** What a reader takes in at a glance: two lines of 42 characters, for about seven seconds. */
const CUE_CHARACTERS = 84;
const CUE_SECONDS = 7;

type Cue = {
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly speaker: string;
  readonly text: string;
};
type Entry = { readonly startSeconds: number; readonly written: string };

/** One line a segment, and one a gap. */
export function asText(transcript: Transcript): string {
  const speakerOf = speakersOf(transcript);
  const spoken = transcript.segments.filter(hasText).map((segment) => ({
    startSeconds: segment.startSeconds,
    written: `[${clock(segment.startSeconds)}] ${prefixed(speakerOf(segment), oneLine(segment.text))}`,
  }));
  const missing = transcript.gaps.map(({ startSeconds, endSeconds, reason }) => ({
    startSeconds,
    written: `[${clock(startSeconds)}–${clock(endSeconds)}: ${oneLine(reason)}]`,
  }));
  return inOrder([...spoken, ...missing])
    .map((line) => `${line}\n`)
    .join('');
}

export function asVtt(transcript: Transcript): string {
  const cues = cuesOf(transcript).map((cue) => ({
    startSeconds: cue.startSeconds,
    written: `${times(cue, '.')}\n${cue.speaker && `<v ${escaped(cue.speaker)}>`}${escaped(cue.text)}`,
  }));
  const gaps = transcript.gaps.map((gap) => ({
    startSeconds: gap.startSeconds,
    written: noteOf(gap),
  }));
  // As a note: the WebVTT of today has no metadata below its first line any more.
  const language =
    transcript.languageCode && `NOTE Language: ${arrowless(transcript.languageCode)}`;
  const blocks = [...(language ? [language] : []), ...inOrder([...cues, ...gaps])];
  return `WEBVTT\n\n${written(blocks)}`;
}

/** SubRip has no comments, and so no gaps. */
export function asSrt(transcript: Transcript): string {
  const blocks = cuesOf(transcript).map(
    (cue, index) =>
      `${index + 1}\n${times(cue, ',')}\n${arrowless(prefixed(cue.speaker, cue.text))}`,
  );
  return written(blocks);
}

/** `01:02:03.004`; hours take as many digits as they need. */
export function timestamp(seconds: number, decimalMark: '.' | ','): string {
  const milliseconds = millisecondsOf(seconds);
  return `${clock(milliseconds / 1_000)}${decimalMark}${digits(milliseconds % 1_000, 3)}`;
}

/** By speaker; where nobody is told apart by voice, by channel. */
function speakersOf({ segments }: Transcript): (segment: Segment) => string {
  const hasChannels = new Set(segments.map(({ channel }) => channel)).size > 1;
  return ({ speaker, channel }) => oneLine(speaker ?? (hasChannels ? (channel ?? '') : ''));
}

function cuesOf(transcript: Transcript): Cue[] {
  const speakerOf = speakersOf(transcript);
  return transcript.segments
    .filter(hasText)
    .flatMap((segment) =>
      readableParts(segment).map((part) => ({
        ...part,
        speaker: speakerOf(segment),
        text: oneLine(part.text),
      })),
    )
    .toSorted(byStart);
}

type Part = Omit<Cue, 'speaker'>;

/** A long segment in parts that can be read while they are shown, where the times of its words are known. */
function readableParts(segment: Segment): Part[] {
  const parts: Part[] = [];
  for (const word of isLong(segment) ? timedWords(segment) : []) {
    const part = parts.at(-1);
    const joined = part && { ...part, endSeconds: word.endSeconds, text: part.text + word.text };
    if (!part || !joined || isLong(joined) || endsSentence(part)) parts.push(word);
    else parts[parts.length - 1] = joined;
  }
  return parts.length === 0 ? [segment] : parts;
}

/** The segment's own text cut where its words begin: words alone may lack punctuation, and not all languages have spaces. */
function timedWords({ text, words = [] }: Segment): Part[] {
  const starts: number[] = [];
  let position = 0;
  for (const word of words) {
    const start = text.indexOf(word.text, position);
    if (start === -1) return [];
    starts.push(start);
    position = start + word.text.length;
  }
  return words.map(({ startSeconds, endSeconds }, index) => ({
    startSeconds,
    endSeconds,
    text: text.slice(index === 0 ? 0 : starts[index], starts[index + 1]),
  }));
}

function isLong({ startSeconds, endSeconds, text }: Part): boolean {
  return endSeconds - startSeconds > CUE_SECONDS || text.trim().length > CUE_CHARACTERS;
}

function endsSentence({ text }: Part): boolean {
  return text.length > CUE_CHARACTERS / 2 && /[.?!。？！]\s*$/.test(text);
}

function noteOf({ startSeconds, endSeconds, reason }: Gap): string {
  return `NOTE ${timestamp(startSeconds, '.')} – ${timestamp(endSeconds, '.')}: ${arrowless(reason)}`;
}

/** A cue that ends when it starts, or before, is not valid. */
function times({ startSeconds, endSeconds }: Cue, decimalMark: '.' | ','): string {
  const end = Math.max(millisecondsOf(endSeconds), millisecondsOf(startSeconds) + 1) / 1_000;
  return `${timestamp(startSeconds, decimalMark)} --> ${timestamp(end, decimalMark)}`;
}

function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  return [whole / 3_600, (whole / 60) % 60, whole % 60]
    .map((number) => digits(Math.floor(number), 2))
    .join(':');
}

function digits(number: number, count: number): string {
  return String(number).padStart(count, '0');
}

function millisecondsOf(seconds: number): number {
  return Math.max(0, Math.round(seconds * 1_000));
}

function hasText({ text }: Segment): boolean {
  return text.trim() !== '';
}

function prefixed(speaker: string, text: string): string {
  return speaker === '' ? text : `${speaker}: ${text}`;
}

/** A blank line would end a cue. */
function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}

/** Where nothing can be escaped, an arrow would begin a cue. */
function arrowless(text: string): string {
  return oneLine(text).replaceAll('-->', '→');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function written(blocks: readonly string[]): string {
  return blocks.map((block) => `${block}\n`).join('\n');
}

function inOrder(entries: readonly Entry[]): string[] {
  return entries.toSorted(byStart).map((entry) => entry.written);
}

function byStart(one: { startSeconds: number }, other: { startSeconds: number }): number {
  return one.startSeconds - other.startSeconds;
}
