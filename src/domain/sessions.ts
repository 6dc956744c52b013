import { newRecordingSession, type RecordingRequest, type RecordingSession } from './recording.ts';
import {
  differences as liveDifferences,
  isEnded,
  LIVE_PROVIDERS,
  newLiveSession,
  transcriptToCome as liveTranscriptToCome,
} from './session.ts';
import { differenceInWords } from './session.ts';
import type { LiveProviderName, LiveSession, LiveSessionRequest } from './session.ts';
import type { Fault } from './configuration-rules.ts';
import type { TranscriptProgress } from './transcript.ts';

/** A session of either kind, told apart by its provider. */
export type Session = LiveSession | RecordingSession;
export type SessionRequest = LiveSessionRequest | RecordingRequest;
export type ProviderName = LiveProviderName | RecordingRequest['provider'];

export const PROVIDER_NAMES = [
  'agora',
  'agora-legacy',
  'videosdk',
  'amazon-transcribe',
] as const satisfies readonly ProviderName[];

const RECORDINGS_ARE_FIXED =
  'a recording is transcribed as it is: hand it in again with other options';

/** The session before its workflow has done anything: what is true once Temporal has stored it. */
export function newSession(id: string, request: SessionRequest, createdAt: string): Session {
  return request.provider === 'amazon-transcribe'
    ? newRecordingSession(id, request, createdAt)
    : newLiveSession(id, request, createdAt);
}

/** The provider's vendor, as people call it. */
export function vendorOf(provider: ProviderName): string {
  return provider === 'amazon-transcribe' ? 'Amazon Transcribe' : LIVE_PROVIDERS[provider].vendor;
}

/** Why no session of the provider can change; null where one can. */
export function unchangeable(provider: ProviderName): string | null {
  return provider === 'amazon-transcribe'
    ? RECORDINGS_ARE_FIXED
    : LIVE_PROVIDERS[provider].unchangeable;
}

/** What is to be said of the transcript of a session that has not ended yet. */
export function transcriptToCome(request: SessionRequest): TranscriptProgress {
  return request.provider === 'amazon-transcribe'
    ? { state: 'awaited', waitsFor: 'the end of its job' }
    : liveTranscriptToCome(request);
}

/** Whether the session's id is for another one to have, now or soon: a recording is transcribed once, unless it failed. */
export function givesWay({ provider, status }: Pick<Session, 'provider' | 'status'>): boolean {
  if (provider === 'amazon-transcribe') return status === 'failed';
  return status === 'stopping' || isEnded(status);
}

/** What keeps two requests from being for the same session, field by field. Labels make no difference. */
export function differences(known: SessionRequest, asked: SessionRequest): Fault[] {
  if (known.provider !== 'amazon-transcribe' && asked.provider !== 'amazon-transcribe') {
    return [...liveDifferences(known, asked), ...callbackDifference(known, asked)];
  }
  const one = fieldsOf(known);
  const other = fieldsOf(asked);
  return Object.keys({ ...one, ...other })
    .filter((path) => JSON.stringify(one[path]) !== JSON.stringify(other[path]))
    .map((path) => ({ path, message: differenceOf(path, one[path], other[path]) }))
    .concat(callbackDifference(known, asked));
}

/** Who asks to be called back, and would not be, has to know. The URL may be secret. */
function callbackDifference(known: SessionRequest, asked: SessionRequest): Fault[] {
  if (asked.callbackUrl === undefined || asked.callbackUrl === known.callbackUrl) return [];
  const message = known.callbackUrl === undefined ? 'was not given' : 'was another one';
  return [{ path: 'callbackUrl', message }];
}

/** The query of a URL may be secret, and whoever asks need not be who handed it in. */
function differenceOf(path: string, one: unknown, other: unknown): string {
  const [was, is] = [one, other].map((value) => {
    const shown = path === 'media' && typeof value === 'string' ? value.split(/[?#]/)[0] : value;
    return JSON.stringify(shown);
  });
  return was === is ? `was ${was} with another query` : differenceInWords(was, is);
}

function fieldsOf(request: SessionRequest): { readonly [field: string]: unknown } {
  const { provider, options } = request;
  if (request.provider !== 'amazon-transcribe') return { provider, channel: request.channel };
  const { source, channels } = request;
  const media = source.kind === 's3' ? source.uri : source.url;
  return { provider, media, ...options, ...(channels === null ? {} : { channels }) };
}
