import { describe, expect, test } from 'vitest';
import { partOf, readPlaylist } from '../../src/providers/agora/captions.ts';

const TASK = { startedAt: '2026-11-21T10:00:00.000Z', endedAt: '2026-11-21T10:00:30.000Z' };
const EPOCH_SECONDS = Date.parse(TASK.startedAt) / 1_000;

function m3u8(count = 3, { ended = true, dated = '' } = {}): string {
  const files = Array.from(
    { length: count },
    (_, index) => `#EXTINF:10.000,\ncaption_${index}.vtt`,
  );
  return [
    '#EXTM3U',
    '#EXT-X-VERSION:3',
    '#EXT-X-TARGETDURATION:10',
    '#EXT-X-MEDIA-SEQUENCE:0',
    ...(dated === '' ? [] : [`#EXT-X-PROGRAM-DATE-TIME:${dated}`]),
    ...files,
    ...(ended ? ['#EXT-X-ENDLIST'] : []),
    '',
  ].join('\n');
}

function clock(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  const [whole, part] = [Math.floor(minutes / 60), (seconds % 60).toFixed(3).padStart(6, '0')];
  return `${String(whole).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}:${part}`;
}

type Said = readonly [startSeconds: number, endSeconds: number, text: string];

function vtt(said: readonly Said[], header = ''): string {
  const cues = said.map(([start, end, text]) => `${clock(start)} --> ${clock(end)}\n${text}`);
  return [`WEBVTT${header}`, ...cues].join('\n\n');
}

/** Three cues, one a file, each moved by its file's shift. */
function at(shifts: readonly number[], headers: readonly string[] = []): string[] {
  const cues: Said[] = [
    [1, 2, 'one'],
    [11, 12, 'two'],
    [25, 29, 'three'],
  ];
  return cues.map(([start, end, text], index) => {
    const shift = shifts[index] ?? 0;
    return vtt([[start + shift, end + shift, text]], headers[index]);
  });
}

function mapOf(mediaSeconds: number, local = '00:00:00.000'): string {
  return `\nX-TIMESTAMP-MAP=MPEGTS:${Math.round(mediaSeconds * 90_000)},LOCAL:${local}`;
}

/** What is made of the files' cues, as [start, end, text]. */
async function read(files: readonly (string | null)[], playlist = m3u8(files.length), task = TASK) {
  const parsed = readPlaylist(playlist);
  if (!parsed) throw new Error('not readable');
  const bodies = new Map(files.map((file, index) => [`caption_${index}.vtt`, file]));
  const part = await partOf(parsed, bodies, task);
  const cues = part.segments.map((cue) => [cue.startSeconds, cue.endSeconds, cue.text]);
  return { ...part, cues };
}

describe('the playlist', () => {
  test('tells its files, when they begin, and whether more will come', () => {
    const playlist = readPlaylist(m3u8(2, { dated: '2026-11-21T10:00:05.000Z' }));
    const [uri, programDateTime] = ['caption_1.vtt', '2026-11-21T10:00:15.000Z'];
    expect(playlist?.isEnded).toBe(true);
    expect(playlist?.segments).toHaveLength(2);
    expect(playlist?.segments[1]).toEqual({
      uri,
      startSeconds: 10,
      durationSeconds: 10,
      programDateTime,
    });
    expect(readPlaylist(m3u8(1, { ended: false }))).toMatchObject({
      segments: [{ programDateTime: null }],
      isEnded: false,
    });
    expect(readPlaylist(m3u8(0))).toEqual({ segments: [], isEnded: true });
  });

  test('is readable with carriage returns, titles in any script, and without the tags it should have', () => {
    const text = '#EXTM3U\r\n#EXTINF:4.5,日本\r\na.vtt\r\n#EXTINF:5.5,é\r\nb.vtt\r\n#EXT-X-ENDLIST';
    expect(
      readPlaylist(text)?.segments.map(({ uri, startSeconds }) => [uri, startSeconds]),
    ).toEqual([
      ['a.vtt', 0],
      ['b.vtt', 4.5],
    ]);
  });

  test.each([
    ['nothing', ''],
    ['an error page', '<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>'],
    ['its first line alone', '#EXTM3U\n'],
    ['a file without a duration', '#EXTM3U\n#EXT-X-TARGETDURATION:10\na.vtt\n'],
    ['a duration without a file', m3u8(2, { ended: false }).replace('caption_1.vtt\n', '')],
    ['a list of playlists', '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\na.m3u8\n'],
    ['a file that lasts for ever', m3u8(1).replace('10.000', 'Infinity')],
  ])('that is %s is not readable', (_what, text) => {
    expect(readPlaylist(text)).toBeNull();
  });

  test('with a date that is none is read without it', () => {
    expect(readPlaylist(m3u8(1, { dated: 'yesterday' }))?.segments[0]?.programDateTime).toBeNull();
  });
});

