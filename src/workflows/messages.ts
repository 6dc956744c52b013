import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { ConfigurationChange } from '../domain/configuration.ts';
import type { RecordingRequest } from '../domain/recording.ts';
import type { ProviderName, Session, SessionRequest } from '../domain/sessions.ts';
import type { TranscriptProgress } from '../domain/transcript.ts';

/**
 * When a change is accepted: its revision, when it may be sent at the earliest (RFC 3339; null = it is in force already),
 * and the session with it as it was then; none where it is a repeat that an earlier run has accepted.
 */
export type AcceptedChange = {
  readonly revision: number;
  readonly notBefore: string | null;
  readonly session?: Session;
};

/** A hint from a vendor that something happened: the session wakes up and looks for itself. */
export type VendorEvent = {
  /** `token-expiring`: the task is to be replaced in time. Any other: a look at it is worth while. */
  readonly kind: string;
  /** The vendor's id of the event. */
  readonly id: string;
  /** The task it is about; any of the session's when it is absent. */
  readonly taskId?: string;
};

/**
 * An update whose id begins so is remembered for as long as the session lives: sent again, it does nothing. What follows
 * is a hash of the caller's key, and then one of what was sent with it: a key is for one change.
 */
const REPEATABLE_UPDATE = 'key-';
const HASHED_KEY_LENGTH = REPEATABLE_UPDATE.length + 64;

/** The update id of a change that was sent with a key: both hashes are SHA-256 in hex. */
export function repeatableUpdateId(hashOfKey: string, hashOfBody: string): string {
  return `${REPEATABLE_UPDATE}${hashOfKey}-${hashOfBody}`;
}

/** The part of an update id that stands for the caller's key; null of one that came without. */
export function keyOfUpdate(id: string): string | null {
  return id.startsWith(REPEATABLE_UPDATE) ? id.slice(0, HASHED_KEY_LENGTH) : null;
}

/** Validated at once, the vendor's limits included; fails with one of `CHANGE_ERRORS` and changes nothing. */
export const changeConfiguration = defineUpdate<AcceptedChange, [ConfigurationChange]>(
  'changeConfiguration',
);
/** The same, fire and forget: an invalid one is recorded in the session's `lastRefusal`. */
export const requestChange = defineSignal<[ConfigurationChange]>('requestChange');
export const requestStop = defineSignal<[{ readonly reason?: string }?]>('requestStop');
export const vendorEvent = defineSignal<[VendorEvent]>('vendorEvent');
/**
 * The session is over, and another one wants its id: what is left to do goes on in a workflow of its own.
 */
export const makeWay = defineSignal('makeWay');
/** The receiver of the session's callbacks, of the chain of runs that began with this one, wants no more of them. */
export const callbackGone = defineSignal<[{ readonly firstRunId: string }]>('callbackGone');
/** Sends a callback now, whatever has become of it so far. */
export const sendAgain = defineSignal('sendAgain');
export const session = defineQuery<Session>('session');

/**
 * The types of the errors with which `changeConfiguration` refuses: over already, what can't be (its details are the
 * faults), more than a session that has not started yet can keep, a provider whose sessions can't change at all, or a key
 * that came with another change before.
 */
export const CHANGE_ERRORS = {
  notLive: 'NotLive',
  unprocessable: 'Unprocessable',
  tooMany: 'TooMany',
  unchangeable: 'Unchangeable',
  keyReused: 'KeyReused',
} as const;

/** A task's id, and its key where the provider has one. */
export type TaskPair = { readonly id: string; readonly key: string | null };

/** What a session's memo holds. */
export type SessionMemo = {
  readonly request: SessionRequest;
  readonly session: Session;
  /** The session's tasks or jobs, the newest last: what a caller may know it by. */
  readonly pairs: readonly TaskPair[];
  readonly transcript: TranscriptProgress;
  /** The hash of the Idempotency-Key that the session was started with, where there was one. */
  readonly startedBy?: string | undefined;
  /** Whether the run carries on what an earlier one began. */
  readonly isLaterRun?: true | undefined;
};

/** What is kept of the first request with an Idempotency-Key: the SHA-256 of its body, in hex. */
export type StartClaim = { readonly body: string };

/** What that request was answered with: a session's run, and whether it has begun that. */
export type StartAnswer = { readonly runId: string; readonly isNew: boolean };

/** The id of the workflow that keeps a `StartClaim`: an id is what Temporal gives away once only. */
export function claimId(hashOfKey: string): string {
  return `key:${hashOfKey}`;
}

