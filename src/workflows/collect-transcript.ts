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
  if (left === undefined) return collecting(collection);
  const { sessionId, firstRunId } = collection;
  let { session } = left;
  const view = () => session;
  // Before anything is waited for: the receiver may say meanwhile that it wants no more.
  const callbacks = new Callbacks({ url: left.url, sessionId, firstRunId, view }, left.state);
  const transcript = await collecting(collection);
  if (transcript.state === 'ready') session = { ...session, transcript: transcript.summary };
  callbacks.notice();
  await callbacks.begun();
  return transcript;
}
