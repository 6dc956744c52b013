import { describe, expect, test } from 'vitest';
import { readTranscriptFile } from '../../src/providers/amazon-transcribe/transcript-file.ts';
import { ProviderError } from '../../src/providers/errors.ts';

type Fields = { readonly [field: string]: unknown };

describe('turns', () => {
  test('are words with the marks behind them', () => {
    const items = [word('Hello', 1), mark(','), word('zero', 1.4), mark('.')];
    expect(read({ items })).toEqual({
      segments: [
        {
          startSeconds: 1,
          endSeconds: 1.8,
          text: 'Hello, zero.',
          words: [
            { startSeconds: 1, endSeconds: 1.4, text: 'Hello,', confidence: 0.5 },
            { startSeconds: 1.4, endSeconds: 1.8, text: 'zero.', confidence: 0.5 },
          ],
        },
      ],
      gaps: [],
      durationSeconds: 1.8,
      languageCode: null,
    });
  });

  test('are broken by a pause, and by nothing shorter', () => {
    const items = [word('one', 0), word('two', 1.9), mark('.'), word('three', 3.81)];
    expect(texts({ items })).toEqual(['one two.', 'three']);
  });

  test('that are long are broken at the end of a sentence', () => {
    const items = Array.from({ length: 60 }, (_, index) => [
      word(`w${index}`, index * 0.5),
      ...(index % 10 === 9 ? [mark('.')] : []),
    ]).flat();
    const segments = read({ items }).segments.map(({ words }) => words?.length);
    expect(segments).toEqual([40, 20]);
  });

  test('that have no sentences are broken after a minute', () => {
    const items = Array.from({ length: 200 }, (_, index) => word('w', index * 0.5));
    expect(read({ items }).segments.map(({ words }) => words?.length)).toEqual([121, 79]);
  });

  test('of both channels are in order of time', () => {
    const left = [word('One', 1), mark('.'), word('Three', 5)];
    const right = [word('Two', 2), mark('!')];
    const labels = [
      { channel_label: 'ch_0', items: left },
      { channel_label: 'ch_1', items: right },
    ];
    const results = { items: [...left, ...right], channel_labels: { channels: labels } };
    const expected = [
      ['ch_0', undefined, 'One.'],
      ['ch_1', undefined, 'Two!'],
      ['ch_0', undefined, 'Three'],
    ];
    expect(labelledTexts(results)).toEqual(expected);
    // Without the channels' own lists.
    const flat = [
      ...left.map((item) => ({ ...item, channel_label: 'ch_0' })),
      ...right.map((item) => ({ ...item, channel_label: 'ch_1' })),
    ];
    expect(labelledTexts({ items: flat })).toEqual(expected);
  });

  test('are those of the one channel that the job had', () => {
    const items = [{ ...word('One', 1), channel_label: 'ch_0' }];
    const { segments } = readTranscriptFile(JSON.stringify({ results: { items } }), 'ch_3');
    expect(segments).toMatchObject([{ channel: 'ch_3' }]);
  });

  test('are broken at a change of speaker, told by the words or by time only', () => {
    const items = [word('One', 1), mark('.'), word('Two', 1.5), word('three', 2)];
    const speakers = ['spk_0', undefined, 'spk_1', 'spk_1'];
    const expected = [
      [undefined, 'spk_0', 'One.'],
      [undefined, 'spk_1', 'Two three'],
    ];
    const labelled = items.map((item, index) => ({ ...item, speaker_label: speakers[index] }));
    expect(labelledTexts({ items: labelled })).toEqual(expected);
    const segments = [
      { ...stretch(1, 1.5, 'spk_0'), items: [stretch(1, '1.4', 'spk_0')] },
      { ...stretch(1.5, 2.4, 'spk_1'), items: [stretch('1.50', 1.9, 'spk_1')] },
    ];
    const labels = { channel_label: 'ch_0', speakers: 2, segments };
    expect(labelledTexts({ items, speaker_labels: labels })).toEqual(expected);
  });

  test('have a language where several were identified', () => {
    const items = [
      { ...word('Hello', 0), language_code: 'en-US' },
      { ...word('Bonjour', 0.5), language_code: 'fr-FR' },
    ];
    const codes = [
      { language_code: 'en-US', duration_in_seconds: 3.5 },
      { language_code: 'fr-FR', duration_in_seconds: '12.0' },
    ];
    const part = read({ items, language_codes: codes });
    expect(part.languageCode).toBe('fr-FR');
    expect(part.segments).toMatchObject([
      { languageCode: 'en-US', text: 'Hello' },
      { languageCode: 'fr-FR', text: 'Bonjour' },
    ]);
  });

  test('of scripts without spaces have none', () => {
    expect(sequence(['こん', 'にち', 'は', '、', 'コーヒー', 'です'])).toBe(
      'こんにちは、コーヒーです',
    );
    expect(sequence(['你', '好', 'OK', '吗', '？', '是'])).toBe('你好 OK 吗？是');
    expect(sequence(['안녕', '하세요'])).toBe('안녕 하세요');
  });

  test('open with the marks that belong to the next word', () => {
    const items = [mark(','), mark('¿'), word('Cómo', 0), mark('?'), mark('¡'), word('Va', 0.5)];
    expect(texts({ items })).toEqual(['¿Cómo? ¡Va']);
  });
});

