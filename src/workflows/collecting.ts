import type { Collection } from '../domain/task.ts';
import type { TranscriptProgress } from '../domain/transcript.ts';
import { readFailure } from './failures.ts';
import { liveActivities } from './live-activities.ts';
import { countTranscript } from './metrics.ts';

/** Collects what the tasks of a session have left, until all has come or it is too late for the rest. */
export async function collecting(collection: Collection): Promise<TranscriptProgress> {
  try {
    const summary = `collect the transcript of ${collection.tasks.length} task(s)`;
    const activities = liveActivities(collection.provider);
    const transcript = await activities.collectTranscript.executeWithOptions({ summary }, [
      collection,
    ]);
    countTranscript(collection.provider, transcript.state === 'ready' ? 'ready' : 'none');
    return transcript;
  } catch (error) {
    const { message } = readFailure(error);
    countTranscript(collection.provider, 'failed');
    return { state: 'none', reason: `it could not be collected: ${message}` };
  }
}
