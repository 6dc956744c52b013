import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TranscriptPart } from '../../src/domain/transcript.ts';
import { partOf, readPlaylist } from '../../src/providers/agora/captions.ts';
import { meaningOf } from '../../src/providers/agora-legacy/errors.ts';
import { staleSequence } from '../../src/providers/agora/client.ts';
import { readTranscriptFile } from '../../src/providers/amazon-transcribe/transcript-file.ts';
import { readCaptions } from '../../src/providers/captions.ts';
import { ProviderError } from '../../src/providers/errors.ts';
import { retryAfterMs, vendorWords } from '../../src/providers/http.ts';
import { bodies, mutated, textsOf } from '../support/fuzzing.ts';

const TASK = { startedAt: '2026-11-21T08:00:00.000Z', endedAt: '2026-11-21T09:00:00.000Z' };
const LENGTH = 100_000;

type Read = Pick<TranscriptPart, 'segments'> & Partial<TranscriptPart>;

/** Times that are numbers, and in order; and the same once it was stored. */
function expectSound(part: Read): void {
  for (const { startSeconds, endSeconds, words = [] } of part.segments) {
    expect(startSeconds).toBeGreaterThanOrEqual(0);
    expect(endSeconds).toBeGreaterThanOrEqual(startSeconds);
    for (const word of words) expect(word.endSeconds).toBeGreaterThanOrEqual(word.startSeconds);
  }
  for (const { startSeconds, endSeconds } of part.gaps ?? []) {
    expect(endSeconds).toBeGreaterThanOrEqual(startSeconds);
  }
  const known = JSON.parse(JSON.stringify(part));
  expect(known).toEqual(part);
}

const CAPTIONS = textsOf(
  'WEBVTT\n\n',
  '1\n',
  '00:00:01.000 --> 00:00:02.000',
  '00:00:02,5 --> 00:00:01,5 align:start\n',
  `${'9'.repeat(400)}:00:00.000 --> 00:01.000\n`,
  '99:59 ',
  '[10:30:59] ',
  '-->',
  '\n',
  '\r\n\r\n',
  '\t ',
  '\u2028',
  'Anna: hello',
  '：',
  '<v Anna>',
  '<v.loud',
  '</v>',
  '<c.',
  '{\\an8}',
  '&amp;&lt',
  'NOTE ',
  'STYLE\n',
  'X-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00.000\n',
  `X-TIMESTAMP-MAP=MPEGTS:${'9'.repeat(400)},LOCAL:00:00:00.000\n`,
);

describe('captions', () => {
  test('of any text have times that are times', async () => {
    await fc.assert(
      fc.asyncProperty(CAPTIONS, fc.constantFrom(0, 60, 1e9), async (text, seconds) => {
        expectSound(await readCaptions(text, seconds));
      }),
    );
  });

  test('are placed in the time of the task, whatever playlist they are of', async () => {
    const playlists = textsOf(
      '#EXTM3U\n',
      '#EXT-X-VERSION:3\n',
      '#EXT-X-TARGETDURATION:6\n',
      '#EXT-X-TARGETDURATION:\n',
      '#EXTINF:6.0,\nfile.vtt\n',
      '#EXTINF:1e308,x\n',
      '#EXTINF:-1,\n',
      'other.vtt\n',
      '#EXT-X-PROGRAM-DATE-TIME:2026-11-21T08:00:10Z\n',
      '#EXT-X-PROGRAM-DATE-TIME:+275760-09-13T00:00:00.000Z\n',
      '#EXT-X-PROGRAM-DATE-TIME:\n',
      '#EXT-X-BYTERANGE:1@\n',
      '#EXT-X-KEY:METHOD=\n',
      '#EXT-X-MAP:URI="\n',
      '#EXT-X-STREAM-INF:BANDWIDTH=1\n',
      '#EXT-X-ENDLIST\n',
    ).map((text) => `#EXTM3U\n#EXT-X-TARGETDURATION:6\n${text}#EXT-X-ENDLIST\n`);
    await fc.assert(
      fc.asyncProperty(playlists, CAPTIONS, async (m3u8, vtt) => {
        const playlist = readPlaylist(m3u8);
        if (playlist === null) return;
        const files = playlist.segments.map(({ uri }) => [uri, `WEBVTT\n\n${vtt}`] as const);
        expectSound({ ...(await partOf(playlist, new Map(files), TASK)), offsetSeconds: 0 });
      }),
    );
  });

  test.for([
    ['a voice without an end', `<v${' '.repeat(LENGTH)}`],
    ['voices without an end', '<v '.repeat(LENGTH)],
    ['tags without an end', '<c.'.repeat(LENGTH)],
    ['braces without an end', '{\\'.repeat(LENGTH)],
    ['digits', '9'.repeat(LENGTH)],
    ['blanks', `${' '.repeat(LENGTH)}x`],
    ['settings of a cue', `00:01.000 --> 00:02.000${' a:b'.repeat(LENGTH)}!`],
    ['blanks after a time', `00:01 ${' '.repeat(LENGTH)}x`],
    ['a speaker and blanks', `Anna:${' '.repeat(LENGTH)}`],
    ['lines', '\n'.repeat(LENGTH)],
    ['arrows', '-->'.repeat(LENGTH)],
    ['ampersands', '&amp'.repeat(LENGTH)],
  ] as const)('that are nothing but %s take no time', { timeout: 5_000 }, async ([, text]) => {
    for (const file of [text, `WEBVTT\n\n00:01.000 --> 00:02.000\n${text}`]) {
      expectSound(await readCaptions(file, 60));
    }
  });
});

