import type { Collection, ServedTask } from '../domain/task.ts';
import { summaryOf, transcriptKey, transcriptOf } from '../domain/transcript.ts';
import type { TranscriptPart, TranscriptProgress } from '../domain/transcript.ts';
import type { LiveProvider } from '../providers/port.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { insisting, lookAgainLater } from './failures.ts';
import { beating } from './heartbeats.ts';
import { storing } from './storing.ts';

/** Most files come within seconds of the end. */
const FIRST_LOOK_MS = 2_000;
/** The pause between two tasks that is no gap: one took over from the other. */
const SEAMLESS_MS = 1_000;

export type TranscriptDependencies = {
  readonly provider: LiveProvider;
  /** Null = transcripts are not kept. */
  readonly transcripts: ObjectStore | null;
  /** The longest pause between two looks for what is still to come. */
  readonly watchMs: number;
  /** How long after a session's end it is waited for, and then left out. */
  readonly transcriptWaitMs: number;
};

/** The activities that end in a transcript. */
export function createTranscriptActivities(dependencies: TranscriptDependencies) {
  const { provider, transcripts, watchMs, transcriptWaitMs } = dependencies;
  return {
    /**
     * Collects what a session's tasks have left, and stores it as a transcript. Looks again, which is a retry and costs
     * no history, while something is still to come; what never comes is left out, and marked where its time is known.
     */
    async collectTranscript(collection: Collection): Promise<TranscriptProgress> {
      if (transcripts === null) {
        return {
          state: 'none',
          reason: 'transcripts are not kept: S3_TRANSCRIPTS_BUCKET is not set',
        };
      }
      return insisting(async () => {
        const { parts, waitsFor } = await beating(() => provider.collect(collection));
        const isInTime = Date.now() < Date.parse(collection.endedAt) + transcriptWaitMs;
        if (waitsFor !== null && isInTime)
          throw lookAgainLater(`waiting for ${waitsFor}`, FIRST_LOOK_MS, watchMs);
        if (parts.length === 0)
          return { state: 'none', reason: 'there is nothing to read it from' };
        if (waitsFor !== null && parts.every(({ segments }) => segments.length === 0)) {
          const seconds = Math.round(transcriptWaitMs / 1_000);
          return { state: 'none', reason: `${waitsFor} did not come within ${seconds} s` };
        }
        return beating(() => store(transcripts, collection, parts));
      });
    },
  };
}

async function store(
  transcripts: ObjectStore,
  collection: Collection,
  parts: readonly TranscriptPart[],
): Promise<TranscriptProgress> {
  const { sessionId, provider, firstRunId, tasks } = collection;
  const transcript = transcriptOf({ sessionId, provider }, [...parts, betweenTasks(tasks)]);
  const key = transcriptKey(sessionId, firstRunId);
  await storing(() => transcripts.write(key, JSON.stringify(transcript), 'application/json'));
  return { state: 'ready', key, summary: summaryOf(transcript) };
}

/** The times in which no task ran: one had failed, and the next had not begun. */
function betweenTasks(tasks: readonly ServedTask[]): TranscriptPart {
  const beginMs = Date.parse(tasks[0]?.startedAt ?? '');
  const secondsOf = (time: string) => (Date.parse(time) - beginMs) / 1_000;
  const gaps = tasks.slice(1).flatMap(({ startedAt }, index) => {
    const endedAt = tasks[index]?.endedAt ?? startedAt;
    if (Date.parse(startedAt) - Date.parse(endedAt) <= SEAMLESS_MS) return [];
    const reason = 'no task ran';
    return [{ startSeconds: secondsOf(endedAt), endSeconds: secondsOf(startedAt), reason }];
  });
  return { offsetSeconds: 0, durationSeconds: 0, segments: [], gaps };
}
