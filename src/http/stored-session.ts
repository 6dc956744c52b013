import type { WorkflowExecutionInfo } from '@temporalio/client';
import { isEnded } from '../domain/session.ts';
import { differences } from '../domain/sessions.ts';
import type { Session as KnownSession, SessionRequest } from '../domain/sessions.ts';
import type { TranscriptProgress } from '../domain/transcript.ts';
import type { TaskPair } from '../workflows/messages.ts';
import { Problem } from './problem.ts';
import type { Session } from './session-schema.ts';

/** A session that Temporal has, what it was started with, and its tasks. */
export type StoredSession = {
  readonly session: Session;
  readonly request: SessionRequest;
  /** The session's tasks, the newest last. */
  readonly pairs: readonly TaskPair[];
  readonly transcript: TranscriptProgress;
  /** The hash of the Idempotency-Key that it was started with, where there was one. */
  readonly startedBy: string | undefined;
  /** The first run of the session's chain. */
  readonly firstRunId: string;
  /** Whether its workflow is still open, be it only to collect the transcript. */
  readonly isOpen: boolean;
  /** Whether another run carries the session on. */
  readonly isCarriedOn: boolean;
};

/** An operator's terminate runs no code of the workflow: Temporal's own status wins over the memo. */
export function asTemporalSays(
  session: KnownSession,
  { status, closeTime }: Pick<WorkflowExecutionInfo, 'status' | 'closeTime'>,
): KnownSession {
  if (isEnded(session.status) || closeTime === undefined) return session;
  const at = closeTime.toISOString();
  const failure =
    status.name === 'TERMINATED'
      ? ({ kind: 'terminated', message: 'terminated by an operator', at } as const)
      : ({ kind: 'internal', message: `the workflow ended as ${status.name}`, at } as const);
  const ended = { status: 'failed', endReason: 'failed', endedAt: at, failure } as const;
  return session.provider === 'amazon-transcribe'
    ? { ...session, ...ended }
    : { ...session, ...ended, nextUpdateAt: null };
}

/** Throws a 409 that names the differences, when the id belongs to a session that was asked for otherwise. */
export function requireSame({ session, request }: StoredSession, asked: SessionRequest): void {
  const errors = differences(request, asked);
  if (errors.length === 0) return;
  const fields = errors.map(({ path }) => path).join(', ');
  throw new Problem(
    'different-session',
    `${session.id} is ${session.status}, and was started with other ${fields}`,
    { errors },
  );
}

/** Whether a start is over: the task or job runs, or never will. */
export function isStarted({ status, failure }: Session): boolean {
  return failure !== null || status === 'running' || status === 'transcribing' || isEnded(status);
}

/** Whether a session failed because of what it was asked to be. */
export function isRefused({ failure }: Session): boolean {
  return failure?.kind === 'rejected' || failure?.kind === 'not-found';
}

/** Why a session that was waited for did not begin; null = it did, or may yet. */
export function failedStart(session: Session): Problem | null {
  if (session.failure === null) return null;
  return new Problem(isRefused(session) ? 'refused' : 'not-started', session.failure.message);
}
