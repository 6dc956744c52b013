import { randomUUID } from 'node:crypto';
import type { OutputFile } from './jobs.ts';
import type { StartRequest } from './start-request.ts';
import { subtitles } from './subtitles.ts';
import { captions, transcriptDocument } from './transcript.ts';
import type { DocumentOptions, Heard } from './transcript.ts';

const CONTENT_TYPE = {
  transcript: 'application/json',
  redacted: 'application/json',
  srt: 'application/x-subrip',
  vtt: 'text/vtt',
} as const satisfies Record<OutputFile['kind'], string>;

export type WrittenFile = Required<OutputFile>;

/** The files of a job that is done, each with its key in the bucket that the job names or in the service's. */
export function outputFiles(
  heard: Heard,
  options: Omit<DocumentOptions, 'redacted'>,
): WrittenFile[] {
  const { request } = heard.job;
  const { RedactionOutput: redaction } = request.ContentRedaction ?? {};
  const document = (redacted: boolean) =>
    `${JSON.stringify(transcriptDocument(heard, { ...options, redacted }))}\n`;
  const { Formats: formats = [], OutputStartIndex: startIndex = 0 } = request.Subtitles ?? {};
  const key = transcriptKey(request, options.accountId);
  const shown = captions(heard, redaction === 'redacted');
  return [
    ...(redaction === 'redacted'
      ? []
      : [{ kind: 'transcript' as const, key, body: document(false) }]),
    ...(redaction
      ? [{ kind: 'redacted' as const, key: redactedKey(key), body: document(true) }]
      : []),
    ...[...new Set(formats)].map((format) => ({
      kind: format,
      key: key.replace(/\.json$/, `.${format}`),
      body: subtitles(shown, format, startIndex),
    })),
  ];
}

export function contentTypeOf({ kind }: OutputFile): string {
  return CONTENT_TYPE[kind];
}

/** `OutputKey` as it is when it ends in .json, else as a folder (API reference, `OutputKey`). */
function transcriptKey(request: StartRequest, accountId: string): string {
  const { TranscriptionJobName: name, OutputBucketName: bucket, OutputKey: key } = request;
  if (bucket === undefined) return `${accountId}/${name}/${randomUUID()}/asrOutput.json`;
  if (key === undefined) return `${name}.json`;
  if (key.endsWith('.json')) return key;
  return key.endsWith('/') ? `${key}${name}.json` : `${key}/${name}.json`;
}

function redactedKey(key: string): string {
  return key.replace(/[^/]*$/, 'redacted-$&');
}