describe('the times of cues', () => {
  const expected = [
    [1, 2, 'one'],
    [11, 12, 'two'],
    [25, 29, 'three'],
  ];
  test.each([
    ['since the playlist began', at([0, 0, 0])],
    ['since their own file began', at([0, -10, -20])],
    ['by the system clock, since 1970', at([EPOCH_SECONDS, EPOCH_SECONDS, EPOCH_SECONDS])],
    ['by the system clock, since midnight', at([36_000, 36_000, 36_000])],
    [
      'by a timestamp map for each file',
      at(
        [0, -10, -20],
        [10, 20, 30].map((seconds) => mapOf(seconds)),
      ),
    ],
    [
      'by one timestamp map for all',
      at(
        [0, 0, 0],
        [10, 10, 10].map((seconds) => mapOf(seconds)),
      ),
    ],
    [
      'by a timestamp map that is wrong',
      at(
        [0, -10, -20],
        [10, 10, 10].map((seconds) => mapOf(seconds)),
      ),
    ],
    [
      'by a timestamp map of the system clock',
      at(
        [0, -10, -20],
        [0, 10, 20].map((seconds) => mapOf(EPOCH_SECONDS + seconds)),
      ),
    ],
    [
      'by a timestamp map that begins anew',
      at(
        [0, -10, -20],
        [95_440, 95_450, 95_460 - 2 ** 33 / 90_000].map((seconds) => mapOf(seconds)),
      ),
    ],
    [
      'by a timestamp map of local times',
      at(
        [5, -5, -15],
        [10, 20, 30].map((seconds) => mapOf(seconds, '00:00:05.000')),
      ),
    ],
  ])('%s are times of the task', async (_how, files) => {
    expect((await read(files)).cues).toEqual(expected);
  });

  test('before midnight and after it are told apart', async () => {
    const task = { startedAt: '2026-11-21T23:59:50.000Z', endedAt: '2026-11-22T00:00:20.000Z' };
    const files = at([86_390, -10, -10]);
    expect((await read(files, m3u8(3), task)).cues).toEqual(expected);
  });

  test('are moved to where the playlist says that it began', async () => {
    const dated = m3u8(2, { dated: '2026-11-21T10:00:05.000Z' });
    const files = [vtt([[1, 2, 'one']]), vtt([[11, 12, 'two']])];
    expect((await read(files, dated)).cues).toEqual([
      [6, 7, 'one'],
      [16, 17, 'two'],
    ]);
    const absurd = m3u8(2, { dated: '1970-01-01T00:00:00.000Z' });
    expect((await read(files, absurd)).cues).toEqual([
      [1, 2, 'one'],
      [11, 12, 'two'],
    ]);
  });

  test('of a file in which they fit two ways are read as in the other files', async () => {
    const playlist = m3u8(3).replace('#EXTINF:10.000', '#EXTINF:2.000');
    const files = [vtt([[0, 1, 'one']]), vtt([[5, 6, 'two']]), vtt([[5, 6, 'three']])];
    expect((await read(files, playlist)).cues).toEqual([
      [0, 1, 'one'],
      [7, 8, 'two'],
      [17, 18, 'three'],
    ]);
  });

  test('are never before the task', async () => {
    const files = [vtt([[EPOCH_SECONDS - 1, EPOCH_SECONDS + 2, 'early']])];
    expect((await read(files)).cues).toEqual([[0, 2, 'early']]);
  });
});

describe('a task’s part', () => {
  test('lasts as long as the task, or as long as its captions where it has no end yet', async () => {
    const files = [vtt([[1, 2, 'one']])];
    expect((await read(files)).durationSeconds).toBe(30);
    const playlist = readPlaylist(m3u8(1));
    const part =
      playlist &&
      (await partOf(playlist, new Map([['caption_0.vtt', files[0] ?? null]]), {
        ...TASK,
        endedAt: null,
      }));
    expect(part?.durationSeconds).toBe(2);
  });

  test('has a gap for each file that is missing or none of captions', async () => {
    const { cues, gaps } = await read([vtt([[1, 2, 'one']]), null, '<Error/>', vtt([])]);
    expect(cues).toEqual([[1, 2, 'one']]);
    expect(gaps).toEqual([
      { startSeconds: 10, endSeconds: 20, reason: 'the captions file caption_1.vtt is missing' },
      { startSeconds: 20, endSeconds: 30, reason: 'the captions file caption_2.vtt is not WebVTT' },
    ]);
  });

  test('does not tell the signature of a file’s address', async () => {
    const playlist = readPlaylist(m3u8(1).replace('.vtt', '.vtt?signature=secret'));
    const part = playlist && (await partOf(playlist, new Map(), TASK));
    expect(part?.gaps[0]?.reason).toBe('the captions file caption_0.vtt is missing');
  });

  test('says once what stands on both sides of a border', async () => {
    const files = [
      vtt([
        [8, 10, '<v 4711>Hello there'],
        [9, 10, '<v 42>Hello there'],
      ]),
      vtt([
        [10, 12, '<v 4711>Hello there'],
        [15, 16, '<v 42>Hello there'],
        [17, 18, '<v 42>Hello there'],
      ]),
    ];
    expect((await read(files)).segments).toEqual([
      { startSeconds: 8, endSeconds: 12, speaker: '4711', text: 'Hello there' },
      { startSeconds: 9, endSeconds: 10, speaker: '42', text: 'Hello there' },
      { startSeconds: 15, endSeconds: 16, speaker: '42', text: 'Hello there' },
      { startSeconds: 17, endSeconds: 18, speaker: '42', text: 'Hello there' },
    ]);
  });

  test('keeps what is said twice within a file, and joins a cue that reaches over three', async () => {
    const twice = [
      vtt([
        [1, 2, 'Yes.'],
        [2, 3, 'Yes.'],
      ]),
    ];
    expect((await read(twice)).cues).toHaveLength(2);
    const long: Said = [8, 22, 'and so on'];
    expect((await read([vtt([long]), vtt([long]), vtt([long])])).cues).toEqual([long]);
  });

  test('has uids for speakers', async () => {
    const { segments } = await read([
      vtt([
        [1, 2, '<v 4711>a'],
        [3, 4, '42: b'],
      ]),
    ]);
    expect(segments.map(({ speaker }) => speaker)).toEqual(['4711', '42']);
  });
});
