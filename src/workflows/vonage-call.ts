import {
  ApplicationFailure,
  condition,
  setCurrentDetails,
  setHandler,
  upsertMemo,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { newRecordingSession } from '../domain/recording.ts';
import type { RecordingSession } from '../domain/recording.ts';
import { callbacksOf } from './callbacks.ts';
import { callEvent, recordingCame, SEARCH_ATTRIBUTES } from './messages.ts';
import type { CallEvent, RecordedCall, SessionMemo } from './messages.ts';
import { countEnded } from './metrics.ts';

/** No call is longer: the end of one that has not told of it by then was lost. */
const LONGEST_CALL = '48 hours';
/** Vonage keeps a recording this long: it may come after all. */
const RECORDINGS_KEPT = '30 days';
const REMEMBERED_EVENTS = 100;
const MISSING = 'recording missing: the call was completed, and no webhook told of its recording';

/**
 * One phone call: what Vonage tells of it, until its recording has come. Where that does not come within its time after
 * the call, the call shows as a failed session, which is superseded when the recording comes after all.
 */
export async function vonageCall({ request, graceSeconds }: RecordedCall): Promise<void> {
  const { workflowId, startTime } = workflowInfo();
  let session = newRecordingSession(workflowId, request, startTime.toISOString());
  const callbacks = callbacksOf(request, () => session);
  const story: CallEvent[] = [];
  let recording: string | null = null;
  let isOver = false;
  let isAnswered = false;
  let isCompleted = false;
  const tell = (now: string) =>
    setCurrentDetails([`**${now}**`, ...story.map(inWords)].join('\n\n'));

  setHandler(callEvent, (event) => {
    if (story.some((known) => inWords(known) === inWords(event))) return;
    if (story.length < REMEMBERED_EVENTS) story.push(event);
    isOver ||= endsCall(event);
    isAnswered ||= event.isCaller && event.status === 'answered';
    isCompleted ||= event.isCaller && event.status === 'completed';
    tell('the call goes on, or its recording is awaited');
  });
  setHandler(recordingCame, (sessionId) => {
    recording = sessionId;
    tell(`recorded: ${sessionId}`);
  });

  const hasCome = () => recording !== null;
  await condition(() => hasCome() || isOver, LONGEST_CALL);
  // One that was not answered, or not spoken in, has no recording.
  if (hasCome() || !(isOver || (isAnswered && !isCompleted))) return;
  if (await condition(hasCome, graceSeconds * 1_000)) return;
  tell(MISSING);
  const at = new Date().toISOString();
  const failure = { kind: 'not-found', message: MISSING, at } as const;
  session = { ...session, status: 'failed', endedAt: at, endReason: 'failed', failure };
  show(request, session);
  countEnded(session);
  callbacks.notice();
  if (!(await condition(hasCome, RECORDINGS_KEPT))) {
    throw ApplicationFailure.nonRetryable(MISSING, failure.kind);
  }
  const metadata = { ...session.metadata, recording: recording ?? '' };
  session = { ...session, status: 'stopped', endReason: 'vendor', failure: null, metadata };
  show(request, session);
}

/** Whether the event is the end of a call that was spoken in: others may leave before whoever called. */
function endsCall({ isCaller, status, durationSeconds }: CallEvent): boolean {
  return isCaller && status === 'completed' && durationSeconds !== 0;
}

function inWords({ at, leg, status }: CallEvent): string {
  return `${at} ${leg}: ${status}`;
}

function show(request: RecordedCall['request'], session: RecordingSession): void {
  const transcript = {
    state: 'none',
    reason: session.failure?.message ?? 'see its recording',
  } as const;
  const memo: SessionMemo = { request, session, pairs: [], transcript };
  upsertMemo({ ...memo });
  upsertSearchAttributes([
    { key: SEARCH_ATTRIBUTES.provider, value: request.provider },
    { key: SEARCH_ATTRIBUTES.status, value: session.status },
    { key: SEARCH_ATTRIBUTES.changedAt, value: new Date() },
  ]);
}
