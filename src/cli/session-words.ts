import type { Session } from './api-client.ts';
import { aligned, colourOf, plain } from './terminal.ts';

export type LiveSession = Extract<Session, { readonly channel: string }>;

export function isLiveSession(session: Session): session is LiveSession {
  return session.provider !== 'amazon-transcribe';
}

/** What is transcribed: the room, or the recording. */
export function subjectOf(session: Session): string {
  return isLiveSession(session) ? session.channel : session.media;
}

/** The session, a line for each thing that is known of it. */
export function sessionInWords(session: Session): string {
  const rows = [
    ['provider', session.provider],
    [isLiveSession(session) ? 'room' : 'media', subjectOf(session)],
    ...(isLiveSession(session) ? liveRows(session) : recordingRows(session)),
    ['task', session.task ? `${session.task.id}, since ${session.task.startedAt}` : ''],
    ['created', session.createdAt],
    ['ended', [session.endedAt, session.endReason].filter(Boolean).join(', ')],
    ['failure', session.failure ? `${session.failure.message} (${session.failure.kind})` : ''],
    ['transcript', transcriptInWords(session)],
    ['labels', labelsOf(session)],
    ['Temporal', session.links.temporal],
  ];
  const known = rows.filter(([, value]) => value !== '').map((row) => ['', ...row]);
  return [`${plain(session.id)}  ${colourOf(session.status)}`, ...aligned(known)].join('\n');
}

function liveRows(session: LiveSession): string[][] {
  const { desired, lastRefusal } = session;
  return [
    ['languages', desired.languages.join(', ')],
    ['uids', desired.subscribeAudioUids.join(', ')],
    ['revision', revisionInWords(session)],
    ['refusal', lastRefusal?.message ?? ''],
  ];
}

function recordingRows({ channels, jobs }: Exclude<Session, LiveSession>): string[][] {
  return [
    ['channels', channels === null ? '' : String(channels)],
    ['jobs', jobs.map(({ id }) => id).join(', ')],
  ];
}

/** How far what is asked for is from what the vendor has. */
export function revisionInWords({ revision, appliedRevision, nextUpdateAt }: LiveSession): string {
  if (revision === 0) return '';
  if (revision === appliedRevision) return `${revision}, applied`;
  const next = nextUpdateAt === null ? '' : `, next update in ${secondsUntil(nextUpdateAt)} s`;
  return `${revision}, applied ${appliedRevision}${next}`;
}

export function transcriptInWords({ transcript }: Session): string {
  if (transcript === null) return '';
  const { words, durationSeconds } = transcript;
  return `${words} words, ${Math.round(durationSeconds)} s`;
}

function labelsOf({ metadata }: Session): string {
  return Object.entries(metadata)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');
}

/** Whole seconds from now until `time`; 0 where it is over. */
export function secondsUntil(time: string): number {
  return Math.max(0, Math.ceil((Date.parse(time) - Date.now()) / 1_000));
}
