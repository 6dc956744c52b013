import type { ConfigurationLimits, Fault } from './configuration-rules.ts';
import { differingFields } from './configuration.ts';
import type { Configuration, ConfigurationRules } from './configuration.ts';
import type { TranscriptProgress, TranscriptSummary } from './transcript.ts';

/** What a session has to know of its provider. */
type LiveProviderTraits = {
  /** The vendor, as people call it. */
  readonly vendor: string;
  readonly limits: ConfigurationLimits;
  /** Whether a start needs something to be acquired first, by which it can be repeated. */
  readonly prepares: boolean;
  /** Why a session can't change while it is live; null = it can. */
  readonly unchangeable: string | null;
  /** How long after its answer was lost a start may still take effect: what it left is looked for after that, in ms. */
  readonly settlesMs: number;
  /** What a transcript is made from, and whether a session has it always or only with the option `captions`. */
  readonly transcript: { readonly of: string; readonly needs: 'nothing' | 'captions' };
};

const AGORA_TRANSCRIPT = { of: 'the captions that Agora uploads', needs: 'captions' } as const;

/** The providers of live sessions. A session's natural id starts with its provider's name. */
export const LIVE_PROVIDERS = {
  /** Agora Real-Time STT v7, join. */
  agora: {
    vendor: 'Agora',
    limits: {
      languages: 4,
      subscribeAudioUids: 32,
      uidLanguages: 5,
      translation: 4,
      translationTargets: 10,
      keywords: 500,
    },
    prepares: false,
    unchangeable: null,
    settlesMs: 0,
    transcript: AGORA_TRANSCRIPT,
  },
  /** Agora Real-Time STT v6, start. */
  'agora-legacy': {
    vendor: 'Agora',
    limits: {
      languages: 4,
      subscribeAudioUids: 32,
      uidLanguages: 5,
      translation: 4,
      translationTargets: 5,
      keywords: 0,
    },
    prepares: true,
    unchangeable: null,
    settlesMs: 0,
    transcript: AGORA_TRANSCRIPT,
  },
  /** VideoSDK, realtime transcriptions. */
  videosdk: {
    vendor: 'VideoSDK',
    limits: {
      languages: 1,
      subscribeAudioUids: 0,
      uidLanguages: 0,
      translation: 0,
      translationTargets: 0,
      keywords: 0,
    },
    prepares: false,
    unchangeable:
      'VideoSDK has no way to change a running transcription: stop this one, and start another',
    settlesMs: 5_000,
    transcript: {
      of: 'the files of VideoSDK, which appear some time after the stop',
      needs: 'nothing',
    },
  },
} as const satisfies { [name: string]: LiveProviderTraits };
export type LiveProviderName = keyof typeof LIVE_PROVIDERS;

/** A value that is the same after it went through JSON. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [name: string]: Json };

/** What a caller asked for when the session began. Never changes afterwards; times are in seconds. */
export type LiveSessionRequest = {
  readonly provider: LiveProviderName;
  readonly channel: string;
  readonly configuration: Configuration;
  /** The fields of the configuration that can't change in this session, and why. */
  readonly fixed: ConfigurationRules['fixed'];
  /** Where this session can have less than its provider takes. */
  readonly limits: Partial<ConfigurationLimits>;
  /** What only the provider understands, and what can't change. */
  readonly options: { readonly [name: string]: Json };
  /** The vendor ends the task itself after this long without a speaker; 0 = never. */
  readonly maxIdleSeconds: number;
  /** The session ends itself after this long; 0 = never. */
  readonly maxDurationSeconds: number;
  readonly metadata: Metadata;
  /** Who is told what happens to the session; undefined = nobody. */
  readonly callbackUrl?: string | undefined;
};

/** The caller's own labels. They are stored and shown, and mean nothing to us. */
export type Metadata = { readonly [name: string]: string | { readonly [name: string]: string } };

/** Live sessions are `running`, recordings `transcribing` and then `completed`. */
export const SESSION_STATUSES = [
  'starting',
  'running',
  'transcribing',
  'stopping',
  'stopped',
  'completed',
  'failed',
] as const;
export type SessionStatus = (typeof SESSION_STATUSES)[number];

export type EndReason = 'requested' | 'idle' | 'max-duration' | 'vendor' | 'cancelled' | 'failed';