/** The id of the workflow that keeps a `StartAnswer`. */
export function startAnswerId(hashOfKey: string): string {
  return `key:${hashOfKey}:answer`;
}

/** A session that is over and is to be erased. */
export type Erasure = { readonly id: string; readonly provider: ProviderName };

/** The id of the workflow that goes on collecting the transcript of a session that made way for the next one. */
export function collectionId(sessionId: string, firstRunId: string): string {
  return `transcript:${sessionId}:${firstRunId}`;
}

/** The id of the workflow that erases the session `id`. */
export function erasureId(id: string): string {
  return `erase:${id}`;
}

/** The search attributes by which the API and operators find sessions. Never encrypted: nothing secret. */
export const SEARCH_ATTRIBUTES = {
  provider: defineSearchAttributeKey('DurascribeProvider', SearchAttributeType.KEYWORD),
  status: defineSearchAttributeKey('DurascribeStatus', SearchAttributeType.KEYWORD),
  channel: defineSearchAttributeKey('DurascribeChannel', SearchAttributeType.KEYWORD),
  /** The vendor's ids of the session's tasks. */
  tasks: defineSearchAttributeKey('DurascribeTask', SearchAttributeType.KEYWORD_LIST),
  changedAt: defineSearchAttributeKey('DurascribeChangedAt', SearchAttributeType.DATETIME),
  /** The caller's own labels, each as `name=value`. */
  labels: defineSearchAttributeKey('DurascribeMetadata', SearchAttributeType.KEYWORD_LIST),
} as const;

/** The list filter for the workflows whose `attribute` has this value. */
export function equals(attribute: { readonly name: string }, value: string): string {
  return `${attribute.name} = ${quoted(value)}`;
}

/** The list filter for the workflows whose `attribute` has one of these values. */
export function isOneOf(attribute: { readonly name: string }, values: readonly string[]): string {
  return `${attribute.name} IN (${values.map(quoted).join(', ')})`;
}

/** The list filter for the workflows whose field or attribute `name` begins so. */
export function startsWith(name: string, prefix: string): string {
  return `${name} STARTS_WITH ${quoted(prefix)}`;
}

function quoted(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

/** The queue of one provider's activities, beside the workflows' own: a vendor's limits hold for the whole fleet. */
export function providerTaskQueue(taskQueue: string, provider: string): string {
  return `${taskQueue}.${provider}`;
}

/** The queue of callbacks: a receiver that takes its time holds up no other work. */
export const CALLBACK_QUEUE = 'callbacks';

/** A delivery whose history is that long is not sent by hand any more. */
export const MOST_DELIVERY_EVENTS = 1_000;

/**
 * The queues of recordings: copying them has no limit at the vendor, starting jobs has another than looking at them, and
 * what they have made is read without asking it.
 */
export const RECORDING_QUEUES = {
  archive: 'recordings',
  starts: 'amazon-transcribe.starts',
  jobs: 'amazon-transcribe',
  transcripts: 'amazon-transcribe.transcripts',
} as const;

/** A phone call whose recording is to come: what that would be transcribed as, and how long it is waited for. */
export type RecordedCall = { readonly request: RecordingRequest; readonly graceSeconds: number };

/** What Vonage tells of a leg of a call. */
export type CallEvent = {
  readonly leg: string;
  /** Whether the leg is that of whoever called, with which the call ends. */
  readonly isCaller: boolean;
  readonly status: string;
  /** As Vonage wrote it. */
  readonly at: string;
  /** Of a leg that is completed; null where it was not told. */
  readonly durationSeconds: number | null;
};

export const callEvent = defineSignal<[CallEvent]>('callEvent');
/** The recording of a call has come: its session's id. */
export const recordingCame = defineSignal<[string]>('recordingCame');

/** The id of a call, and of the failed session that it is when its recording is missing. */
export function callId(conversationUuid: string): string {
  return `vonage-call:${conversationUuid}`;
}

/** What a reconciliation is to do besides releasing what sessions have left. */
export type ReconcileOptions = {
  /** Those whose vendors are asked what runs. */
  readonly providers: readonly ProviderName[];
  /** A task that began less than so many seconds ago may be one that its session does not know yet. */
  readonly graceSeconds: number;
  /** Whether what runs and is nobody's is stopped, or told only. */
  readonly stopsUnowned: boolean;
};

/** The id of the schedule of the deployment's reconciliations, and what the ids of their workflows begin with. */
export function reconcileId(taskQueue: string): string {
  return `reconcile:${taskQueue}`;
}
