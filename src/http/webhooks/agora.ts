import { createHmac, timingSafeEqual } from 'node:crypto';
import type { FastifyPluginCallback } from 'fastify';
import { z } from 'zod';
import { naturalSessionId } from '../../domain/identity.ts';
import { Problem } from '../problem.ts';
import type { SessionClient } from '../session-client.ts';
import { OncePerSecond } from './once-per-second.ts';

/** How many notices are remembered, so that a redelivered one does nothing. */
const REMEMBERED_NOTICES = 10_000;

/** What the event types mean to a session (Agora NCS, Real-Time STT); the others need nothing done. */
const KINDS: { readonly [eventType: number]: string } = {
  102: 'task-ended',
  104: 'token-expiring',
};

const Notice = z.object({
  noticeId: z.string().min(1),
  eventType: z.int(),
  payload: z.object({ agent_id: z.string().optional(), channel: z.string().optional() }),
});
type Notice = z.infer<typeof Notice>;

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
  const known = new Map<string, Promise<void>>();

  const take = async ({ noticeId, eventType, payload }: Notice): Promise<void> => {
    const kind = KINDS[eventType];
    const { agent_id: taskId, channel } = payload;
    if (kind === undefined || taskId === undefined || channel === undefined) return;
    const hint = () => hintSession(sessions, channel, { kind, id: noticeId, taskId });
    // A token's end must not be drowned by other hints.
    await hints.run(taskId, hint, kind === 'token-expiring');
  };

  // The signature is over the raw bytes.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, next) => next(null, body));
  app.post('/agora', async ({ body, headers }) => {
    const raw = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
    if (!isSigned(raw, headers['agora-signature-v2'], secret)) {
      throw new Problem('unauthorized', 'Agora-Signature-V2 does not fit the body');
    }
    const notice = readNotice(raw);
    const first = known.get(notice.noticeId) ?? take(notice);
    known.set(notice.noticeId, first);
    const [oldest] = known.keys();
    if (known.size > REMEMBERED_NOTICES && oldest) known.delete(oldest);
    await first.catch((error: unknown) => {
      known.delete(notice.noticeId);
      throw error;
    });
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

function readNotice(raw: Buffer): Notice {
  const notice = Notice.safeParse(parse(raw));
  if (notice.success) return notice.data;
  const errors = notice.error.issues.map(({ path, message }) => ({
    path: path.join('.'),
    message,
  }));
  throw new Problem('invalid-request', 'This is no notification of Real-Time STT', { errors });
}

function parse(raw: Buffer): unknown {
  try {
    return JSON.parse(raw.toString());
  } catch {
    return undefined;
  }
}

/** Most sessions have the natural id of their channel; any other is found by its task. */
async function hintSession(
  sessions: SessionClient,
  channel: string,
  event: { readonly kind: string; readonly id: string; readonly taskId: string },
): Promise<void> {
  try {
    const natural = naturalSessionId('agora', channel);
    const id = (await hasTask(sessions, natural, event.taskId))
      ? natural
      : await sessions.idOfTask(event.taskId);
    if (id !== undefined) await sessions.hint(id, event);
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

async function hasTask(sessions: SessionClient, id: string, taskId: string): Promise<boolean> {
  try {
    return (await sessions.getStored(id)).pairs.some((task) => task.id === taskId);
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
}

function isGone(error: unknown): boolean {
  return (
    error instanceof Problem && (error.kind === 'not-live' || error.kind === 'session-not-found')
  );
}
