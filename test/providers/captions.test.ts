import { describe, expect, test } from 'vitest';
import { readCaptions } from '../../src/providers/captions.ts';

async function segmentsOf(text: string, durationSeconds = 0) {
  return (await readCaptions(text, durationSeconds)).segments;
}

function vtt(...blocks: string[]): string {
  return ['WEBVTT', ...blocks].join('\n\n');
}

describe('WebVTT', () => {
  test('voices are speakers, and tags and entities are gone from the text', async () => {
    const text = vtt(
      'NOTE made by a vendor',
      'STYLE\n::cue { color: red }',
      'intro\n00:01.000 --> 00:02.500 align:start position:10%\n<v.loud Anna &amp; Co>Tom &lt;3 <i>Jerry</i> &amp;&nbsp;co',
    );
    expect(await readCaptions(text, 0)).toEqual({
      segments: [
        { startSeconds: 1, endSeconds: 2.5, speaker: 'Anna & Co', text: 'Tom <3 Jerry & co' },
      ],
    });
  });

  test('a cue of two voices gives two segments', async () => {
    const text = vtt('00:01.000 --> 00:02.000\n<v Anna>Hello</v>\n<v Bob>Hi</v> (laughter)');
    expect(await segmentsOf(text)).toEqual([
      { startSeconds: 1, endSeconds: 2, speaker: 'Anna', text: 'Hello' },
      { startSeconds: 1, endSeconds: 2, speaker: 'Bob', text: 'Hi' },
      { startSeconds: 1, endSeconds: 2, text: '(laughter)' },
    ]);
  });

  test('names at the beginning of lines are speakers', async () => {
    const text = vtt('00:01.000 --> 00:02.000\nAnna: Hello\nthere\nDr. Bob Smith: Hi');
    expect(await segmentsOf(text)).toEqual([
      { startSeconds: 1, endSeconds: 2, speaker: 'Anna', text: 'Hello there' },
      { startSeconds: 1, endSeconds: 2, speaker: 'Dr. Bob Smith', text: 'Hi' },
    ]);
  });

  test.each([
    'see https://example.com',
    'https://example.com',
    '12:30 suits me',
    'the thing is: no',
    'Well, listen: no',
  ])('"%s" names no speaker', async (text) => {
    expect(await segmentsOf(vtt(`00:01.000 --> 00:02.000\n${text}`))).toEqual([
      { startSeconds: 1, endSeconds: 2, text },
    ]);
  });

  test('a cue with malformed times is dropped, and only that one', async () => {
    const text = vtt(
      '00:01.000 --> soon\nlost',
      'x\n00:00:99.000 --> 00:01:99.000\nlost',
      'x\n--> 00:02.000\nlost',
      '00:03.000 --> 00:04.000\nkept',
      '00:05.000 --> 00:06.000',
    );
    expect(await segmentsOf(text)).toEqual([{ startSeconds: 3, endSeconds: 4, text: 'kept' }]);
  });

  test('a cue without length keeps its words', async () => {
    expect(await segmentsOf(vtt('00:01.000 --> 00:01.000\nYes'))).toEqual([
      { startSeconds: 1, endSeconds: 1.001, text: 'Yes' },
    ]);
  });

  test('words that look like settings, markup or arrows are words', async () => {
    const text = vtt(
      '00:01.000 --> 00:02.000\nposition: first',
      '00:03.000-->00:04.000\nI <3 a --> b',
    );
    expect((await segmentsOf(text)).map((segment) => [segment.speaker, segment.text])).toEqual([
      ['position', 'first'],
      [undefined, 'I <3 a --> b'],
    ]);
  });

  test('system clocks of any size are read', async () => {
    const text = vtt('480000:00:01.000 --> 480000:00:02.123456\nnow');
    expect(await segmentsOf(text)).toEqual([
      { startSeconds: 1_728_000_001, endSeconds: 1_728_000_002.123, text: 'now' },
    ]);
  });

  test('a byte order mark, carriage returns and missing blank lines do not matter', async () => {
    const text =
      '\uFEFFWEBVTT\r\n00:01.000 --> 00:02.000\r\none\r\n  \r\n00:02.000 --> 00:03.000\r\ntwo';
    expect((await segmentsOf(text)).map((segment) => segment.text)).toEqual(['one', 'two']);
  });
});

