import type { EndReason, Failure, Json, Metadata, SessionStatus } from './session.ts';
import type { TranscriptSummary } from './transcript.ts';

/** Where a recording is. */
export type RecordingSource =
  /** An object in the caller's own bucket, as `s3://bucket/key`. */
  | { readonly kind: 's3'; readonly uri: string }
  | { readonly kind: 'https'; readonly url: string }
  /** A recorded call at Vonage; `url` is empty or `bytes` 0 when there is none after all. */
  | {
      readonly kind: 'vonage';
      readonly recordingUuid: string;
      readonly conversationUuid: string;
      readonly url: string;
      /** As announced; -1 = it was not. */
      readonly bytes: number;
    };

/** What a caller asked for when the recording was handed in. Never changes afterwards; times are in seconds. */
export type RecordingRequest = {
  readonly provider: 'amazon-transcribe';
  readonly source: RecordingSource;
  /** How many channels there are with a speaker each; null = they are not told apart. */
  readonly channels: number | null;
  /** What only the provider understands. */
  readonly options: { readonly [name: string]: Json };
  /** The session fails after this long; 0 = never. */
  readonly maxDurationSeconds: number;
  readonly metadata: Metadata;
  /** Who is told what happens to the session; undefined = nobody. */
  readonly callbackUrl?: string | undefined;
};

/** What is said once for the recordings of all calls. */
export type CallTranscription = Pick<
  RecordingRequest,
  'options' | 'maxDurationSeconds' | 'metadata' | 'callbackUrl'
>;

/** An object to be transcribed by one job. */
export type Media = {
  /** `s3://bucket/key` */
  readonly uri: string;
  /** The one channel that the object holds of the recording (`ch_0`, …); null = all of them. */
  readonly channel: string | null;
};

/** More channels than this are told apart by a job for each of them (Amazon Transcribe's quotas). */
const MOST_CHANNELS = 2;

/** What is transcribed where it is, in a bucket of the caller's own; null = it has to be brought to ours, or its channels parted. */
export function mediaInPlace(source: RecordingSource, channels: number | null): Media | null {
  const isInPlace = source.kind === 's3' && (channels ?? 1) <= MOST_CHANNELS;
  return isInPlace ? { uri: source.uri, channel: null } : null;
}

/** The vendor's side of a recording, or of one of its channels. */
export type Job = {
  /** The vendor's name of it. */
  readonly id: string;
  readonly channel: string | null;
  /** RFC 3339 */
  readonly startedAt: string;
};

/** A job that was started, or adopted. */
export type StartedJob = Job & {
  /** How long it is waited for before it is looked at; undefined = no time, as it was before there was this. */
  readonly firstLookMs?: number;
};

/** What a wait for a job is called in Temporal. */
export function waitForJob(id: string): string {
  return `wait for job ${id}`;
}

/** A recording's session as its workflow knows it. Times are RFC 3339 in UTC. */
export type RecordingSession = {
  readonly id: string;
  readonly provider: 'amazon-transcribe';
  readonly status: SessionStatus;
  /** What is transcribed, without the query of a URL, which may be secret. */
  readonly media: string;
  readonly channels: number | null;
  /** How much of the recording is archived, while that is under way. */
  readonly progress: { readonly bytes: number; readonly totalBytes: number | null } | null;
  /** The first of its jobs. */
  readonly task: { readonly id: string; readonly startedAt: string } | null;
  readonly jobs: readonly Job[];
  readonly createdAt: string;
  readonly endedAt: string | null;
  readonly endReason: EndReason | null;
  readonly failure: Failure | null;
  readonly transcript: TranscriptSummary | null;
  readonly metadata: Metadata;
};

/** What begins the key of every object that is archived of a session. */
export function recordingPrefix(sessionId: string): string {
  return `recordings/${sessionId}/`;
}

/** The session before its workflow has done anything. */
export function newRecordingSession(
  id: string,
  request: RecordingRequest,
  createdAt: string,
): RecordingSession {
  return {
    id,
    provider: request.provider,
    status: 'starting',
    media: shownMedia(request.source),
    channels: request.channels,
    progress: null,
    task: null,
    jobs: [],
    createdAt,
    endedAt: null,
    endReason: null,
    failure: null,
    transcript: null,
    metadata: request.metadata,
  };
}

/** Where the recording is, without the query of a URL, which may be secret. */
function shownMedia(source: RecordingSource): string {
  return source.kind === 's3' ? source.uri : (source.url.split(/[?#]/)[0] ?? '');
}
