import type { ReconcileFailure, ReconcileReport, Unowned } from './reconcile-report.ts';
import type { Configuration } from './configuration.ts';
import type { ConfigurationUpdate } from './reconciliation.ts';
import type { RecordingSession } from './recording.ts';
import type { LiveSession } from './session.ts';

/** A configuration in words: "en-US, es-ES of everybody". */
export function inWords({ languages, subscribeAudioUids }: Configuration): string {
  const whose = subscribeAudioUids.includes('all') ? 'everybody' : subscribeAudioUids.join(', ');
  return `${languages.length === 0 ? 'the default language' : languages.join(', ')} of ${whose}`;
}

/** An update in words, for its activity's summary: "update 2: languages = fr-FR". */
export function updateInWords({ configuration, fields, sequenceId }: ConfigurationUpdate): string {
  const values = fields.map((field) => `${field} = ${valueInWords(configuration[field] ?? [])}`);
  return `update ${sequenceId}: ${values.join('; ')}`;
}

function valueInWords(value: readonly unknown[]): string {
  return value
    .map((member) => (typeof member === 'string' ? member : JSON.stringify(member)))
    .join(', ');
}

/** What the session is doing and why it waits, as Markdown: the workflow's current details in the Temporal UI. */
export function tell(session: LiveSession, waitingFor: string | null): string {
  const lines = [
    `**${session.status}** · ${session.provider} channel \`${session.channel}\``,
    nowDoing(session, waitingFor),
    `Wanted: ${inWords(session.desired)} (revision ${session.revision})`,
    session.applied === null
      ? 'Nothing is transcribed yet'
      : `Transcribed: ${inWords(session.applied)} (revision ${session.appliedRevision})`,
    session.task === null
      ? 'No task'
      : `Task \`${session.task.id}\`, generation ${session.generation}`,
    session.lastRefusal === null ? null : `Last refusal: ${session.lastRefusal.message}`,
    session.failure === null
      ? null
      : `Failed (${session.failure.kind}): ${session.failure.message}`,
    session.endReason === null ? null : `Ended: ${session.endReason}`,
  ];
  return lines.filter((line) => line !== null).join('\n\n');
}

function nowDoing({ nextUpdateAt }: LiveSession, waitingFor: string | null): string | null {
  if (nextUpdateAt !== null)
    return `Now: waiting to send an update, which the vendor takes at ${nextUpdateAt}`;
  return waitingFor === null ? null : `Now: ${waitingFor}`;
}

/** The same for a recording. */
export function tellRecording(session: RecordingSession, waitingFor: string | null): string {
  const { status, provider, media, jobs, transcript, failure, endReason } = session;
  const lines = [
    `**${status}** · ${provider} · \`${media}\``,
    waitingFor === null ? null : `Now: ${waitingFor}`,
    jobs.length === 0 ? 'No job' : `Jobs: ${jobs.map(({ id }) => `\`${id}\``).join(', ')}`,
    transcript === null ? null : `Transcript: ${transcript.words} words`,
    failure === null ? null : `Failed (${failure.kind}): ${failure.message}`,
    endReason === null ? null : `Ended: ${endReason}`,
  ];
  return lines.filter((line) => line !== null).join('\n\n');
}

/** What a reconciliation has found and done: the details that the Temporal UI shows of it. */
export function tellReconciliation(report: ReconcileReport): string {
  const { checked, counts, released, unowned, failures, waiting, running } = report;
  const vendors = Object.entries(running).map(([provider, count]) =>
    count === null ? `${provider}: not known` : `${provider}: ${count}`,
  );
  const lines = [
    `Looked at ${checked} session(s) that had ended from outside, or failed`,
    vendors.length === 0 ? null : `Running at the vendors: ${vendors.join(', ')}`,
    ...listed(
      'Stopped what they had left',
      counts.released,
      released.map(
        ({ provider, taskId, sessionId }) => `${provider} task \`${taskId}\` of \`${sessionId}\``,
      ),
    ),
    ...listed("Running, and nobody's", counts.unowned, unowned.map(unownedInWords)),
    ...listed(
      'Not done, and tried again the next time',
      counts.failures,
      failures.map(failureInWords),
    ),
    ...listed('Waited for', counts.waiting, waiting.map(failureInWords)),
  ];
  return lines.filter((line) => line !== null).join('\n\n');
}

function failureInWords({ provider, sessionId, message }: ReconcileFailure): string {
  return [provider, sessionId === null ? null : `\`${sessionId}\``, message]
    .filter((part) => part !== null)
    .join(': ');
}

function unownedInWords({ provider, taskId, startedAt, sessionId, isStopped }: Unowned): string {
  const whose = sessionId === null ? 'known by its name only' : `left by \`${sessionId}\``;
  const task = `${provider} \`${taskId}\` since ${startedAt}, ${whose}`;
  return isStopped ? `${task}: stopped` : task;
}

/** A page of the UI is not to be as long as a report may be. */
const MOST_LISTED = 50;

function listed(title: string, count: number, members: readonly string[]): string[] {
  if (count === 0) return [];
  const shown = members.slice(0, MOST_LISTED).map((member) => `- ${member}`);
  const rest = count - shown.length;
  return [
    `**${title}: ${count}**`,
    [...shown, ...(rest > 0 ? [`- … and ${rest} more`] : [])].join('\n'),
  ];
}
