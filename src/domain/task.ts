import type { Configuration } from './configuration.ts';
import type { Json } from './session.ts';

/** The vendor's side of a live session. Times are RFC 3339. */
export type Task = {
  readonly id: string;
  readonly startedAt: string;
  /** When the vendor ends it at the latest: its own lifetime, or that of its token. */
  readonly endsAt: string;
  /** When another one is to take over, where the session goes on beyond its end. */
  readonly rotateAt: string;
  /** What else it takes to reach the task (legacy Agora: its builderToken); null when the id is enough. */
  readonly key: string | null;
};

/** All that a provider needs to start a task, and to recognise it later as the one it started. */
export type TaskStart = {
  readonly sessionId: string;
  /** The first run of the session's chain: the current one changes when a session continues as new. */
  readonly firstRunId: string;
  readonly generation: number;
  readonly channel: string;
  readonly configuration: Configuration;
  readonly options: { readonly [name: string]: Json };
  readonly maxIdleSeconds: number;
  /** 0 = never. */
  readonly maxDurationSeconds: number;
  /** What was acquired for this start, where the provider prepares one. */
  readonly key: string | null;
  /** The session's own other tasks, which this start must not be taken for. */
  readonly otherTasks: readonly string[];
  /** When a start of this task was first tried without a clear answer (RFC 3339); null = never tried. */
  readonly unansweredSince: string | null;
};

/**
 * How a task came to an end that nobody here asked for, with the vendor's words. `expired` and `failed` tasks are
 * followed by another one.
 */
export type TaskEnd = {
  readonly cause: 'idle' | 'vendor' | 'expired' | 'failed';
  readonly message: string;
};
