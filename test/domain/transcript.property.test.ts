import * as fc from 'fast-check';
import { parseText } from 'media-captions';
import { expect, test } from 'vitest';
import { naturalSessionId, sessionIdFault } from '../../src/domain/identity.ts';
import { asSrt, asText, asVtt } from '../../src/domain/transcript-formats.ts';
import { summaryOf, transcriptOf, type Segment } from '../../src/domain/transcript.ts';
import { jobId } from '../../src/providers/amazon-transcribe/job-request.ts';
import { readCues } from '../../src/providers/captions.ts';
import { textsOf } from '../support/fuzzing.ts';

const words = textsOf(
  'Hello',
  ' ',
  '\n\n',
  '\r',
  '-->',
  '00:00:01.000 --> 00:00:02.000',
  '<v Bob>',
  '</v>',
  '&amp;',
  '<00:01>',
  'NOTE x\n\n',
  'WEBVTT',
  '👩‍👩‍👧',
  '\u2028',
  '\0',
  '\uFEFF',
  'مرحبا',
  '1\n',
);
/** A session may last for weeks, but no task of it for more than 72 h. */
const times = fc.tuple(fc.nat(259_000_000), fc.nat(20_000)).map(([startMs, lengthMs]) => ({
  startSeconds: startMs / 1_000,
  endSeconds: (startMs + lengthMs) / 1_000,
}));
const segments: fc.Arbitrary<Segment> = fc
  .tuple(times, words, fc.option(words, { nil: undefined }))
  .map(([time, text, speaker]) => ({ ...time, text, ...(speaker ? { speaker } : {}) }));
const gaps = fc.tuple(times, words).map(([time, reason]) => ({ ...time, reason }));
const parts = fc.record({
  offsetSeconds: fc.nat(100_000),
  durationSeconds: fc.nat(100_000),
  segments: fc.array(segments, { maxLength: 5 }),
  gaps: fc.array(gaps, { maxLength: 2 }),
});
const transcripts = fc
  .array(parts, { minLength: 1, maxLength: 3 })
  .map((some) => transcriptOf({ sessionId: 'agora:room', provider: 'agora' }, some));

/** How many cues a reader that forgives nothing finds. */
async function strictly(text: string, type: 'vtt' | 'srt'): Promise<number> {
  const { cues, errors } = await parseText(text, { type, strict: true, errors: true });
  expect(errors).toEqual([]);
  for (const { startTime, endTime } of cues) expect(endTime).toBeGreaterThan(startTime);
  return cues.length;
}

test('a transcript keeps every word, in the order of time', () => {
  fc.assert(
    fc.property(fc.array(parts, { maxLength: 3 }), (some) => {
      const transcript = transcriptOf({ sessionId: 'agora:room', provider: 'agora' }, some);
      const said = some.flatMap((part) => part.segments.map(({ text }) => text));
      expect(transcript.segments.map(({ text }) => text).toSorted()).toEqual(said.toSorted());
      const starts = transcript.segments.map(({ startSeconds }) => startSeconds);
      expect(starts).toEqual(starts.toSorted((one, other) => one - other));
      expect(transcript.gaps).toHaveLength(some.flatMap((part) => part.gaps).length);
      expect(summaryOf(transcript).words).toBeGreaterThanOrEqual(0);
      expect(JSON.parse(JSON.stringify(transcript))).toEqual(transcript);
    }),
  );
});

test('what is written as WebVTT and SubRip has a cue for each segment with words', async () => {
  // The library reads hours of two digits.
  const short = transcripts.filter(({ segments: all }) =>
    all.every(({ endSeconds }) => endSeconds < 100 * 3_600),
  );
  await fc.assert(
    fc.asyncProperty(short, async (transcript) => {
      const spoken = transcript.segments.filter(({ text }) => text.trim() !== '').length;
      expect(await strictly(asVtt(transcript), 'vtt')).toBe(spoken);
      expect(await strictly(asSrt(transcript), 'srt')).toBe(spoken);
      const lines = asText(transcript).split('\n').length - 1;
      expect(lines).toBe(spoken + transcript.gaps.length);
    }),
  );
});

test('what is written as WebVTT is read as the same words at the same times', async () => {
  const plain = fc
    .array(fc.tuple(times, fc.lorem({ maxCount: 6 })), { maxLength: 5 })
    .map((said) => said.map(([time, text]) => ({ ...time, text })));
  await fc.assert(
    fc.asyncProperty(plain, async (said) => {
      const part = { offsetSeconds: 0, durationSeconds: 0, segments: said, gaps: [] };
      const transcript = transcriptOf({ sessionId: 'agora:room', provider: 'agora' }, [part]);
      const read = await readCues(asVtt(transcript));
      const expected = transcript.segments.map(({ startSeconds, endSeconds, text }) => ({
        startSeconds,
        endSeconds: Math.max(endSeconds, startSeconds + 0.001),
        text,
      }));
      expect(read.map(({ text }) => text)).toEqual(expected.map(({ text }) => text));
      for (const [index, { startSeconds, endSeconds }] of expected.entries()) {
        expect(read[index]?.startSeconds).toBeCloseTo(startSeconds, 3);
        expect(read[index]?.endSeconds).toBeCloseTo(endSeconds, 3);
      }
    }),
  );
});

const ids = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1 }),
  fc.stringMatching(/^[a-z]{1,5}:[\w.:-]{1,200}$/),
);

test('the name of a job is a function of its session, and no other session has it', () => {
  fc.assert(
    fc.property(ids, ids, fc.nat(99), (one, other, attempt) => {
      const nameOf = (sessionId: string) =>
        jobId({
          sessionId,
          attempt,
          media: { uri: '', channel: 'ch_31' },
          channels: 32,
          options: {},
        });
      expect(nameOf(one)).toBe(nameOf(one));
      expect(nameOf(one)).toMatch(/^[0-9a-zA-Z._-]{1,200}$/);
      if (one !== other) expect(nameOf(one)).not.toBe(nameOf(other));
    }),
  );
});

test('an id of a caller is never the natural one of another session', () => {
  fc.assert(
    fc.property(ids, fc.constantFrom('agora', 'videosdk', 'agora-legacy'), (id, provider) => {
      if (sessionIdFault(id, naturalSessionId('agora', 'room')) !== null) return;
      expect(id.startsWith(`${provider}:`)).toBe(id === 'agora:room' && provider === 'agora');
    }),
  );
});
