import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyPluginCallback } from 'fastify';
import { z } from 'zod';
import { answer, NOTHING_ELSE } from '../documentation/operation.ts';
import { Problem } from '../problem.ts';
import type { SessionClient } from '../session-client.ts';
import { hintOfTask, unlessGone } from './hints.ts';
import { noteDuplicate } from './measured.ts';
import { Notices } from './notices.ts';
import { keepRawBodies, rawBody, readSigned } from './signed-body.ts';

/** EventBridge also tells of languages that were identified: that is no end of a job. */
const JOB_EVENT = 'Transcribe Job State Change';

const Event = z
  .object({
    id: z.string().optional(),
    'detail-type': z.string(),
    detail: z.object({
      TranscriptionJobName: z.string().optional(),
      TranscriptionJobStatus: z.string().optional(),
    }),
  })
  .meta({
    title: 'the end of a job',
    bodyExamples: [
      {
        id: '1de9a55a-39aa-d889-84eb-22d245492319',
        'detail-type': JOB_EVENT,
        detail: {
          TranscriptionJobName: 'durascribe-media.0123456789abcdef-01234567-1',
          TranscriptionJobStatus: 'COMPLETED',
        },
      },
    ],
  });

const OPERATION = {
  operationId: 'takeTranscribeEvent',
  summary: 'Take an event of Amazon Transcribe',
  description: "EventBridge's, as it comes by an API destination or a Lambda function. A hint.",
  tags: ['webhooks'],
  security: [{ eventBridge: [] }],
  bodyRead: Event,
  takesAnyType: true,
  problems: ['unauthorized', 'unavailable'],
  response: { 200: answer('Taken.', NOTHING_ELSE) },
} as const;

export type TranscriptionWebhookOptions = {
  readonly sessions: SessionClient;
  /** What `X-Durascribe-Event-Secret` has to be. */
  readonly secret: string;
};

/**
 * `POST /webhooks/transcription`: EventBridge's events of Amazon Transcribe, which come twice or never at times. Each is
 * only a hint, which wakes the session of the job up to look for itself.
 */
export const transcriptionWebhook: FastifyPluginCallback<TranscriptionWebhookOptions> = (
  app,
  { sessions, secret },
  done,
) => {
  const notices = new Notices();
  keepRawBodies(app);
  app.post('/transcription', { schema: OPERATION }, async (request) => {
    const { body, headers } = request;
    if (!isSame(headers['x-durascribe-event-secret'], secret)) {
      throw new Problem('unauthorized', 'X-Durascribe-Event-Secret is missing or wrong');
    }
    const event = readSigned(rawBody(body), Event, 'event of Amazon Transcribe');
    const { TranscriptionJobName: jobId, TranscriptionJobStatus: status } = event.detail;
    if (event['detail-type'] !== JOB_EVENT || jobId === undefined) return {};
    const id = event.id ?? `${jobId} ${status}`;
    const hint = { kind: 'job-ended', id, taskId: jobId };
    const sessionId = sessionIdOf(jobId);
    const take = () =>
      sessionId === null
        ? hintOfTask(sessions, null, hint)
        : unlessGone(() => sessions.hint(sessionId, hint));
    if (!(await notices.takeOnce(id, take))) noteDuplicate(request);
    return {};
  });
  done();
};

/**
 * The id of the session that a job's name was made of, which may not know of its job yet; null of one that can't be told
 * by the name, but is found by its job. A name has `.` for the `:` of an id, and ends with the beginning of the id's SHA-256.
 */
function sessionIdOf(jobId: string): string | null {
  const [, name = '', beginning] =
    /^durascribe-(.+)-([0-9a-f]{8})-\d+(?:-ch_\d+)?$/.exec(jobId) ?? [];
  const ids = [name, name.replace('.', ':'), name.replaceAll('.', ':')];
  return ids.find((id) => digest(id).toString('hex', 0, 4) === beginning) ?? null;
}

/** In constant time, whatever their lengths. */
function isSame(given: string | string[] | undefined, expected: string): boolean {
  return timingSafeEqual(digest(typeof given === 'string' ? given : ''), digest(expected));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