describe('a file', () => {
  test('of silence is an empty part', () => {
    const empty = { segments: [], gaps: [], durationSeconds: 0, languageCode: null };
    expect(read({ items: [], transcripts: [{ transcript: '' }] })).toEqual(empty);
    const channels = [
      { channel_label: 'ch_0', items: [] },
      { channel_label: 'ch_1', items: [] },
    ];
    expect(read({ items: [], channel_labels: { channels } })).toEqual(empty);
  });

  test('may have a silent channel', () => {
    const items = [word('One', 1)];
    const channels = [
      { channel_label: 'ch_0', items: [] },
      { channel_label: 'ch_1', items },
    ];
    expect(read({ items, channel_labels: { channels } }).segments).toMatchObject([
      { channel: 'ch_1', text: 'One' },
    ]);
  });

  test('may be redacted, filtered, and tell more than we know', () => {
    const redacted = { content: '[PII]', redactions: [{ confidence: '0.9999' }] };
    const items = [
      { ...word('I', 0), id: 0, vocabularyFilterMatch: true },
      { ...word('', 0.4), alternatives: [redacted] },
      word('', 0.8),
      { ...word('x', 1.2), alternatives: [] },
    ];
    const [segment] = read({ items, audio_segments: [{ id: 0, items: [0] }], new: 1 }).segments;
    expect(segment).toMatchObject({ text: 'I [PII]' });
    expect(segment?.words?.[1]).toEqual({ startSeconds: 0.4, endSeconds: 0.8, text: '[PII]' });
  });

  test('names the language that was identified', () => {
    expect(read({ items: [], language_code: 'es-ES' }).languageCode).toBe('es-ES');
  });

  test('may lack a confidence, and a time', () => {
    const items = [
      word('one', 1),
      { type: 'pronunciation', alternatives: [{ content: 'two', confidence: 'high' }] },
    ];
    expect(read({ items }).segments[0]?.words?.[1]).toEqual({
      startSeconds: 1.4,
      endSeconds: 1.4,
      text: 'two',
    });
  });

  test.each([
    ['', 'is not JSON'],
    ['{"results":', 'is not JSON'],
    ['null', 'is not in a form that we know'],
    ['[]', 'is not in a form that we know'],
    ['{"results":{}}', 'results.items'],
    ['{"results":{"items":[{}]}}', 'results.items.0.type'],
    [JSON.stringify({ results: { items: [{ ...word('secret', 0), start_time: 'soon' }] } }), 'NaN'],
    [JSON.stringify({ results: { items: [{ ...word('secret', 0), end_time: -1 }] } }), 'end_time'],
  ])('that reads %j is refused', (json, why) => {
    const error = thrown(() => readTranscriptFile(json, null));
    expect(error).toBeInstanceOf(ProviderError);
    expect(error).toMatchObject({ kind: 'rejected', message: expect.stringContaining(why) });
    expect(String(error)).not.toContain('secret');
  });

  test('of four hours is read whole', () => {
    const items = Array.from({ length: 60_000 }, (_, index) => word('word', index * 0.24));
    const segments = items.map((item) => ({
      ...stretch(item.start_time, item.end_time, 'spk_0'),
      items: [stretch(item.start_time, item.end_time, 'spk_0')],
    }));
    expect(read({ items, speaker_labels: { segments } }).durationSeconds).toBeCloseTo(14_400.16);
  });
});

function read(results: Fields) {
  return readTranscriptFile(JSON.stringify({ jobName: 'job', status: 'COMPLETED', results }), null);
}

function texts(results: Fields): string[] {
  return read(results).segments.map(({ text }) => text);
}

function labelledTexts(results: Fields) {
  return read(results).segments.map(({ channel, speaker, text }) => [channel, speaker, text]);
}

function sequence(contents: readonly string[]): string | undefined {
  return texts({ items: contents.map((content, index) => word(content, index / 2)) })[0];
}

/** A word of 0.4 s. */
function word(content: string, startSeconds: number) {
  return {
    type: 'pronunciation',
    start_time: startSeconds.toFixed(2),
    end_time: (startSeconds + 0.4).toFixed(2),
    alternatives: [{ confidence: '0.5', content }],
  };
}

function mark(content: string) {
  return { type: 'punctuation', alternatives: [{ confidence: '0.0', content }] };
}

function stretch(start: string | number, end: string | number, speaker: string) {
  return { start_time: String(start), end_time: String(end), speaker_label: speaker };
}

function thrown(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}
