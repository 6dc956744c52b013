import type { Collection } from '../domain/task.ts';
import type { TranscriptProgress } from '../domain/transcript.ts';
import { Callbacks, type CallbacksLeft } from './callbacks.ts';
import { collecting } from './collecting.ts';

/**
 * Collects the transcript of a session whose id another one has taken, and tells of it whoever is to be called back.
 * Returns what has become of it.
 */
export async function collectTranscript(
  collection: Collection,
  left?: CallbacksLeft,
): Promise<TranscriptProgress> {
  const transcript = await collecting(collection);
  if (left === undefined || transcript.state !== 'ready') return transcript;
  const { sessionId, firstRunId } = collection;
  const session = { ...left.session, transcript: transcript.summary };
  const view = () => session;
  const callbacks = new Callbacks({ url: left.url, sessionId, firstRunId, view }, left.state);
  callbacks.notice();
  await callbacks.begun();
  return transcript;
}
