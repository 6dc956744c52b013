import { parseText as parseCues } from 'media-captions';
import { timestamp } from '../domain/transcript-formats.ts';
import type { Segment, TranscriptPart } from '../domain/transcript.ts';

// The library's own types name their files without extension, which NodeNext does not resolve (1.0.4).
declare module 'media-captions' {
  export function parseText(
    text: string,
    options: { type: 'vtt' | 'srt'; strict?: boolean; errors?: boolean },
  ): Promise<{
    cues: { startTime: number; endTime: number; text: string }[];
    errors: Error[];
  }>;
}

export type Captions = Pick<TranscriptPart, 'segments' | 'timesAreEstimated'>;

/** What is taken for the pace of speech where no duration is known. */
const CHARACTERS_PER_SECOND = 15;
const SPEAKER_WORDS = 4;
const DAY_SECONDS = 86_400;

const TIME = String.raw`(?:(\d{1,7}):)?(\d{1,2}):([0-5]\d)(?:[.,](\d{1,3})\d*)?`;
const RANGE = String.raw`^[ \t]*${TIME}[ \t]*-->[ \t]*${TIME}(?!\d)`;
const RANGE_LINE = new RegExp(`${RANGE}.*$`, 'gm');
/** A range with nothing behind it but settings: that of a cue, not of a line of plain text. */
const CUE_RANGE = new RegExp(String.raw`${RANGE}(?:[ \t]+\w+:\S+)*[ \t]*$`, 'm');
const LINE_TIME = new RegExp(
  String.raw`^[[(]?${TIME}(?:\s*(?:-->|[-–—])\s*${TIME})?[\])]?(?:\s*[-–:]\s+|\s+|$|(?<=[\])]))`,
);
const VOICE_TAG = /<v(?:\.[^\s<>]*)?(?:\s([^<>]*))?>|<\/v>/;
const OTHER_TAG = /<\/?(?:[cibu]|ruby|rt|lang|font)(?:[.\s][^<>]*)?>|<[\d:.]+>|\{\\[^{}]*\}/gi;
const ENTITY = /&(amp|lt|gt|quot|nbsp|lrm|rlm|#39);/g;
const ENTITIES: { readonly [name: string]: string } = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  '#39': "'",
  nbsp: ' ',
};
const SPEAKER = /^([\p{L}\p{N}][^:：?!,;]{0,39})(?::\s+|：\s*)(\S.*)$/su;

/**
 * Reads a vendor's file, be it WebVTT, SubRip or plain text. Lines of plain text that tell no time are spread over
 * the time that they share, which is `durationSeconds` (0 = unknown) where no line tells any.
 */
export async function readCaptions(text: string, durationSeconds: number): Promise<Captions> {
  const isCues = isWebVtt(text) || CUE_RANGE.test(withPlainLines(text));
  return isCues ? { segments: await readCues(text) } : readLines(text, durationSeconds);
}

export function isWebVtt(text: string): boolean {
  return /^\uFEFF?\s*WEBVTT(?:\s|$)/.test(text);
}

/** The cues of a WebVTT or SubRip file, less those whose times cannot be read. */
export async function readCues(text: string): Promise<Segment[]> {
  const { readable, baseSeconds } = withReadableTimes(withPlainLines(text));
  // As SubRip in any case: the library's other parser takes a text such as `position: …` for a setting.
  const { cues } = await parseCues(readable, { type: 'srt', strict: false });
  return cues.flatMap((cue) =>
    turnsOf(cue.text).map((turn) => ({
      startSeconds: rounded(baseSeconds + cue.startTime),
      endSeconds: rounded(baseSeconds + cue.endTime),
      ...turn,
    })),
  );
}

/** To the millisecond. */
export function rounded(seconds: number): number {
  return Math.round(seconds * 1_000) / 1_000;
}

function withPlainLines(text: string): string {
  return text.replaceAll(/\r\n?/g, '\n').replaceAll(/^[ \t]+$/gm, '');
}

/**
 * The library reads hours of two digits and drops a cue without length, with its words. System clocks count more
 * hours than that: what all cues have in common is left out.
 */
function withReadableTimes(text: string): { readable: string; baseSeconds: number } {
  const baseSeconds = [...text.matchAll(RANGE_LINE)]
    .map(([, ...time]) => Math.floor(secondsOf(time) / 3_600) * 3_600)
    .reduce((least, hour) => Math.min(least, hour), Infinity);
  const readable = text.replaceAll(RANGE_LINE, (_line, ...groups: (string | undefined)[]) => {
    const start = secondsOf(groups) - baseSeconds;
    const end = Math.max(secondsOf(groups.slice(4)) - baseSeconds, start + 0.001);
    // The blank line ends the cue before, where its writer has not.
    return `\n${timestamp(start, '.')} --> ${timestamp(end, '.')}`;
  });
  return { readable, baseSeconds };
}

function secondsOf([hours, minutes, seconds, decimals = '']: readonly (
  | string
  | undefined
)[]): number {
  const whole = Number(hours ?? 0) * 3_600 + Number(minutes) * 60 + Number(seconds);
  return whole + Number(decimals.padEnd(3, '0')) / 1_000;
}

type Turn = Pick<Segment, 'speaker' | 'text'>;

