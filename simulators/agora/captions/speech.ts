import type { Task } from '../tasks.ts';

/** Something said; times since the task's start. */
export type Utterance = {
  readonly uid: string;
  readonly text: string;
  readonly startSeconds: number;
  readonly endSeconds: number;
};

/** Who speaks where a task listens to all. */
const ANYONE = ['100', '200'] as const;

export const SENTENCES = [
  { text: 'Hello, can you hear me?', startSeconds: 0, endSeconds: 1.2 },
  { text: 'Yes, I can hear you well.', startSeconds: 1.5, endSeconds: 2.9 },
  { text: 'Good, then let us begin.', startSeconds: 3.4, endSeconds: 5 },
  { text: 'Everything we say is being written down.', startSeconds: 5.6, endSeconds: 7.8 },
] as const;

/** A few sentences, in turn by those whom the task listens to. */
export function defaultSpeech({ configuration }: Task): Utterance[] {
  const { subscribeAudioUids = ['all'], unSubscribeAudioUids = [] } = configuration;
  const all = ANYONE.filter((uid) => !unSubscribeAudioUids.includes(uid));
  const uids = subscribeAudioUids[0] === 'all' ? all : subscribeAudioUids;
  return SENTENCES.flatMap((sentence, index) => {
    const uid = uids[index % uids.length];
    return uid === undefined ? [] : [{ uid, ...sentence }];
  });
}

/** What of it was said before the task's end, in order. */
export function heard(speech: readonly Utterance[], durationSeconds: number): Utterance[] {
  return speech
    .filter(({ startSeconds }) => startSeconds < durationSeconds)
    .map((utterance) => ({
      ...utterance,
      // WebVTT has no cue without length.
      endSeconds: Math.max(
        utterance.startSeconds + 0.001,
        Math.min(utterance.endSeconds, durationSeconds),
      ),
    }))
    .toSorted((one, other) => one.startSeconds - other.startSeconds);
}
