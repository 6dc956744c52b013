import type { Segment, Word } from '../../domain/transcript.ts';

/** A silence after which somebody speaks anew. */
const PAUSE_SECONDS = 1.5;
/** A turn that is as long ends with its sentence. */
const LONG_TURN_SECONDS = 15;
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
  const isLong = last.endSeconds - first.startSeconds >= LONG_TURN_SECONDS;
  return (
    next.speaker === last.speaker &&
    next.languageCode === last.languageCode &&
    next.startSeconds - last.endSeconds <= PAUSE_SECONDS &&
    !(isLong && SENTENCE_END.test(last.text))
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
    text: turn.reduce((text, word) => joined(text, word.text), ''),
    words: turn.map((word) => ({
      startSeconds: word.startSeconds,
      endSeconds: word.endSeconds,
      text: word.text,
      ...(word.confidence === undefined ? {} : { confidence: word.confidence }),
    })),
  };
}

function joined(text: string, word: string): string {
  const isSpaceless = SPACELESS_END.test(text) && SPACELESS_START.test(word);
  return text === '' || isSpaceless ? text + word : `${text} ${word}`;
}
