import type { Collection } from '../domain/task.ts';
import type { TranscriptProgress } from '../domain/transcript.ts';
import { readFailure } from './failures.ts';
import { liveActivities } from './live-activities.ts';

/** Collects what the tasks of a session have left, until all has come or it is too late for the rest. */
export async function collecting(collection: Collection): Promise<TranscriptProgress> {
  try {
    const summary = `collect the transcript of ${collection.tasks.length} task(s)`;
    const activities = liveActivities(collection.provider);
    return await activities.collectTranscript.executeWithOptions({ summary }, [collection]);
  } catch (error) {
    return { state: 'none', reason: `it could not be collected: ${readFailure(error).message}` };
  }
}
