import { describe, expect, test } from 'vitest';
import {
  summaryOf,
  transcriptOf,
  withSpeakers,
  type TranscriptPart,
} from '../../src/domain/transcript.ts';

const SESSION = { sessionId: 'agora:room-1', provider: 'agora' };

function part(given: Partial<TranscriptPart>): TranscriptPart {
  return { segments: [], gaps: [], durationSeconds: 0, offsetSeconds: 0, ...given };
}

function said(startSeconds: number, text: string) {
  return { startSeconds, endSeconds: startSeconds + 1, text };
}

describe('putting a transcript together', () => {
  test('segments, words and gaps of each part are moved to where the part begins', () => {
    const transcript = transcriptOf(SESSION, [
      part({ segments: [said(0.1, 'one')], durationSeconds: 60 }),
      part({
        segments: [{ ...said(0.2, 'two'), words: [said(0.2, 'two')] }],
        gaps: [{ startSeconds: 5, endSeconds: 6, reason: 'lost' }],
        durationSeconds: 30,
        offsetSeconds: 60.1,
      }),
    ]);
    expect(transcript.segments).toEqual([
      said(0.1, 'one'),
      {
        startSeconds: 60.3,
        endSeconds: 61.3,
        text: 'two',
        words: [{ startSeconds: 60.3, endSeconds: 61.3, text: 'two' }],
      },
    ]);
    expect(transcript.gaps).toEqual([{ startSeconds: 65.1, endSeconds: 66.1, reason: 'lost' }]);
    expect(transcript.durationSeconds).toBe(90.1);
    expect(transcript.text).toBe('one\ntwo');
  });

  test('parts that overlap, as those of two channels, are merged by time', () => {
    const transcript = transcriptOf(SESSION, [
      part({ segments: [said(0, 'Hello?'), said(4, 'Fine.')], durationSeconds: 5 }),
      part({ segments: [said(2, 'How are you?')], durationSeconds: 5 }),
    ]);
    expect(transcript.text).toBe('Hello?\nHow are you?\nFine.');
    expect(transcript.durationSeconds).toBe(5);
  });

  test('a transcript without parts is empty', () => {
    expect(transcriptOf(SESSION, [])).toEqual({
      ...SESSION,
      languageCode: null,
      durationSeconds: 0,
      text: '',
      segments: [],
      gaps: [],
    });
  });

  test('the first language that is told is the main one', () => {
    const parts = [part({ languageCode: null }), part({ languageCode: 'de-DE' })];
    expect(transcriptOf(SESSION, parts).languageCode).toBe('de-DE');
  });

  test('summaries are kept, and one part with estimated times makes all of them so', () => {
    const transcript = transcriptOf(SESSION, [
      part({ summary: 'First.' }),
      part({ summary: 'Second.', timesAreEstimated: true }),
    ]);
    expect(transcript.summary).toBe('First.\n\nSecond.');
    expect(transcript.timesAreEstimated).toBe(true);
  });
});

test('a summary counts words and channels', () => {
  const transcript = transcriptOf(SESSION, [
    part({
      segments: [
        { ...said(0, ' Hello  there '), channel: 'ch_0' },
        { ...said(2, 'Hi'), channel: 'ch_1' },
        { ...said(4, ''), channel: 'ch_1' },
      ],
      durationSeconds: 5,
      languageCode: 'en-US',
    }),
  ]);
  expect(summaryOf(transcript)).toEqual({
    words: 3,
    durationSeconds: 5,
    channels: 2,
    languageCode: 'en-US',
  });
});

describe('names', () => {
  const transcript = transcriptOf(SESSION, [
    part({
      segments: [
        { ...said(0, 'one'), speaker: '4711', channel: 'ch_0' },
        { ...said(1, 'two'), channel: 'ch_1' },
        { ...said(2, 'three'), speaker: 'toString' },
      ],
    }),
  ]);
  const speakers = (names: Record<string, string>) =>
    withSpeakers(transcript, names).segments.map(({ speaker }) => speaker);

  test('a speaker is called by the name of his id or else of his channel', () => {
    expect(speakers({ 4711: 'Anna', ch_0: 'Agent', ch_1: 'Bob' })).toEqual([
      'Anna',
      'Bob',
      'toString',
    ]);
    expect(speakers({ ch_0: 'Agent' })).toEqual(['Agent', undefined, 'toString']);
  });

  test('without names nothing changes', () => {
    expect(withSpeakers(transcript, {})).toEqual(transcript);
  });
});
