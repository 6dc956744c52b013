import { parseText } from 'media-captions';
import { describe, expect, test } from 'vitest';
import { asSrt, asText, asVtt } from '../../src/domain/transcript-formats.ts';
import { transcriptOf, type Gap, type Segment } from '../../src/domain/transcript.ts';
import { readCaptions } from '../../src/providers/captions.ts';

const SESSION = { sessionId: 'agora:room-1', provider: 'agora' };
const GAP: Gap = { startSeconds: 180, endSeconds: 240, reason: 'part 3\n\nis --> missing' };
const TALK: Segment[] = [
  { startSeconds: 1.5, endSeconds: 3.25, speaker: 'Anna', text: 'Hello, Bob.' },
  { startSeconds: 62.001, endSeconds: 63, speaker: 'Bob', text: 'Hi!' },
  { startSeconds: 250, endSeconds: 251, text: 'Who is this?' },
];

function transcript(segments: readonly Segment[], gaps: readonly Gap[] = [], languageCode = '') {
  const part = { segments, gaps, durationSeconds: 0, offsetSeconds: 0, languageCode };
  return transcriptOf(SESSION, [part]);
}

function oneSaid(text: string, given: Partial<Segment> = {}) {
  return transcript([{ startSeconds: 1, endSeconds: 2, text, ...given }]);
}

/** Throws at the first fault. */
async function strictly(text: string, type: 'vtt' | 'srt') {
  const { cues, errors } = await parseText(text, { type, strict: true, errors: true });
  expect(errors).toEqual([]);
  return cues.map((cue) => [cue.startTime, cue.endTime, cue.text]);
}

describe('text', () => {
  test('has one line a segment and one a gap, in the order of time', () => {
    expect(asText(transcript(TALK, [GAP]))).toBe(
      [
        '[00:00:01] Anna: Hello, Bob.',
        '[00:01:02] Bob: Hi!',
        '[00:03:00–00:04:00: part 3 is --> missing]',
        '[00:04:10] Who is this?',
        '',
      ].join('\n'),
    );
  });

  test('of an empty transcript is empty', () => {
    expect(asText(transcript([]))).toBe('');
  });

  test('tells channels apart where there are several, and no speakers', () => {
    const one = { startSeconds: 0, endSeconds: 1, channel: 'ch_0', text: 'a' };
    expect(asText(transcript([one]))).toBe('[00:00:00] a\n');
    expect(asText(transcript([one, { ...one, channel: 'ch_1', text: 'b' }]))).toBe(
      '[00:00:00] ch_0: a\n[00:00:00] ch_1: b\n',
    );
  });
});

describe('WebVTT', () => {
  test('names speakers as voices, and notes the language and the gaps', async () => {
    const vtt = asVtt(transcript(TALK, [GAP], 'en-US'));
    expect(vtt).toBe(
      [
        'WEBVTT\n',
        'NOTE Language: en-US\n',
        '00:00:01.500 --> 00:00:03.250\n<v Anna>Hello, Bob.\n',
        '00:01:02.001 --> 00:01:03.000\n<v Bob>Hi!\n',
        'NOTE 00:03:00.000 – 00:04:00.000: part 3 is → missing\n',
        '00:04:10.000 --> 00:04:11.000\nWho is this?\n',
      ].join('\n'),
    );
    expect(await strictly(vtt, 'vtt')).toHaveLength(3);
  });

  test('of an empty transcript is a valid file', async () => {
    expect(asVtt(transcript([]))).toBe('WEBVTT\n\n');
    expect(await strictly(asVtt(transcript([])), 'vtt')).toEqual([]);
  });

  test('keeps any text within its cue', async () => {
    const text = 'a < b && <i>c</i>\n\n00:00:05.000 --> 00:00:06.000\r\nNOTE &amp; more';
    const vtt = asVtt(oneSaid(text, { speaker: 'A <b>\n& C' }));
    expect(await strictly(vtt, 'vtt')).toHaveLength(1);
    const { segments } = await readCaptions(vtt, 0);
    expect(segments).toEqual([
      { startSeconds: 1, endSeconds: 2, speaker: 'A <b> & C', text: text.replaceAll(/\s+/g, ' ') },
    ]);
  });

  test('takes more hours than two digits hold', async () => {
    const late = { startSeconds: 360_000, endSeconds: 360_001.5, text: 'Still here.' };
    const vtt = asVtt(transcript([late]));
    expect(vtt).toContain('100:00:00.000 --> 100:00:01.500');
    expect((await readCaptions(vtt, 0)).segments).toEqual([late]);
  });
});

