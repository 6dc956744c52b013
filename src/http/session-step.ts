import { z } from 'zod';
import { waitForJob } from '../domain/recording.ts';
import { isEnded, isLive } from '../domain/session.ts';
import type { FailedTries, PendingActivity, RecentHistory, Trouble } from './pending-work.ts';
import type { Session } from './session-schema.ts';
import { rankOf, wordsOf } from './step-words.ts';

const time = z.iso.datetime().nullable();

/** What a session is at. Times are RFC 3339. */
export const StepSchema = z.object({
  name: z.string().meta({ description: "The activity's name in the Temporal UI." }),
  summary: z.string(),
  state: z.enum(['waiting', 'under way', 'paused']),
  attempt: z.int().meta({ description: 'The try that is under way, or comes next.' }),
  scheduledAt: time,
  startedAt: time,
  lastError: z.object({ kind: z.string(), message: z.string() }).nullable(),
  nextAttemptAt: time,
  givesUpAt: time,
});
export type Step = z.infer<typeof StepSchema>;

/** The step that a session is at: what is under way, or the next try of it; null = none, or none that is known of. */
export function stepOf(
  session: Session,
  pending: readonly PendingActivity[],
  { failed, timers }: RecentHistory,
  transcriptWaitMs: number,
): Step | null {
  const rank = ({ name }: Step) => rankOf(name, isLive(session.status));
  const steps = [
    ...pending.map((one) => pendingStep(session, one, triesOf(failed, one.activity))),
    startAfterPause(session, failed, pending),
    updateInTime(session, failed),
    firstLook(session, timers),
  ].filter((step) => step !== null);
  const first = steps.toSorted((one, other) => rank(one) - rank(other))[0] ?? null;
  return first && { ...first, givesUpAt: givesUpAt(first, session, transcriptWaitMs) };
}

/** What is missing of a transcript is not waited for as long as one that is there is tried to be stored. */
function givesUpAt(
  { name, lastError, givesUpAt: atLast }: Step,
  { endedAt }: Session,
  waitMs: number,
): string | null {
  if (name !== 'collectTranscript' || lastError !== null || endedAt === null) return atLast;
  return new Date(Date.parse(endedAt) + waitMs).toISOString();
}

/** A start that the workflow tries again after a pause; null where it does not, or does so already. */
function startAfterPause(
  session: Session,
  failed: readonly FailedTries[],
  pending: readonly PendingActivity[],
): Step | null {
  const tries = triesOf(failed, 'startTask') ?? triesOf(failed, 'prepareTask');
  const isTried = pending.some(({ activity }) => activity === tries?.activity);
  if (tries === undefined || tries.pause === null || isTried) return null;
  return isEnded(session.status) ? null : waitingStep(session, tries, tries.pause.firesAt);
}

/** An update that waits until the vendor takes one; null where none does. */
function updateInTime(session: Session, failed: readonly FailedTries[]): Step | null {
  if (session.provider === 'amazon-transcribe' || session.task === null) return null;
  const { nextUpdateAt, status } = session;
  if (!isLive(status) || nextUpdateAt === null || Date.parse(nextUpdateAt) <= Date.now()) {
    return null;
  }
  const tries = triesOf(failed, 'updateTask');
  const none = { activity: 'updateTask', count: 0, trouble: null };
  // A refused update is not sent again: this is another one.
  return waitingStep(session, tries?.trouble?.isFinal === false ? tries : none, nextUpdateAt);
}

/** The first look at a job, which the workflow waits for; null where it waits for none. */
function firstLook(session: Session, timers: RecentHistory['timers']): Step | null {
  if (session.provider !== 'amazon-transcribe') return null;
  const timer = timers.find(({ summary }) =>
    session.jobs.some(({ id }) => summary === waitForJob(id)),
  );
  if (timer === undefined) return null;
  return waitingStep(session, { activity: 'watchJob', count: 0, trouble: null }, timer.firesAt);
}

function triesOf(failed: readonly FailedTries[], activity: string): FailedTries | undefined {
  return failed.find((tries) => tries.activity === activity);
}

function waitingStep(
  { provider }: Session,
  { activity, count, trouble }: Omit<FailedTries, 'pause'>,
  nextAttemptAt: string | null,
): Step {
  return {
    name: activity,
    summary: wordsOf(activity, provider).doing,
    state: 'waiting',
    attempt: count + 1,
    scheduledAt: null,
    startedAt: null,
    lastError: errorOf(trouble),
    nextAttemptAt,
    givesUpAt: null,
  };
}

function pendingStep(
  { provider }: Session,
  { activity, attempt, trouble, ...rest }: PendingActivity,
  tries: FailedTries | undefined,
): Step {
  const { doing } = wordsOf(activity, provider);
  const seen = trouble?.kind === 'look-again' ? `; at the last look: ${trouble.message}` : '';
  return {
    name: activity,
    summary: `${doing}${seen}`,
    ...rest,
    attempt: attempt + (tries?.count ?? 0),
    lastError: errorOf(trouble ?? tries?.trouble ?? null),
  };
}

/** To look again is no error. */
function errorOf(trouble: Trouble | null): Step['lastError'] {
  if (trouble === null || trouble.kind === 'look-again') return null;
  return { kind: trouble.kind, message: trouble.message };
}