describe('SubRip', () => {
  test('is recognised by its times', async () => {
    const text = [
      '1\n00:00:01,000 --> 00:00:02,500 X1:1 X2:2\nAnna: <b>Hello</b>',
      '2\n00:00:03,000 --> 00:00:04,000\n{\\an8}2\nmore',
    ].join('\n\n');
    expect(await readCaptions(text, 0)).toEqual({
      segments: [
        { startSeconds: 1, endSeconds: 2.5, speaker: 'Anna', text: 'Hello' },
        { startSeconds: 3, endSeconds: 4, text: '2 more' },
      ],
    });
  });
});

describe('plain text', () => {
  test('lines without times are spread over the duration by their length, and said to be estimated', async () => {
    expect(await readCaptions('Anna: 12345\n\n  \n1234567890\n12345\n', 40)).toEqual({
      segments: [
        { startSeconds: 0, endSeconds: 10, speaker: 'Anna', text: '12345' },
        { startSeconds: 10, endSeconds: 30, text: '1234567890' },
        { startSeconds: 30, endSeconds: 40, text: '12345' },
      ],
      timesAreEstimated: true,
    });
  });

  test('without a duration they take the time that it takes to say them', async () => {
    expect(await segmentsOf('123456789012345\n123456789012345')).toEqual([
      { startSeconds: 0, endSeconds: 1, text: '123456789012345' },
      { startSeconds: 1, endSeconds: 2, text: '123456789012345' },
    ]);
  });

  test.each([
    ['[00:00:02] Anna: Hello', 2, 60],
    ['00:00:02.500 Anna: Hello', 2.5, 60],
    ['(1:02:03) Anna: Hello', 3_723, 7_200],
    ['0:02 - Anna: Hello', 2, 60],
    ['[00:02]Anna: Hello', 2, 60],
  ])('"%s" begins at its time and lasts until the end', async (line, startSeconds, endSeconds) => {
    expect(await readCaptions(line, endSeconds)).toEqual({
      segments: [{ startSeconds, endSeconds, speaker: 'Anna', text: 'Hello' }],
    });
  });

  test.each([
    '00:01 --> 00:05 Anna: Hello',
    '[00:00:01 - 00:00:05] Anna: Hello',
    '0:01–0:05: Anna: Hello',
  ])('"%s" tells both of its times', async (line) => {
    expect(await readCaptions(line, 60)).toEqual({
      segments: [{ startSeconds: 1, endSeconds: 5, speaker: 'Anna', text: 'Hello' }],
    });
  });

  test('a line lasts until the next one begins', async () => {
    expect(await segmentsOf('[00:01] one\n[00:04] two\n[00:04] three', 9)).toEqual([
      { startSeconds: 1, endSeconds: 4, text: 'one' },
      { startSeconds: 4, endSeconds: 4.2, text: 'two' },
      { startSeconds: 4, endSeconds: 9, text: 'three' },
    ]);
  });

  test('a time may stand above its line; lines below one share it, and are estimated', async () => {
    expect(await readCaptions('[00:01]\nAnna: one\n[00:03]\nBob: two', 5)).toEqual({
      segments: [
        { startSeconds: 1, endSeconds: 3, speaker: 'Anna', text: 'one' },
        { startSeconds: 3, endSeconds: 5, speaker: 'Bob', text: 'two' },
      ],
    });
    expect(await readCaptions('[00:01] one\ntwo', 5)).toEqual({
      segments: [
        { startSeconds: 1, endSeconds: 3, text: 'one' },
        { startSeconds: 3, endSeconds: 5, text: 'two' },
      ],
      timesAreEstimated: true,
    });
  });

  test('a time that somebody talks of is not that of a line', async () => {
    const segments = await segmentsOf('When?\n10:30 suits me\nGood', 10);
    expect(segments.map(({ text }) => text)).toEqual(['When?', '10:30 suits me', 'Good']);
  });

  test('times of day begin with the first line, and are estimated', async () => {
    expect(await readCaptions('[14:32:10] one\n[14:32:15] two', 20)).toEqual({
      segments: [
        { startSeconds: 0, endSeconds: 5, text: 'one' },
        { startSeconds: 5, endSeconds: 20, text: 'two' },
      ],
      timesAreEstimated: true,
    });
  });

  test('times of day go on after midnight', async () => {
    const segments = await segmentsOf('[23:59:58] one\n[00:00:03] two', 10);
    expect(segments).toMatchObject([
      { startSeconds: 0, endSeconds: 5 },
      { startSeconds: 5, endSeconds: 10 },
    ]);
  });

  test('of an empty file there is nothing', async () => {
    for (const text of ['', '\uFEFF', ' \n\n']) {
      expect(await readCaptions(text, 10)).toEqual({ segments: [] });
    }
  });
});
