import type { Media } from './media-format.ts';
import type { StartRequest } from './start-request.ts';

/** What one speaker says at a stretch. Full stops, commas, question and exclamation marks are punctuation. */
export type Utterance = {
  readonly text: string;
  readonly startSeconds: number;
  readonly endSeconds: number;
  /** 0 (left, the default) or 1; heard as one where channels are not identified. */
  readonly channel?: number;
  /** From 0; by default one for each channel. */
  readonly speaker?: number;
  /** By default the job's. */
  readonly languageCode?: string;
  /** From 0 to 1, by default 0.99. */
  readonly confidence?: number;
  /** Words of `text` that are personal, with what they are (`NAME`, `PHONE`, …). */
  readonly personal?: readonly { readonly word: string; readonly type: string }[];
};

/** The job whose media is listened to. */
export type SpokenJob = {
  readonly name: string;
  readonly request: StartRequest;
  readonly media: Media;
};

/** What is said in the media of a job; nothing in a silent one. */
export type Speech = (job: SpokenJob) => readonly Utterance[];

/** A short call of two people, the second on the right channel. */
export const DEFAULT_SPEECH: Speech = () => [
  { text: 'Hello, this is Anna speaking.', startSeconds: 0.5, endSeconds: 2.5, personal: [ANNA] },
  {
    text: 'Hi Anna, can you hear me?',
    startSeconds: 2.75,
    endSeconds: 4.5,
    channel: 1,
    personal: [ANNA],
  },
  { text: 'Yes, I can hear you well.', startSeconds: 4.25, endSeconds: 6 },
  { text: 'Good. Thank you for calling.', startSeconds: 6.5, endSeconds: 8.75, channel: 1 },
];

const ANNA = { word: 'Anna', type: 'NAME' } as const;

/** A word or a mark of an utterance; marks have no times. */
export type Item = {
  readonly content: string;
  readonly type: 'pronunciation' | 'punctuation';
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly confidence: number;
  /** What it is, where it is personal. */
  readonly personal: string | undefined;
  readonly utterance: Utterance;
};

/** The items of an utterance, its words spread evenly over its time. */
export function itemsOf(utterance: Utterance): Item[] {
  const tokens = utterance.text.split(/\s+/).flatMap(wordAndMarks);
  const words = tokens.filter(({ type }) => type === 'pronunciation').length;
  const step = (utterance.endSeconds - utterance.startSeconds) / Math.max(1, words);
  let spoken = 0;
  return tokens.map(({ content, type }) => {
    const startSeconds = utterance.startSeconds + spoken * step;
    if (type === 'pronunciation') spoken += 1;
    return {
      content,
      type,
      startSeconds,
      endSeconds: utterance.startSeconds + spoken * step,
      confidence: type === 'punctuation' ? 0 : (utterance.confidence ?? 0.99),
      personal: utterance.personal?.find(({ word }) => word === content)?.type,
      utterance,
    };
  });
}

/** The text of items: marks stick to the word before. */
export function textOf(items: readonly Pick<Item, 'content' | 'type'>[]): string {
  return items
    .map(({ content, type }, index) =>
      type === 'punctuation' || index === 0 ? content : ` ${content}`,
    )
    .join('');
}

function wordAndMarks(token: string): Pick<Item, 'content' | 'type'>[] {
  const [, word = '', marks = ''] = /^(.*?)([.,?!]*)$/s.exec(token) ?? [];
  return [
    ...(word === '' ? [] : [{ content: word, type: 'pronunciation' as const }]),
    ...Array.from(marks, (content) => ({ content, type: 'punctuation' as const })),
  ];
}
