import type { Task } from '../tasks.ts';
import { heard } from './speech.ts';
import type { Utterance } from './speech.ts';

/** What cue times count from: 1970 ("Real-Time STT uses the system time stamp"), or the task's start. */
export type Timestamps = 'system' | 'relative';

export type CaptionFile = {
  readonly name: string;
  readonly kind: 'playlist' | 'segment';
  readonly body: string;
};

/** One language of a task's captions, as spoken or translated. */
type Track = {
  /** The files' names begin with it: `{taskId}_{channel}`, before it the language of a translation. */
  readonly name: string;
  readonly cues: readonly Utterance[];
};

type Slice = {
  readonly name: string;
  readonly startSeconds: number;
  readonly endSeconds: number;
};

/** All caption files of a task that has ended: of each track its segments, then its playlist. */
export function captionFiles(
  task: Task,
  speech: readonly Utterance[],
  timestamps: Timestamps,
): CaptionFile[] {
  const lastedMs = (task.end?.atMs ?? task.createdAtMs) - task.createdAtMs;
  const durationSeconds = Math.max(1, lastedMs) / 1_000;
  const sliceSeconds = task.captions?.sliceSeconds ?? durationSeconds;
  const offsetMs = timestamps === 'system' ? task.createdAtMs : 0;
  return tracksOf(task, heard(speech, durationSeconds)).flatMap(({ name, cues }) => {
    const slices = slicesOf(name, durationSeconds, sliceSeconds);
    return [
      ...slices.map((slice) => segmentOf(slice, cues, offsetMs)),
      { name: `${name}.m3u8`, kind: 'playlist' as const, body: playlistOf(slices) },
    ];
  });
}

function tracksOf({ agentId, channel, configuration }: Task, cues: readonly Utterance[]): Track[] {
  const { enable = true, languages = [] } = configuration.translateConfig ?? {};
  const targets = enable ? new Set(languages.flatMap(({ target }) => target)) : [];
  const name = `${agentId}_${channel}`;
  const translated = [...targets].map((target) => ({
    name: `${target}_${name}`,
    cues: cues.map((cue) => ({ ...cue, text: `[${target}] ${cue.text}` })),
  }));
  return [{ name, cues }, ...translated];
}

/** The documentation doesn't say how segments are named: here by number. */
function slicesOf(track: string, durationSeconds: number, sliceSeconds: number): Slice[] {
  const length = Math.max(1, Math.ceil(durationSeconds / sliceSeconds));
  return Array.from({ length }, (_, index) => ({
    name: `${track}_${String(index).padStart(5, '0')}.vtt`,
    startSeconds: index * sliceSeconds,
    endSeconds: Math.min((index + 1) * sliceSeconds, durationSeconds),
  }));
}

function playlistOf(slices: readonly Slice[]): string {
  const lengths = slices.map(({ startSeconds, endSeconds }) => endSeconds - startSeconds);
  const longest = lengths.reduce((most, seconds) => Math.max(most, seconds), 1);
  return [
    '#EXTM3U',
    '#EXT-X-VERSION:3',
    `#EXT-X-TARGETDURATION:${Math.ceil(longest)}`,
    '#EXT-X-MEDIA-SEQUENCE:0',
    ...slices.flatMap(({ name }, index) => [`#EXTINF:${(lengths[index] ?? 0).toFixed(3)},`, name]),
    '#EXT-X-ENDLIST',
    '',
  ].join('\n');
}

/** A cue that reaches into the next slice stands in both, whole, as HLS has it. */
function segmentOf(slice: Slice, cues: readonly Utterance[], offsetMs: number): CaptionFile {
  const { name, startSeconds, endSeconds } = slice;
  const within = cues.filter(
    (cue) => cue.startSeconds < endSeconds && cue.endSeconds > startSeconds,
  );
  const body = ['WEBVTT\n', ...within.map((cue) => cueText(cue, offsetMs))].join('\n');
  return { name, kind: 'segment', body };
}

function cueText({ uid, text, startSeconds, endSeconds }: Utterance, offsetMs: number): string {
  const [start, end] = [startSeconds, endSeconds].map((seconds) =>
    cueTime(offsetMs + Math.round(seconds * 1_000)),
  );
  // A blank line would end the cue.
  const lines = escaped(text.trim()).replaceAll(/\s*\n\s*/g, '\n');
  return `${start} --> ${end}\n<v ${escaped(uid)}>${lines}\n`;
}

/** WebVTT has any number of hours, so a time since 1970 is one too: `498672:13:20.000`. */
function cueTime(ms: number): string {
  const [hours, minutes, seconds] = [
    Math.floor(ms / 3_600_000),
    Math.floor(ms / 60_000) % 60,
    Math.floor(ms / 1_000) % 60,
  ].map((count) => String(count).padStart(2, '0'));
  return `${hours}:${minutes}:${seconds}.${String(ms % 1_000).padStart(3, '0')}`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
