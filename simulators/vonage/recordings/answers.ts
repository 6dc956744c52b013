import type { DownloadFault } from '../faults.ts';
import type { RecordedFile } from './files.ts';

/** An answer to a download: its head, what is sent of it, and how it ends. */
export type DownloadAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly pieces: Iterable<Buffer>;
  readonly pauseMs: number;
  readonly ending: 'orderly' | 'cut' | 'stalled';
};

const PROBLEMS: Readonly<Record<number, string>> = {
  401: 'Unauthorized',
  404: 'Not Found',
  416: 'Range Not Satisfiable',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

const ERROR_PAGE = '<!DOCTYPE html><html><body><h1>We are sorry</h1></body></html>';

export function problem(status: number, headers: DownloadAnswer['headers'] = {}): DownloadAnswer {
  const title = PROBLEMS[status] ?? 'Error';
  const type = title.toUpperCase().replaceAll(' ', '_');
  return text(status, 'application/json', JSON.stringify({ type, error_title: title }), headers);
}

/** The whole file, in the way that a fault wants it. */
export function wholeFile(file: RecordedFile, fault: DownloadFault | undefined): DownloadAnswer {
  const { contentType, size, pieces } = file.audio;
  const sent = fault && 'bytes' in fault ? Math.min(fault.bytes, size) : size;
  const promised = fault?.kind === 'short' ? sent : size;
  return {
    status: 200,
    headers: {
      'content-type': contentType,
      ...(fault?.kind !== 'chunked' && { 'content-length': promised }),
    },
    pieces: pieces(0, sent),
    pauseMs: fault?.kind === 'slow' ? fault.ms : 0,
    ending: endingOf(fault),
  };
}

/** A part of the file, where the range is one that is understood; the whole file else (RFC 9110). */
export function partialFile(file: RecordedFile, range: string): DownloadAnswer {
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(range) ?? [];
  if (first === undefined) return wholeFile(file, undefined);
  const { contentType, size, pieces } = file.audio;
  const start = Number(first);
  const end = last ? Math.min(Number(last) + 1, size) : size;
  if (start >= size) return problem(416, { 'content-range': `bytes */${size}` });
  if (end <= start) return wholeFile(file, undefined);
  return {
    status: 206,
    headers: {
      'content-type': contentType,
      'content-length': end - start,
      'content-range': `bytes ${start}-${end - 1}/${size}`,
    },
    pieces: pieces(start, end),
    pauseMs: 0,
    ending: 'orderly',
  };
}

/** The answer of a fault that keeps the file back. */
export function keptBack(fault: DownloadFault | undefined): DownloadAnswer | undefined {
  if (fault?.kind === 'html') return text(200, 'text/html; charset=utf-8', ERROR_PAGE);
  if (fault?.kind === 'redirect') return text(302, 'text/plain', '', { location: fault.url });
  if (fault?.kind !== 'status') return undefined;
  const { status, retryAfterSeconds } = fault;
  return problem(
    status,
    retryAfterSeconds === undefined ? {} : { 'retry-after': retryAfterSeconds },
  );
}

function endingOf(fault: DownloadFault | undefined): DownloadAnswer['ending'] {
  if (fault?.kind === 'truncated') return 'cut';
  return fault?.kind === 'stalled' ? 'stalled' : 'orderly';
}

function text(
  status: number,
  contentType: string,
  body: string,
  headers: DownloadAnswer['headers'] = {},
): DownloadAnswer {
  const bytes = Buffer.from(body);
  return {
    status,
    headers: { 'content-type': contentType, 'content-length': bytes.length, ...headers },
    pieces: bytes.length > 0 ? [bytes] : [],
    pauseMs: 0,
    ending: 'orderly',
  };
}
