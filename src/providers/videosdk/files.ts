import type { Collection, ServedTask } from '../../domain/task.ts';
import type { TranscriptPart } from '../../domain/transcript.ts';
import { readCaptions } from '../captions.ts';
import { downloadText } from '../download.ts';
import { ProviderError } from '../errors.ts';
import type { Collected } from '../port.ts';
import { VENDOR, type Transcription, type VideosdkClient } from './client.ts';
import type { VideosdkSettings } from './settings.ts';
import { endOf } from './status.ts';

/** Far more than anybody says in a day. */
const MAX_BYTES = 64 * 1_024 * 1_024;
/** The formats in which a transcription's file is read, the ones with times first. The documented one is `txt`. */
const READABLE = ['vtt', 'srt', 'txt'] as const;

/** What is known of one transcription: its share of the transcript, or what it still waits for. */
type Share = { readonly part: TranscriptPart | null; readonly waitsFor: string | null };

/** Reads the files of a session's transcriptions, which appear some time after their end. */
export async function collect(
  client: VideosdkClient,
  settings: VideosdkSettings,
  { tasks, options }: Collection,
): Promise<Collected> {
  const beginMs = Date.parse(tasks[0]?.startedAt ?? '');
  const shares: Share[] = [];
  for (const task of tasks) {
    const transcription = await fetched(client, task);
    const offsetSeconds = (Date.parse(task.startedAt) - beginMs) / 1_000;
    shares.push(
      transcription === null
        ? lost(task, offsetSeconds)
        : await shareOf(transcription, task, options, offsetSeconds, settings),
    );
  }
  const waiting = shares.flatMap(({ waitsFor }) => (waitsFor === null ? [] : [waitsFor]));
  return {
    parts: shares.flatMap(({ part }) => (part === null ? [] : [part])),
    waitsFor: waiting.length === 0 ? null : waiting.join(', '),
  };
}

async function fetched(client: VideosdkClient, task: ServedTask): Promise<Transcription | null> {
  try {
    return await client.fetch(task.id);
  } catch (error) {
    if (error instanceof ProviderError && error.kind === 'not-found') return null;
    throw error;
  }
}

async function shareOf(
  transcription: Transcription,
  task: ServedTask,
  options: Collection['options'],
  offsetSeconds: number,
  { baseUrl }: VideosdkSettings,
): Promise<Share> {
  const { transcriptionFilePaths: paths, summarizedFilePaths: summaries } = transcription;
  const durationSeconds = secondsOf(task, transcription);
  const path = READABLE.map((format) => paths?.[format]).find((url) => Boolean(url));
  const file = await fileAt(path, baseUrl);
  if (file.text === null) {
    const gaps = [{ ...spanOf(durationSeconds), reason: file.why }];
    const part = { offsetSeconds, durationSeconds, segments: [], gaps };
    // A transcription that failed leaves none.
    const isFinal = file.isFinal || endOf(transcription)?.cause === 'failed';
    return { part, waitsFor: isFinal ? null : `the file of transcription ${task.id}` };
  }
  const captions = await readCaptions(file.text, durationSeconds);
  const part = { ...captions, offsetSeconds, durationSeconds, gaps: [], ...languageOf(options) };
  if (!hasSummary(options)) return { part, waitsFor: null };
  const summary = await fileAt(summaries?.['txt'], baseUrl);
  if (summary.text !== null) return { part: { ...part, summary: summary.text }, waitsFor: null };
  return { part, waitsFor: summary.isFinal ? null : `the summary of transcription ${task.id}` };
}

function languageOf({ language }: Collection['options']): { languageCode: string | null } {
  return { languageCode: typeof language === 'string' ? language : null };
}

function lost(task: ServedTask, offsetSeconds: number): Share {
  const durationSeconds = secondsOf(task, {});
  const reason = `${VENDOR} no longer knows transcription ${task.id}`;
  const gaps = [{ ...spanOf(durationSeconds), reason }];
  return { part: { offsetSeconds, durationSeconds, segments: [], gaps }, waitsFor: null };
}

function spanOf(durationSeconds: number) {
  return { startSeconds: 0, endSeconds: durationSeconds };
}

/** How long a task ran: by the vendor's clock where it tells, else by ours. */
function secondsOf(task: ServedTask, { end }: Pick<Transcription, 'end'>): number {
  const endMs = Date.parse(end ?? task.endedAt ?? '');
  return Math.max(0, (endMs - Date.parse(task.startedAt)) / 1_000) || 0;
}

/** A file as it was read, or why it could not be: for now, or for good. */
type File =
  | { readonly text: string }
  | { readonly text: null; readonly why: string; readonly isFinal: boolean };

/** One file that can't be read keeps nothing else back. */
async function fileAt(path: string | null | undefined, baseUrl: string): Promise<File> {
  const missing = { text: null, why: `${VENDOR} has no file of it`, isFinal: false } as const;
  if (!path) return missing;
  const url = URL.parse(path, baseUrl);
  if (url === null) return { text: null, why: `${VENDOR} names no file`, isFinal: true };
  if (url.protocol !== 'https:' && url.protocol !== new URL(baseUrl).protocol) {
    return { text: null, why: `${VENDOR} names a file that is not on https`, isFinal: true };
  }
  try {
    const text = await downloadText(url.href, { vendor: VENDOR, maxBytes: MAX_BYTES });
    return text === null ? missing : { text };
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return { text: null, why: error.message, isFinal: error.kind === 'rejected' };
  }
}

function hasSummary({ summary }: Collection['options']): boolean {
  return (
    typeof summary === 'object' && summary !== null && Reflect.get(summary, 'enabled') === true
  );
}