/** What each speaker says in a cue: by its voice tags or, outside of them, by the names that its lines begin with. */
function turnsOf(cueText: string): Turn[] {
  const parts = cueText.split(VOICE_TAG);
  return parts
    .flatMap((part, index): Turn[] => {
      if (index % 2 === 1) return [];
      const voice = plain(parts[index - 1] ?? '');
      const text = plain(part);
      return voice === '' ? namedTurns(text) : [{ speaker: voice, text }];
    })
    .flatMap(({ speaker, text }) => {
      const words = text.replaceAll(/\s+/g, ' ').trim();
      return words === '' ? [] : [{ ...(speaker === undefined ? {} : { speaker }), text: words }];
    });
}

function namedTurns(text: string): Turn[] {
  const turns: Turn[] = [];
  for (const line of text.split('\n').map(turnOf)) {
    const turn = turns.at(-1);
    if (!turn || line.speaker !== undefined) turns.push(line);
    else turns[turns.length - 1] = { ...turn, text: `${turn.text} ${line.text}` };
  }
  return turns;
}

function turnOf(line: string): Turn {
  const [, name, text] = SPEAKER.exec(line.trim()) ?? [];
  return name !== undefined && text !== undefined && isName(name.trim())
    ? { speaker: name.trim(), text }
    : { text: line };
}

/** `Anna`, `anna_1`, `4711`, `Dr. Anna Smith`, but not `the thing is`. */
function isName(text: string): boolean {
  const words = text.split(/\s+/);
  const areNames = words.every((word) => /^[(\p{Lu}\p{Lt}\p{Lo}\p{N}]/u.test(word));
  return words.length === 1 || (words.length <= SPEAKER_WORDS && areNames);
}

function plain(text: string): string {
  return text
    .replaceAll(OTHER_TAG, '')
    .replaceAll(ENTITY, (_entity, name: string) => ENTITIES[name] ?? '')
    .trim();
}

type Line = Turn & { startSeconds?: number; endSeconds?: number };
/** Lines that share a time: one that tells it, and those below it that tell none. */
type Stretch = {
  readonly startSeconds: number | undefined;
  readonly endSeconds: number | undefined;
  readonly lines: Turn[];
};

function readLines(text: string, durationSeconds: number): Captions {
  const texts = text
    .replace(/^\uFEFF/, '')
    .split(/\r\n?|\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  // A line of talk may begin with a time as well ("10:30 suits me"): only a file full of them tells times.
  const isTimed = texts.filter((line) => LINE_TIME.test(line)).length * 2 >= texts.length;
  const stretches = stretchesOf(texts.map((line) => (isTimed ? timedLine(line) : turnOf(line))));
  const firstSeconds = stretches.find(
    ({ startSeconds }) => startSeconds !== undefined,
  )?.startSeconds;
  // Times beyond the end are those of a clock on the wall.
  const isClock =
    durationSeconds > 0 && firstSeconds !== undefined && firstSeconds > durationSeconds;
  const spread = spreadOver(stretches, isClock ? firstSeconds : 0, durationSeconds);
  const isEstimated =
    isClock ||
    stretches.some(({ startSeconds, lines }) => startSeconds === undefined || lines.length > 1);
  return { segments: spread, ...(isEstimated ? { timesAreEstimated: true } : {}) };
}

function timedLine(line: string): Line {
  const match = LINE_TIME.exec(line);
  if (!match) return turnOf(line);
  const [told, ...groups] = match;
  return {
    ...turnOf(line.slice(told.length)),
    startSeconds: secondsOf(groups),
    ...(groups[5] === undefined ? {} : { endSeconds: secondsOf(groups.slice(4)) }),
  };
}

function stretchesOf(lines: readonly Line[]): Stretch[] {
  const stretches: Stretch[] = [];
  for (const { startSeconds, endSeconds, ...turn } of lines) {
    if (startSeconds !== undefined || stretches.length === 0) {
      stretches.push({ startSeconds, endSeconds, lines: [] });
    }
    if (turn.text !== '') stretches.at(-1)?.lines.push(turn);
  }
  return stretches;
}

function spreadOver(stretches: readonly Stretch[], baseSeconds: number, durationSeconds: number) {
  // A clock on the wall begins anew at midnight.
  const sinceBase = (time: number) =>
    Math.max(0, time - baseSeconds + (time < baseSeconds ? DAY_SECONDS : 0));
  return stretches.flatMap(({ startSeconds, endSeconds, lines }, index) => {
    const characters = lines.reduce((sum, { text }) => sum + text.length, 0);
    const start = sinceBase(startSeconds ?? baseSeconds);
    const nextSeconds = stretches[index + 1]?.startSeconds;
    const next = nextSeconds === undefined ? durationSeconds : sinceBase(nextSeconds);
    const end = [sinceBase(endSeconds ?? baseSeconds), next].find((time) => time > start);
    const seconds = end === undefined ? characters / CHARACTERS_PER_SECOND : end - start;
    let before = 0;
    return lines.map((turn) => {
      const from = before / characters;
      before += turn.text.length;
      return {
        startSeconds: rounded(start + from * seconds),
        endSeconds: rounded(start + (before / characters) * seconds),
        ...turn,
      };
    });
  });
}
