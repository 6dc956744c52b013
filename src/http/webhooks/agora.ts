import { createHmac, timingSafeEqual } from 'node:crypto';
import type { FastifyPluginCallback } from 'fastify';
import { z } from 'zod';
import { naturalSessionId } from '../../domain/identity.ts';
import { isEnded } from '../../domain/session.ts';
import { answer, NOTHING_ELSE } from '../documentation/operation.ts';
import { Problem } from '../problem.ts';
import type { SessionClient } from '../session-client.ts';
import { hintOfTask } from './hints.ts';
import { noteDuplicate } from './measured.ts';
import { Notices } from './notices.ts';
import { OncePerSecond } from './once-per-second.ts';
import { keepRawBodies, rawBody, readSigned } from './signed-body.ts';

/** Captions came, or could not be uploaded: news only to a session that is over, and collects them. */
const CAPTIONS = 'captions-uploaded';

/** What the event types mean to a session (Agora NCS, Real-Time STT); the others need nothing done. */
const KINDS: { readonly [eventType: number]: string } = {
  102: 'task-ended',
  104: 'token-expiring',
  200: CAPTIONS,
  201: CAPTIONS,
  202: CAPTIONS,
};

const Notice = z
  .object({
    noticeId: z.string().min(1),
    eventType: z.int(),
    payload: z.object({ agent_id: z.string().optional(), channel: z.string().optional() }),
  })
  .meta({
    title: 'the end of a task',
    bodyExamples: [
      {
        noticeId: '2000001428:4330:107',
        eventType: 102,
        payload: { agent_id: '1NT29X10YHxxxxxWJOXLYHNYB', channel: 'room-1' },
      },
    ],
  });
type Notice = z.infer<typeof Notice>;

const OPERATION = {
  operationId: 'takeAgoraNotification',
  summary: 'Take a notification of Agora',
  description: 'A hint, which wakes the session up. One that comes again does nothing.',
  tags: ['webhooks'],
  security: [{ agora: [] }],
  bodyRead: Notice,
  takesAnyType: true,
  problems: ['unauthorized', 'unavailable'],
  response: { 200: answer('Taken.', NOTHING_ELSE) },
} as const;

export type AgoraWebhookOptions = {
  readonly sessions: SessionClient;
  /** The secret of the notification configuration in Agora's console. */
  readonly secret: string;
};

/**
 * `POST /webhooks/agora`: Agora's notifications. Each is only a hint, which wakes the session up to look for itself;
 * they may come twice, in any order, or never. Answered once Temporal has the hint, so that Agora sends it again
 * when it has not.
 */
export const agoraWebhook: FastifyPluginCallback<AgoraWebhookOptions> = (
  app,
  { sessions, secret },
  done,
) => {
  const hints = new OncePerSecond();
  const notices = new Notices();

  const take = async ({ noticeId, eventType, payload }: Notice): Promise<void> => {
    const kind = KINDS[eventType];
    const { agent_id: taskId, channel } = payload;
    if (kind === undefined || taskId === undefined || channel === undefined) return;
    const session = naturalSessionId('agora', channel);
    const isOfCaptions = kind === CAPTIONS;
    const hint = () =>
      hintOfTask(
        sessions,
        session,
        { kind, id: noticeId, taskId },
        isOfCaptions ? isEnded : undefined,
      );
    // A token's end must not be drowned by other hints.
    await hints.run(isOfCaptions ? `${taskId} captions` : taskId, hint, kind === 'token-expiring');
  };

  keepRawBodies(app);
  app.post('/agora', { schema: OPERATION }, async (request) => {
    const { body, headers } = request;
    const raw = rawBody(body);
    if (!isSigned(raw, headers['agora-signature-v2'], secret)) {
      throw new Problem('unauthorized', 'Agora-Signature-V2 does not fit the body');
    }
    const notice = readSigned(raw, Notice, 'notification of Real-Time STT');
    const isFirst = await notices.takeOnce(notice.noticeId, () => take(notice));
    if (!isFirst) noteDuplicate(request);
    return {};
  });
  done();
};

/** Hex of HMAC-SHA256 over the raw body (Agora NCS, Verify the signature). */
function isSigned(body: Buffer, signature: string | string[] | undefined, secret: string): boolean {
  const expected = createHmac('sha256', secret).update(body).digest();
  const given = Buffer.from(typeof signature === 'string' ? signature : '', 'hex');
  return given.length === expected.length && timingSafeEqual(given, expected);
}
