import { parse, setOptions, type types } from 'hls-parser';
import type { ServedTask } from '../../domain/task.ts';
import type { Gap, Segment, TranscriptPart } from '../../domain/transcript.ts';
import { isWebVtt, readCues, rounded } from '../captions.ts';

export type Playlist = {
  readonly segments: readonly PlaylistSegment[];
  /** Whether the vendor has said that nothing more will come. */
  readonly isEnded: boolean;
};
type PlaylistSegment = {
  readonly uri: string;
  /** Since the playlist's beginning. */
  readonly startSeconds: number;
  readonly durationSeconds: number;
  /** RFC 3339, where this segment or one before it tells; else null. */
  readonly programDateTime: string | null;
};

const DAY_SECONDS = 86_400;
/** MPEG counts 33 bits of 90 kHz and begins anew. */
const MPEG_HERTZ = 90_000;
const MPEG_WRAP_SECONDS = 2 ** 33 / MPEG_HERTZ;
/** How far the vendor's clocks may be apart. */
const CLOCK_SECONDS = 60;
/** How far apart two halves of a cue may be. */
const TOUCHING_SECONDS = 0.1;

/** A playlist of captions; null when it is none, or only a part of one. */
export function readPlaylist(m3u8: string): Playlist | null {
  const playlist = parsed(m3u8);
  if (!playlist || playlist.isMasterPlaylist) return null;
  const { segments, endlist, targetDuration } = playlist;
  const isWhole = segments.every(
    ({ uri, duration }) => uri !== '' && duration >= 0 && duration < Infinity,
  );
  if (!isWhole || !(endlist || targetDuration > 0)) return null;
  return { segments: placed(segments), isEnded: endlist };
}

/** What a task has left in its captions; of a file that is null, or none, nothing is known. */
export async function partOf(
  playlist: Playlist,
  vttBySegment: ReadonlyMap<string, string | null>,
  task: Pick<ServedTask, 'startedAt' | 'endedAt'>,
): Promise<Omit<TranscriptPart, 'offsetSeconds'>> {
  const files = await Promise.all(
    playlist.segments.map((segment) => fileOf(segment, vttBySegment.get(segment.uri), task)),
  );
  const segments = merged(onTaskTime(files, Date.parse(task.startedAt) / 1_000));
  return {
    segments,
    gaps: files.flatMap(({ gap }) => gap ?? []),
    durationSeconds: rounded(
      segments.reduce((end, { endSeconds }) => Math.max(end, endSeconds), lengthOf(task) ?? 0),
    ),
  };
}

