import type { Configuration } from './configuration.ts';

/** The vendor's side of a live session. `startedAt` is RFC 3339. */
export type Task = { readonly id: string; readonly startedAt: string };

/** All that a provider needs to start a task, and to recognise it later as the one it started. */
export type TaskStart = {
  readonly sessionId: string;
  /** The first run of the session's chain: the current one changes when a session continues as new. */
  readonly firstRunId: string;
  readonly generation: number;
  readonly channel: string;
  readonly configuration: Configuration;
  readonly maxIdleSeconds: number;
  /** 0 = never. */
  readonly maxDurationSeconds: number;
  /** When a start of this task was first tried without a clear answer (RFC 3339); null = never tried. */
  readonly unansweredSince: string | null;
};

/** How a task came to an end that nobody here asked for, with the vendor's words. */
export type TaskEnd = { readonly cause: 'idle' | 'vendor' | 'failed'; readonly message: string };