export type FailureKind =
  | 'rejected'
  | 'not-found'
  | 'throttled'
  | 'unavailable'
  | 'timeout'
  | 'internal'
  | 'terminated';

export type Failure = { readonly kind: FailureKind; readonly message: string; readonly at: string };

/** `revision` is null when the refused change came by signal and never got one. */
type Refusal = {
  readonly revision: number | null;
  readonly message: string;
  readonly at: string;
};

/** A live session as its workflow knows it. Times are RFC 3339 in UTC. */
export type LiveSession = {
  readonly id: string;
  readonly provider: LiveProviderName;
  readonly status: SessionStatus;
  readonly channel: string;
  readonly desired: Configuration;
  readonly applied: Configuration | null;
  readonly revision: number;
  readonly appliedRevision: number;
  /** When the next update may be sent; null when nothing waits. */
  readonly nextUpdateAt: string | null;
  /** The last one used with the present task; 0 = none yet. */
  readonly sequenceId: number;
  readonly generation: number;
  readonly task: { readonly id: string; readonly startedAt: string } | null;
  readonly createdAt: string;
  readonly endedAt: string | null;
  readonly endReason: EndReason | null;
  readonly lastRefusal: Refusal | null;
  readonly failure: Failure | null;
  /** Null until it is ready. */
  readonly transcript: TranscriptSummary | null;
  readonly metadata: Metadata;
};

/** The session before its workflow has done anything: what is true once Temporal has stored it. */
export function newLiveSession(
  id: string,
  request: LiveSessionRequest,
  createdAt: string,
): LiveSession {
  return {
    id,
    provider: request.provider,
    status: 'starting',
    channel: request.channel,
    desired: request.configuration,
    applied: null,
    revision: 0,
    appliedRevision: 0,
    nextUpdateAt: null,
    sequenceId: 0,
    generation: 1,
    task: null,
    createdAt,
    endedAt: null,
    endReason: null,
    lastRefusal: null,
    failure: null,
    transcript: null,
    metadata: request.metadata,
  };
}

/** What is to be said of the transcript of a session that has not ended yet. */
export function transcriptToCome({ provider, options }: LiveSessionRequest): TranscriptProgress {
  const { of, needs } = LIVE_PROVIDERS[provider].transcript;
  return needs === 'nothing' || options['captions'] !== undefined
    ? { state: 'awaited', waitsFor: `the end of the session, and then ${of}` }
    : { state: 'none', reason: 'it was started without captions, which a transcript is made from' };
}

/** Whether a session in this status can still change. */
export function isLive(status: SessionStatus): boolean {
  return status === 'starting' || status === 'running';
}

/** Whether a session in this status is over. */
export function isEnded(status: SessionStatus): boolean {
  return status === 'stopped' || status === 'completed' || status === 'failed';
}

/** What keeps two requests from being for the same session, field by field. Labels make no difference. */
export function differences(running: LiveSessionRequest, asked: LiveSessionRequest): Fault[] {
  const one = { ...running, ...running.options, ...running.configuration };
  const other = { ...asked, ...asked.options, ...asked.configuration };
  const plain = (['provider', 'channel', 'maxIdleSeconds', 'maxDurationSeconds'] as const).filter(
    (field) => running[field] !== asked[field],
  );
  const options = Object.keys({ ...running.options, ...asked.options }).filter(
    (name) => JSON.stringify(running.options[name]) !== JSON.stringify(asked.options[name]),
  );
  // What can't change is among the options, under the name that its provider has for it.
  const fields =
    LIVE_PROVIDERS[running.provider].unchangeable === null
      ? differingFields(running.configuration, asked.configuration)
      : [];
  return [...plain, ...options, ...fields].map((path) => ({
    path,
    message: differenceInWords(inJson(one, path), inJson(other, path)),
  }));
}

/** How a value differs from the one before; undefined = it is not given. */
export function differenceInWords(was: string | undefined, is: string | undefined): string {
  if (is === undefined) return `was ${was}, and is not given now`;
  return was === undefined ? `was not given, and is ${is} now` : `was ${was}, not ${is}`;
}

function inJson(request: object, field: string): string | undefined {
  return JSON.stringify(Reflect.get(request, field));
}
