import type { Explanation, Session } from './api-client.ts';
import {
  isLiveSession,
  secondsUntil,
  subjectOf,
  transcriptInWords,
  type LiveSession,
} from './session-words.ts';

const TIME = /\d{4}-\d\d-\d\dT[\d:.]+Z/g;

/** What is told once it is so: what tells it from what was told before, and the words. */
type Fact = readonly [key: string, words: string];

/** What has happened between two looks at a session, a sentence each. The first look tells how it is. */
export function changesInWords(before: Session | null, now: Session): string[] {
  const isNew = before !== null && before.createdAt !== now.createdAt;
  const known = new Set(before === null || isNew ? [] : factsOf(before).map(([key]) => key));
  const news = factsOf(now).filter(([key]) => !known.has(key));
  return [...(isNew ? ['started anew'] : []), ...news.map(([, words]) => words)];
}

/** What happens next, or nothing where only times have changed in it. */
export function newsOf(before: Explanation | null, now: Explanation): string[] {
  return before && timeless(before) === timeless(now) ? [] : [`next: ${now.next}`];
}

function timeless({ next }: Explanation): string {
  return next.replaceAll(TIME, '');
}

function factsOf(session: Session): Fact[] {
  const { status, provider, task, failure, endReason } = session;
  return [
    fact(`${status}: ${provider} ${subjectOf(session)}`),
    ...(task ? [fact(`task ${task.id}`)] : []),
    ...(isLiveSession(session) ? liveFacts(session) : recordingFacts(session)),
    ...(failure ? [fact(`failed (${failure.kind}): ${failure.message}`)] : []),
    ...(endReason ? [fact(`ended: ${endReason}`)] : []),
  ];
}

function liveFacts(session: LiveSession): Fact[] {
  const { revision, appliedRevision, nextUpdateAt, lastRefusal, desired } = session;
  const wish = `languages ${desired.languages.join(', ')}; uids ${desired.subscribeAudioUids.join(', ')}`;
  return [
    ...(revision > 0
      ? [[`revision ${revision}`, `change ${revision} accepted: ${wish}`] as const]
      : []),
    ...(nextUpdateAt
      ? [[nextUpdateAt, `next update in ${secondsUntil(nextUpdateAt)} s`] as const]
      : []),
    ...(appliedRevision > 0 ? [fact(`change ${appliedRevision} applied`)] : []),
    ...(lastRefusal ? [[lastRefusal.at, `change refused: ${lastRefusal.message}`] as const] : []),
  ];
}

function recordingFacts(session: Exclude<Session, LiveSession>): Fact[] {
  const { progress, jobs } = session;
  const tenths = progress?.totalBytes
    ? Math.floor((progress.bytes / progress.totalBytes) * 10)
    : null;
  return [
    ...(tenths === null ? [] : [fact(`archived: ${tenths * 10} %`)]),
    ...jobs.map(({ id }) => fact(`job ${id}`)),
    ...(session.transcript ? [fact(`transcript: ${transcriptInWords(session)}`)] : []),
  ];
}

function fact(words: string): Fact {
  return [words, words];
}
