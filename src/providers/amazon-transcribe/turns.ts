import type { Segment, Word } from '../../domain/transcript.ts';

/** A silence after which somebody speaks anew. */
const PAUSE_SECONDS = 1.5;
/** A turn that is as long ends with its sentence. */
const LONG_TURN_SECONDS = 15;
/** A turn that is as long ends anyway: not every language gets its full stops. */
const LONGEST_TURN_SECONDS = 60;
const SENTENCE_END = /[.?!。？！।؟…]["'”’»)]*$/u;
/** Of the scripts that leave no space between words, and of their marks. */
const SPACELESS = String.raw`[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Thai}，！？：；]`;
const SPACELESS_END = new RegExp(`${SPACELESS}$`, 'u');
const SPACELESS_START = new RegExp(`^${SPACELESS}`, 'u');

/** A word, and who said it in which language, where that is told. */
export type Spoken = Word & Pick<Segment, 'channel' | 'speaker' | 'languageCode'>;

/** The turns of one channel, whose words are in order of time. */
export function turnsOf(words: readonly Spoken[]): Segment[] {
  const turns: [Spoken, ...Spoken[]][] = [];
  for (const word of words) {
    const turn = turns.at(-1);
    if (turn && continues(turn, word)) turn.push(word);
    else turns.push([word]);
  }
  return turns.map(segmentOf);
}

function continues(turn: readonly [Spoken, ...Spoken[]], next: Spoken): boolean {
  const [first] = turn;
  const last = turn.at(-1) ?? first;
  const seconds = last.endSeconds - first.startSeconds;
  const isLong =
    seconds >= LONGEST_TURN_SECONDS ||
    (seconds >= LONG_TURN_SECONDS && SENTENCE_END.test(last.text));
  return (
    next.speaker === last.speaker &&
    next.languageCode === last.languageCode &&
    next.startSeconds - last.endSeconds <= PAUSE_SECONDS &&
    !isLong
  );
}

function segmentOf(turn: readonly [Spoken, ...Spoken[]]): Segment {
  const [{ startSeconds, channel, speaker, languageCode }] = turn;
  return {
    startSeconds,
    endSeconds: turn.reduce((end, word) => Math.max(end, word.endSeconds), startSeconds),
    ...(channel === undefined ? {} : { channel }),
    ...(speaker === undefined ? {} : { speaker }),
    ...(languageCode === undefined ? {} : { languageCode }),
    text: textOf(turn),
    words: turn.map((word) => ({
      startSeconds: word.startSeconds,
      endSeconds: word.endSeconds,
      text: word.text,
      ...(word.confidence === undefined ? {} : { confidence: word.confidence }),
    })),
  };
}

function textOf(words: readonly Spoken[]): string {
  return words
    .map(({ text }, index) => {
      const before = words[index - 1]?.text;
      const isSpaced =
        before !== undefined && !(SPACELESS_END.test(before) && SPACELESS_START.test(text));
      return isSpaced ? ` ${text}` : text;
    })
    .join('');
}
