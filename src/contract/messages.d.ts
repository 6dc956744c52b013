/**
 * The messages that a session's workflow takes, for services that talk to it through Temporal: `durascribe/messages`.
 * It stands on its own, in plain JavaScript, so that any client can have it: test/contract.test.ts keeps it the same as
 * what the workflows take. Times are RFC 3339 in UTC.
 */
import type { QueryDefinition, SignalDefinition, UpdateDefinition } from '@temporalio/common';

type UidLanguages = { readonly uid: string; readonly languages: readonly string[] };
type Translation = { readonly source: string; readonly targets: readonly string[] };

/** What can change while a session is live. */
export type Configuration = {
  readonly languages: readonly string[];
  /** UIDs as decimal strings, or `["all"]`. */
  readonly subscribeAudioUids: readonly string[];
  readonly uidLanguages?: readonly UidLanguages[] | undefined;
  readonly translation?: readonly Translation[] | undefined;
  readonly keywords?: readonly string[] | undefined;
};

/** Whole values, differences, or both: then replace, then remove, then add. */
export type ConfigurationChange = Partial<Configuration> & {
  readonly replaceAudioUid?: { readonly from: string; readonly to: string } | undefined;
  readonly addAudioUids?: readonly string[] | undefined;
  readonly removeAudioUids?: readonly string[] | undefined;
};

/**
 * When a change is accepted: its revision, when it may be sent at the earliest (null = it is in force already), and the
 * session with it as it was then; none where it is a repeat that an earlier run has accepted.
 */
export type AcceptedChange = {
  readonly revision: number;
  readonly notBefore: string | null;
  readonly session?: Session;
};

/** A hint that something happened at the vendor: the session wakes up and looks for itself. */
export type VendorEvent = {
  /** `token-expiring`: the task is to be replaced in time. Any other: a look at it is worth while. */
  readonly kind: string;
  /** The vendor's id of the event. */
  readonly id: string;
  /** The task it is about; any of the session's when it is absent. */
  readonly taskId?: string;
};

export type Metadata = { readonly [name: string]: string | { readonly [name: string]: string } };

type CommonSession = {
  readonly id: string;
  readonly status:
    | 'starting'
    | 'running'
    | 'transcribing'
    | 'stopping'
    | 'stopped'
    | 'completed'
    | 'failed';
  /** The vendor's task; of a recording its first job. */
  readonly task: { readonly id: string; readonly startedAt: string } | null;
  readonly createdAt: string;
  readonly endedAt: string | null;
  readonly endReason:
    | 'requested'
    | 'idle'
    | 'max-duration'
    | 'vendor'
    | 'cancelled'
    | 'failed'
    | null;
  readonly failure: {
    readonly kind:
      | 'rejected'
      | 'not-found'
      | 'throttled'
      | 'unavailable'
      | 'timeout'
      | 'internal'
      | 'terminated';
    readonly message: string;
    readonly at: string;
  } | null;
  /** Null until it is ready. */
  readonly transcript: {
    readonly words: number;
    readonly durationSeconds: number;
    readonly channels: number;
    readonly languageCode: string | null;
  } | null;
  readonly metadata: Metadata;
};

export type LiveSession = CommonSession & {
  readonly provider: 'agora' | 'agora-legacy' | 'videosdk';
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
  /** `revision` is null when the refused change came by signal and never got one. */
  readonly lastRefusal: {
    readonly revision: number | null;
    readonly message: string;
    readonly at: string;
  } | null;
};

export type RecordingSession = CommonSession & {
  readonly provider: 'amazon-transcribe';
  readonly media: string;
  readonly channels: number | null;
  readonly progress: { readonly bytes: number; readonly totalBytes: number | null } | null;
  readonly jobs: readonly {
    readonly id: string;
    readonly channel: string | null;
    readonly startedAt: string;
  }[];
};

/** A session of either kind, told apart by its provider. */
export type Session = LiveSession | RecordingSession;

/** Checked at once; fails with one of `CHANGE_ERRORS` as its type, and then changes nothing. */
export declare const changeConfiguration: UpdateDefinition<AcceptedChange, [ConfigurationChange]>;
/** The same, fire and forget: an invalid one is recorded in the session's `lastRefusal`. */
export declare const requestChange: SignalDefinition<[ConfigurationChange]>;
export declare const requestStop: SignalDefinition<[{ readonly reason?: string }?]>;
export declare const vendorEvent: SignalDefinition<[VendorEvent]>;
export declare const session: QueryDefinition<Session>;

/** Over already; what can't be (its details are the faults); too many; never; a key that came with another change. */
export declare const CHANGE_ERRORS: {
  readonly notLive: 'NotLive';
  readonly unprocessable: 'Unprocessable';
  readonly tooMany: 'TooMany';
  readonly unchangeable: 'Unchangeable';
  readonly keyReused: 'KeyReused';
};