function parsed(m3u8: string) {
  // The parser would write the vendor's mistakes to the console, and fails on titles beyond Latin.
  setOptions({ silent: true });
  if (!m3u8.trimStart().startsWith('#EXTM3U')) return null;
  try {
    return parse(m3u8.replaceAll(/^([ \t]*#EXTINF:[^,\r\n]*),.*$/gm, '$1,'));
  } catch {
    return null;
  }
}

function placed(segments: types.MediaPlaylist['segments']): PlaylistSegment[] {
  let startSeconds = 0;
  let timeMs = Number.NaN;
  return segments.map(({ uri, duration, programDateTime }) => {
    timeMs = programDateTime?.getTime() ?? timeMs;
    const time = new Date(timeMs);
    const segment = {
      uri,
      startSeconds: rounded(startSeconds),
      durationSeconds: duration,
      programDateTime: Number.isNaN(time.getTime()) ? null : time.toISOString(),
    };
    startSeconds += duration;
    timeMs += duration * 1_000;
    return segment;
  });
}

/** An X-TIMESTAMP-MAP: a time of the media, and which time of the cues it is. */
type TimestampMap = { readonly mediaSeconds: number; readonly cueSeconds: number };
type CaptionFile = Pick<PlaylistSegment, 'startSeconds' | 'durationSeconds'> & {
  /** Where the file is expected to begin, since the task began. */
  readonly expectedSeconds: number;
  readonly map: TimestampMap | null;
  readonly cues: readonly Segment[];
  readonly gap: Gap | null;
};

async function fileOf(
  segment: PlaylistSegment,
  vtt: string | null | undefined,
  task: Pick<ServedTask, 'startedAt' | 'endedAt'>,
): Promise<CaptionFile> {
  const { uri, startSeconds, durationSeconds } = segment;
  const expectedSeconds = expectedStart(segment, task);
  const isReadable = typeof vtt === 'string' && isWebVtt(vtt);
  const [name = uri] = uri.split('?');
  const gap = {
    startSeconds: rounded(Math.max(0, expectedSeconds)),
    endSeconds: rounded(Math.max(0, expectedSeconds + durationSeconds)),
    reason: `the captions file ${name} ${typeof vtt === 'string' ? 'is not WebVTT' : 'is missing'}`,
  };
  return {
    startSeconds,
    durationSeconds,
    expectedSeconds,
    map: isReadable ? timestampMap(vtt) : null,
    cues: isReadable ? await readCues(vtt) : [],
    gap: isReadable ? null : gap,
  };
}

function expectedStart(
  { startSeconds, programDateTime }: PlaylistSegment,
  task: Pick<ServedTask, 'startedAt' | 'endedAt'>,
): number {
  const toldSeconds = (Date.parse(programDateTime ?? '') - Date.parse(task.startedAt)) / 1_000;
  const lastSeconds = (lengthOf(task) ?? Infinity) + CLOCK_SECONDS;
  return toldSeconds > -CLOCK_SECONDS && toldSeconds < lastSeconds ? toldSeconds : startSeconds;
}

function lengthOf({ startedAt, endedAt }: Pick<ServedTask, 'startedAt' | 'endedAt'>) {
  return endedAt === null ? null : (Date.parse(endedAt) - Date.parse(startedAt)) / 1_000;
}

function timestampMap(vtt: string): TimestampMap | null {
  const [map] = /^X-TIMESTAMP-MAP=.*$/m.exec(vtt) ?? [];
  const [, ticks] = /MPEGTS:(\d{1,20})/.exec(map ?? '') ?? [];
  const [, hours = '0', minutes, seconds] =
    /LOCAL:(?:(\d{1,7}):)?(\d{1,2}):(\d{1,2}(?:\.\d{1,9})?)/.exec(map ?? '') ?? [];
  if (ticks === undefined || minutes === undefined) return null;
  const cueSeconds = Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds);
  return { mediaSeconds: Number(ticks) / MPEG_HERTZ, cueSeconds };
}

/**
 * Agora says that its captions use the system's clock, and shows no file. So each file is read in every way that
 * a writer of captions may have meant (see `shiftsOf`), and the way that brings its cues nearest to the file's own
 * place in the playlist is taken; among ways about as near, the one that suits all files best.
 */
function onTaskTime(files: readonly CaptionFile[], taskStartSeconds: number): Segment[][] {
  const firstMap = files.find(({ map }) => map !== null)?.map ?? null;
  const ways = files.map((file) =>
    shiftsOf(file, firstMap, taskStartSeconds).map((shift) => ({
      shift,
      misfit: misfitOf(file, shift),
    })),
  );
  const totals = (ways[0] ?? []).map((_, way) =>
    ways.reduce((sum, ofFile) => sum + (ofFile[way]?.misfit ?? 0), 0),
  );
  return files.map(({ cues, durationSeconds }, index) => {
    const ofFile = (ways[index] ?? [])
      .map((way, number) => ({ ...way, total: totals[number] ?? 0 }))
      .toSorted((one, other) => one.total - other.total);
    const nearest = Math.min(...ofFile.map(({ misfit }) => misfit));
    const best = ofFile.find(({ misfit }) => misfit <= nearest + durationSeconds / 2);
    return cues.map((cue) => shifted(cue, best?.shift ?? 0));
  });
}

/** What makes times of the task out of a file's. Of ways that suit alike, the first is taken. */
function shiftsOf(
  { expectedSeconds, startSeconds, map }: CaptionFile,
  firstMap: TimestampMap | null,
  taskStartSeconds: number,
): number[] {
  const playlistBegan = expectedSeconds - startSeconds;
  const { mediaSeconds, cueSeconds } = map ?? { mediaSeconds: 0, cueSeconds: 0 };
  const sinceFirst = map && firstMap ? unwrapped(mediaSeconds - firstMap.mediaSeconds) : 0;
  const timeOfDay = taskStartSeconds % DAY_SECONDS;
  return [
    playlistBegan + sinceFirst - cueSeconds, // since the playlist began, by its X-TIMESTAMP-MAP
    playlistBegan, // since the playlist began
    expectedSeconds, // since the file began
    -taskStartSeconds, // by the system's clock, since 1970
    mediaSeconds - cueSeconds - taskStartSeconds, // the same, by its X-TIMESTAMP-MAP
    -timeOfDay, // by the system's clock, since midnight
    DAY_SECONDS - timeOfDay, // the same, after the next midnight
  ];
}

function unwrapped(seconds: number): number {
  return seconds - Math.round(seconds / MPEG_WRAP_SECONDS) * MPEG_WRAP_SECONDS;
}

/** How far the cues of a file, so shifted, reach beyond it. */
function misfitOf({ cues, expectedSeconds, durationSeconds }: CaptionFile, shift: number): number {
  const endSeconds = expectedSeconds + durationSeconds;
  return cues.reduce(
    (most, cue) =>
      Math.max(
        most,
        expectedSeconds - cue.startSeconds - shift,
        cue.endSeconds + shift - endSeconds,
      ),
    0,
  );
}

function shifted(cue: Segment, shift: number): Segment {
  const startSeconds = rounded(Math.max(0, cue.startSeconds + shift));
  return {
    ...cue,
    startSeconds,
    endSeconds: rounded(Math.max(startSeconds, cue.endSeconds + shift)),
  };
}

/** A cue that reaches from one file into the next stands in both. */
function merged(files: readonly (readonly Segment[])[]): Segment[] {
  const segments: Segment[] = [];
  const lastOf = new Map<string, { index: number; file: number }>();
  for (const [file, cues] of files.entries()) {
    for (const cue of cues) {
      const key = JSON.stringify([cue.speaker, cue.text]);
      const last = lastOf.get(key);
      const before = last && last.file !== file ? segments[last.index] : undefined;
      const isRepeated = before && cue.startSeconds - before.endSeconds <= TOUCHING_SECONDS;
      const index = last && isRepeated ? last.index : segments.length;
      segments[index] = isRepeated ? union(before, cue) : cue;
      lastOf.set(key, { index, file });
    }
  }
  return segments;
}

function union(one: Segment, other: Segment): Segment {
  return {
    ...one,
    startSeconds: Math.min(one.startSeconds, other.startSeconds),
    endSeconds: Math.max(one.endSeconds, other.endSeconds),
  };
}
