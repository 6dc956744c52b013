import type { ProviderName } from '../domain/sessions.ts';
import { vendorOf } from '../domain/sessions.ts';

/** A step of a session in words, where `{vendor}` stands for the vendor's name. */
type StepWords = {
  readonly doing: string;
  /** What comes once it is through; null = nothing of its own. */
  readonly after: string | null;
  /** What comes next of it at a time that is known, where that is no repeat of what failed. */
  readonly again?: string;
  /** Whether the session is on its way out, unless this is of a task that another one has taken over from. */
  readonly ends?: true;
};

/** Every activity of a session, what a session is at first of all coming first: to watch goes on beside the rest. */
export const STEP_WORDS = {
  prepareTask: {
    doing: 'acquiring what a start needs at {vendor}',
    after: 'the task is started',
  },
  startTask: { doing: 'starting the task at {vendor}', after: 'the session runs' },
  updateTask: { doing: 'sending an update to {vendor}', after: 'the change is in force' },
  archiveRecording: { doing: 'archiving the recording', after: 'a job is started' },
  startJob: { doing: 'starting a job at {vendor}', after: 'the job is waited for' },
  storeTranscript: { doing: 'storing the transcript', after: 'the session is completed' },
  stopTask: {
    doing: 'stopping the task at {vendor}',
    after: 'the session has stopped',
    ends: true,
  },
  releaseTask: {
    doing: 'stopping what a start without an answer may have left at {vendor}',
    after: 'the session has stopped',
    ends: true,
  },
  stopJobs: {
    doing: 'deleting the jobs at {vendor}, as far as they have ended',
    after: 'the session has stopped',
    ends: true,
  },
  collectTranscript: {
    doing: 'collecting the transcript',
    after: 'it can be read',
    again: 'looking for what is missing of the transcript',
  },
  lookAtTask: { doing: 'looking at the task at {vendor}', after: null },
  watchTask: {
    doing: 'watching the task',
    after: null,
    again: 'looking at the task again, or sooner when {vendor} tells of something',
  },
  watchJob: {
    doing: 'waiting for the job to complete',
    after: null,
    again: 'looking at the job, or sooner when {vendor} tells of something',
  },
} as const satisfies { readonly [activity: string]: StepWords };

const ORDER = Object.keys(STEP_WORDS);

/** The words of an activity; one that has none speaks for itself. */
export function wordsOf(activity: string, provider: ProviderName): StepWords {
  const words: StepWords = isKnown(activity)
    ? STEP_WORDS[activity]
    : { doing: activity, after: null };
  const named = (text: string) => text.replace('{vendor}', vendorOf(provider));
  const { doing, after, again, ends } = words;
  const shown = { doing: named(doing), after, again: named(again ?? doing) };
  return ends === true ? { ...shown, ends } : shown;
}

/**
 * The place of an activity among those that are pending together: the lower, the more it is what the session is at.
 * While that lives, what it only clears away comes last.
 */
export function rankOf(activity: string, isLive: boolean): number {
  const rank = ORDER.indexOf(activity);
  const words: StepWords | null = isKnown(activity) ? STEP_WORDS[activity] : null;
  return words === null || (isLive && words.ends === true) ? ORDER.length : rank;
}

function isKnown(activity: string): activity is keyof typeof STEP_WORDS {
  return Object.hasOwn(STEP_WORDS, activity);
}
