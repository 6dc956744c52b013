import type { Configuration } from './configuration.ts';
import type { Json, LiveProviderName } from './session.ts';

/** The vendor's side of a live session. Times are RFC 3339. */
export type Task = {
  readonly id: string;
  readonly startedAt: string;
  /** When the vendor ends it at the latest: its own lifetime, or that of its token; null = it sets no end. */
  readonly endsAt: string | null;
  /** When another one is to take over, where the session goes on beyond its end. */
  readonly rotateAt: string | null;
  /** What else it takes to reach the task (legacy Agora: its builderToken; VideoSDK: its session of the room); null when the id is enough. */
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
  /** Until when those tries may have made a task (RFC 3339); null = never tried. What began later is somebody else's. */
  readonly triedUntil: string | null;
};

/** A task that has served a session, as its transcript is put together from. Times are RFC 3339. */
export type ServedTask = {
  readonly id: string;
  /** By the vendor's clock. */
  readonly startedAt: string;
  /** By ours; null while it serves. */
  readonly endedAt: string | null;
};

/** A session that is over, with all that it takes to collect what its tasks have left. */
export type Collection = {
  readonly sessionId: string;
  readonly firstRunId: string;
  readonly provider: LiveProviderName;
  readonly channel: string;
  readonly options: { readonly [name: string]: Json };
  readonly tasks: readonly ServedTask[];
  /** RFC 3339. */
  readonly endedAt: string;
};

/**
 * How a task came to an end that nobody here asked for, with the vendor's words. `expired` and `failed` tasks are
 * followed by another one.
 */
export type TaskEnd = {
  readonly cause: 'idle' | 'vendor' | 'expired' | 'failed';
  readonly message: string;
};