describe('SubRip', () => {
  test('numbers its cues from 1 and prefixes the speakers', async () => {
    const srt = asSrt(transcript(TALK, [GAP], 'en-US'));
    expect(srt).toBe(
      [
        '1\n00:00:01,500 --> 00:00:03,250\nAnna: Hello, Bob.\n',
        '2\n00:01:02,001 --> 00:01:03,000\nBob: Hi!\n',
        '3\n00:04:10,000 --> 00:04:11,000\nWho is this?\n',
      ].join('\n'),
    );
    expect(await strictly(srt, 'srt')).toEqual([
      [1.5, 3.25, 'Anna: Hello, Bob.'],
      [62.001, 63, 'Bob: Hi!'],
      [250, 251, 'Who is this?'],
    ]);
  });

  test('of an empty transcript is empty', () => {
    expect(asSrt(transcript([]))).toBe('');
  });

  test('keeps any text within its cue', async () => {
    const srt = asSrt(oneSaid('one\n\n2\n00:00:05,000 --> 00:00:06,000\ntwo'));
    expect(await strictly(srt, 'srt')).toEqual([[1, 2, 'one 2 00:00:05,000 → 00:00:06,000 two']]);
  });
});

describe('times and lengths of cues', () => {
  test('a cue lasts a millisecond at least, and begins no earlier than 0', async () => {
    const odd = transcript([
      { startSeconds: -2, endSeconds: -1, text: 'before' },
      { startSeconds: 5, endSeconds: 5, text: 'at once' },
      { startSeconds: 9, endSeconds: 8, text: 'backwards' },
    ]);
    const expected = [
      [0, 0.001, 'before'],
      [5, 5.001, 'at once'],
      [9, 9.001, 'backwards'],
    ];
    expect(await strictly(asVtt(odd), 'vtt')).toEqual(expected);
    expect(await strictly(asSrt(odd), 'srt')).toEqual(expected);
  });

  test('a segment without text makes no cue', () => {
    expect(asSrt(oneSaid(' \n '))).toBe('');
    expect(asText(oneSaid(''))).toBe('');
  });

  test('what is read back is what was written', async () => {
    for (const written of [asVtt(transcript(TALK, [GAP])), asSrt(transcript(TALK, [GAP]))]) {
      const { segments, timesAreEstimated } = await readCaptions(written, 0);
      expect(segments).toEqual(TALK);
      expect(timesAreEstimated).toBeUndefined();
    }
  });
});

describe('long segments', () => {
  const tokens = Array.from(
    { length: 60 },
    (_, index) => `word${index}${index % 9 === 8 ? '.' : ''}`,
  );
  const words = tokens.map((token, index) => ({
    startSeconds: index / 2,
    endSeconds: index / 2 + 0.4,
    text: token.replace('.', ''),
  }));
  const long: Segment = { startSeconds: 0, endSeconds: 29.9, text: tokens.join(' '), words };

  test('are shown in readable parts, with all of their text, where the times of words are known', async () => {
    const cues = await strictly(asVtt(transcript([long])), 'vtt');
    expect(cues.length).toBeGreaterThan(4);
    expect(cues.map(([, , text]) => text).join(' ')).toBe(long.text);
    for (const [start, end, text] of cues) {
      expect(Number(end) - Number(start)).toBeLessThanOrEqual(7);
      expect(String(text).length).toBeLessThanOrEqual(84);
    }
    expect(cues[0]).toEqual([0, 4.4, tokens.slice(0, 9).join(' ')]);
    expect(cues[1]?.[0]).toBe(4.5);
  });

  test('of a language without spaces are split as well', async () => {
    const characters = Array.from('今日はとても良い天気ですね明日も晴れるでしょう');
    const spoken = characters.map((text, index) => ({
      startSeconds: index,
      endSeconds: index + 1,
      text,
    }));
    const segment = { startSeconds: 0, endSeconds: 22, text: characters.join(''), words: spoken };
    const cues = await strictly(asVtt(transcript([segment])), 'vtt');
    expect(cues.map(([, , text]) => text).join('')).toBe(segment.text);
    expect(cues[0]).toEqual([0, 7, '今日はとても良']);
  });

  test('stay whole where words are unknown, or are not those of the text', async () => {
    for (const given of [undefined, [{ startSeconds: 0, endSeconds: 1, text: 'other' }]]) {
      const cues = await strictly(asSrt(transcript([{ ...long, words: given }])), 'srt');
      expect(cues).toEqual([[0, 29.9, long.text]]);
    }
  });

  test('give way to what another speaker says in between', async () => {
    const other = { startSeconds: 10, endSeconds: 11, speaker: 'Bob', text: 'Yes.' };
    const cues = await strictly(asSrt(transcript([long, other])), 'srt');
    const starts = cues.map(([start]) => Number(start));
    expect(starts).toEqual(starts.toSorted((a, b) => a - b));
    expect(cues.at(-1)?.[2]).not.toBe('Bob: Yes.');
  });
});
