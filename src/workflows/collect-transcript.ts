import type { Collection } from '../domain/task.ts';
import type { TranscriptProgress } from '../domain/transcript.ts';
import { collecting } from './collecting.ts';

/** Collects the transcript of a session whose id another one has taken. Returns what has become of it. */
export async function collectTranscript(collection: Collection): Promise<TranscriptProgress> {
  return collecting(collection);
}
