import { textOf } from './speech.ts';
import type { Item } from './speech.ts';
import type { SubtitleFormat } from './vocabulary.ts';

/** A subtitle file: a cue for each utterance, numbered from 0 or from 1 as the job asks. */
export function subtitles(
  captions: readonly (readonly Item[])[],
  format: SubtitleFormat,
  startIndex: number,
): string {
  const mark = format === 'vtt' ? '.' : ',';
  const cues = captions.map((items, index) => {
    const from = clock(items[0]?.startSeconds ?? 0, mark);
    const to = clock(items.at(-1)?.endSeconds ?? 0, mark);
    return `${startIndex + index}\n${from} --> ${to}\n${textOf(items)}\n`;
  });
  return [...(format === 'vtt' ? ['WEBVTT\n'] : []), ...cues].join('\n');
}

function clock(seconds: number, mark: string): string {
  return new Date(Math.round(seconds * 1_000)).toISOString().slice(11, 23).replace('.', mark);
}