describe('the output of Amazon Transcribe', () => {
  const item = {
    type: 'pronunciation',
    start_time: '0.5',
    end_time: '1.5',
    alternatives: [{ confidence: '0.9', content: 'Hello' }],
    channel_label: 'ch_0',
    speaker_label: 'spk_0',
    language_code: 'en-US',
  };
  const stretch = { start_time: '0.5', end_time: '1.5', speaker_label: 'spk_0' };
  const sample = {
    jobName: 'job',
    results: {
      items: [item, { type: 'punctuation', alternatives: [{ content: '.' }] }],
      channel_labels: { channels: [{ channel_label: 'ch_0', items: [item, item] }] },
      speaker_labels: { segments: [{ ...stretch, items: [stretch] }] },
      language_codes: [{ language_code: 'en-US', duration_in_seconds: 1.5 }],
    },
  };

  test('is a part of a transcript, or refused as what it is', () => {
    expect(readTranscriptFile(JSON.stringify(sample), null).segments).toHaveLength(1);
    fc.assert(
      fc.property(bodies(sample), (body) => {
        try {
          expectSound(readTranscriptFile(body.toString(), null));
        } catch (error) {
          if (!(error instanceof ProviderError)) throw error;
          expect(error.kind).toBe('rejected');
        }
      }),
    );
  });
});

describe('the words of a vendor', () => {
  const answers = fc.record({
    status: fc.constantFrom(200, 201, 206, 302, 400, 404, 409, 500),
    json: fc.oneof(
      fc.jsonValue(),
      mutated({ code: 49, message: 'sequence 7', taskId: 'x', detail: 'taskId is: y' }),
    ),
    text: textsOf('taskId is: "', 'sequence', ' 7', '9'.repeat(400), 'eyJ', '007', 'Basic '),
    retryAfterMs: fc.constant(undefined),
  });

  test('always mean something', () => {
    fc.assert(
      fc.property(answers, fc.nat(), (answer, sequenceId) => {
        const meaning = meaningOf(answer, 'Agora', 'start');
        if (meaning.kind === 'error') expect(meaning.error).toBeInstanceOf(ProviderError);
        const stale = staleSequence(answer, sequenceId);
        if (stale) expect(stale.facts.lastSequenceId).toBeGreaterThanOrEqual(sequenceId);
        expect(vendorWords(answer, 'Agora').length).toBeLessThanOrEqual(500);
      }),
    );
  });

  test.for([
    ['a token that never ends', 'eyJ'],
    ['tokens', '007a'],
    ['credentials', 'Basic '],
  ] as const)('that are long and look like %s take no time', { timeout: 5_000 }, ([, piece]) => {
    const text = piece.repeat(LENGTH);
    const answer = { status: 400, json: undefined, text, retryAfterMs: undefined };
    expect(vendorWords(answer, 'Agora').length).toBeLessThanOrEqual(500);
    expect(meaningOf(answer, 'Agora').kind).toBe('error');
  });
});

test('Retry-After asks for no longer than an hour, whatever it says', () => {
  const values = fc.oneof(
    fc.string(),
    fc.bigInt().map(String),
    fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
    fc.constantFrom('9'.repeat(400), '-1', '1e9', 'Sat, 31 Dec 275759 00:00:00 GMT', ''),
  );
  fc.assert(
    fc.property(values, (value) => {
      const ms = retryAfterMs(value) ?? 0;
      expect(ms).toBeGreaterThanOrEqual(0);
      expect(ms).toBeLessThanOrEqual(3_600_000);
    }),
  );
});
