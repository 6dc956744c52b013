import type { WorkflowStartOptions } from '@temporalio/client';
import { findableLabels } from '../domain/labels.ts';
import { newSession, transcriptToCome } from '../domain/sessions.ts';
import type { Session, SessionRequest } from '../domain/sessions.ts';
import { SEARCH_ATTRIBUTES } from '../workflows/messages.ts';
import type { SessionMemo } from '../workflows/messages.ts';

/** A session to be, and the workflow that is it. */
export type SessionWorkflow = {
  readonly session: Session;
  readonly type: 'liveSession' | 'recordingSession';
  readonly options: Omit<WorkflowStartOptions, 'taskQueue'>;
};

/** The workflow of a session that begins `now`: an id whose recording did not fail is never taken twice. */
export function workflowOf(
  id: string,
  request: SessionRequest,
  now: Date,
  startedBy?: string,
): SessionWorkflow {
  const session = newSession(id, request, now.toISOString());
  const transcript = transcriptToCome(request);
  const key = startedBy === undefined ? {} : { startedBy };
  const memo: SessionMemo = { request, session, pairs: [], transcript, ...key };
  const isRecording = request.provider === 'amazon-transcribe';
  const channel = channelOf(request);
  return {
    session,
    type: isRecording ? 'recordingSession' : 'liveSession',
    options: {
      workflowId: id,
      workflowIdReusePolicy: isRecording ? 'ALLOW_DUPLICATE_FAILED_ONLY' : 'ALLOW_DUPLICATE',
      args: [request],
      memo: { ...memo },
      staticSummary: summaryOf(session),
      typedSearchAttributes: [
        { key: SEARCH_ATTRIBUTES.provider, value: request.provider },
        ...(channel === null ? [] : [{ key: SEARCH_ATTRIBUTES.channel, value: channel }]),
        { key: SEARCH_ATTRIBUTES.status, value: session.status },
        { key: SEARCH_ATTRIBUTES.changedAt, value: now },
        ...labelAttributes(request),
      ],
    },
  };
}

/** The search attribute of the caller's own labels, where there are any. */
export function labelAttributes({ metadata }: Pick<SessionRequest, 'metadata'>) {
  const value = findableLabels(metadata);
  return value.length === 0 ? [] : [{ key: SEARCH_ATTRIBUTES.labels, value }];
}

/** By which a session is found besides its id: the room, or the call. */
function channelOf(request: SessionRequest): string | null {
  if (request.provider !== 'amazon-transcribe') return request.channel;
  return request.source.kind === 'vonage' ? request.source.conversationUuid : null;
}

function summaryOf(session: Session): string {
  return session.provider === 'amazon-transcribe'
    ? `recording ${session.media}`.slice(0, 200)
    : `${session.provider} channel ${session.channel}`;
}
