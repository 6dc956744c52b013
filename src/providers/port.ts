import type { Remains } from '../domain/erasure.ts';
import type { Job, Media } from '../domain/recording.ts';
import type { ConfigurationUpdate } from '../domain/reconciliation.ts';
import type { Json, LiveProviderName } from '../domain/session.ts';
import type { Collection, Task, TaskEnd, TaskStart } from '../domain/task.ts';
import type { TranscriptPart } from '../domain/transcript.ts';

/** What is known of the other open sessions of a channel. */
export type OtherSessions = {
  /** Whether there are any; one that has just begun may not be known yet. */
  readonly exist: boolean;
  /** Whether the task of each of them is known. */
  readonly areKnown: boolean;
  /** The tasks that are known to be theirs, or the session's own for something else. */
  readonly tasks: readonly string[];
};

/** What a vendor has of a session's words so far. */
export type Collected = {
  readonly parts: readonly TranscriptPart[];
  /** What is still to come, in words; null when this is all. */
  readonly waitsFor: string | null;
};

/** A task or job that runs at the vendor, whoever has started it. */
export type RunningTask = {
  readonly task: Task;
  /** Null where the vendor does not tell. */
  readonly channel: string | null;
  /** Whether its name is one that we give. */
  readonly isNamedByUs: boolean;
};

/**
 * A vendor of live transcription. An adapter only translates: it makes one call after the other, never waits
 * and never tries again, for the workflow decides about that. Every method throws ProviderError.
 */
export type LiveProvider = {
  readonly name: LiveProviderName;
  /** Whether the same start again is safe: it makes no second task, or tells which one the first has made. */
  readonly isStartRepeatable: boolean;
  /** How many activities a second the whole fleet may run against the vendor. */
  readonly maxCallsPerSecond: number;
  /**
   * Acquires what a start needs and by which it can be repeated without a second task; null where the provider
   * has no such thing. May be repeated freely.
   */
  prepare(start: TaskStart): Promise<string | null>;
  /** Starts the task, or adopts it where the vendor says that this very one runs already. */
  start(start: TaskStart): Promise<Task>;
  /**
   * Finds the task of a start whose answer was lost, among those that may be another session's, or a stranger's: what
   * began when the start was no longer tried is never taken for it. Null when there is none; `in-doubt` when the vendor
   * does not tell which it is: then the same start again does.
   */
  find(start: TaskStart, others: OtherSessions): Promise<Task | 'in-doubt' | null>;
  /** Looks at a task: how it ended, or null while it runs. `not-found` when the vendor no longer knows it. */
  look(task: Task, channel: string): Promise<TaskEnd | null>;
  /** Null where the vendor has no way to change a running task. */
  readonly update: ((task: Task, update: ConfigurationUpdate) => Promise<void>) | null;
  /** Stops a task. That it is gone already is success. */
  stop(task: Task, channel: string): Promise<void>;
  /** All that runs at the vendor; null where it has no list. */
  readonly running: (() => Promise<readonly RunningTask[]>) | null;
  /** Collects what the tasks of a session that is over have left, or have left so far. */
  collect(collection: Collection): Promise<Collected>;
  /** What a session's tasks have left of its words: what `forget` would remove, and what it can't. */
  remains(taskIds: readonly string[]): Promise<Remains>;
  /** Removes what a session's tasks have left of its words, as far as it can be removed. */
  forget(taskIds: readonly string[]): Promise<void>;
};

/** All that a provider needs to start a job, and to recognise it later as the one it started. */
export type JobStart = {
  readonly sessionId: string;
  /** A job that has failed is followed by one with the next number. */
  readonly attempt: number;
  readonly media: Media;
  /** How many channels of the media are told apart; null = none. */
  readonly channels: number | null;
  readonly options: { readonly [name: string]: Json };
};

/** What one look at a job shows. */
export type JobSight =
  | { readonly state: 'running' }
  | { readonly state: 'completed' }
  | { readonly state: 'failed'; readonly reason: string };

/**
 * A vendor that transcribes recordings. As a live one it only translates: one call after the other, no waiting, no
 * second try. Every method throws ProviderError.
 */
export type BatchProvider = {
  readonly name: 'amazon-transcribe';
  /**
   * Starts the job, or adopts it where it is there already. Null when its name belongs to a job that has failed, or to
   * one of other media: the next attempt is another name.
   */
  start(start: JobStart): Promise<Job | null>;
  look(job: Job): Promise<JobSight>;
  /** Deletes the jobs of a session, those included whose starts were never answered, as far as the vendor lets one. */
  stop(sessionId: string): Promise<void>;
  /** All that runs at the vendor, or waits to, under a name of ours. */
  running(): Promise<readonly RunningTask[]>;
  /** What a completed job has made; null while its file is not there yet. */
  read(job: Job, options: JobStart['options']): Promise<TranscriptPart | null>;
  /** What `forget` would remove. */
  remains(sessionId: string): Promise<Remains>;
  /** Removes the jobs of a session and their files. Throws `unavailable` while one runs that can't be ended. */
  forget(sessionId: string): Promise<void>;
};
