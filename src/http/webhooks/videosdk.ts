import { verify, type KeyObject } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyPluginCallback } from 'fastify';
import { z } from 'zod';
import { naturalSessionId } from '../../domain/identity.ts';
import { isSearchable } from '../../domain/labels.ts';
import { answer, NOTHING_ELSE } from '../documentation/operation.ts';
import { Problem } from '../problem.ts';
import type { SessionClient } from '../session-client.ts';
import { hintOfTask, unlessGone } from './hints.ts';
import { noteDuplicate } from './measured.ts';
import { Notices } from './notices.ts';
import { OncePerSecond } from './once-per-second.ts';
import { keepRawBodies, rawBody, readSigned } from './signed-body.ts';

/** The key is fetched anew for what it does not verify, but once a second for all forgeries. */
const REFETCH_AFTER_MS = 1_000;
const WHAT = 'webhook of VideoSDK';

const Kind = z.object({ webhookType: z.string().min(1) });
const Webhook = z.object({
  /** What a session has to know of; whatever else VideoSDK tells is answered and left alone. */
  webhookType: z.enum([
    'transcription-started',
    'transcription-stopped',
    'transcription-failed',
    'session-ended',
  ]),
  data: z.object({
    /** The transcription's; absent in what is about the room's session. */
    id: z.string().nullish(),
    meetingId: z.string().min(1),
    sessionId: z.string().nullish(),
  }),
});
const AnyWebhook = z.looseObject(Kind.shape).meta({
  title: 'the end of a transcription',
  bodyExamples: [
    {
      webhookType: 'transcription-stopped',
      data: { id: '613731', meetingId: 'abc-xyzw-lmno', sessionId: '6113d8f5' },
    },
  ],
});

const OPERATION = {
  operationId: 'takeVideosdkWebhook',
  summary: 'Take a webhook of VideoSDK',
  description:
    'A hint, which wakes the session up. Those that are not of transcriptions are left alone.',
  tags: ['webhooks'],
  security: [{ videosdk: [] }],
  bodyRead: AnyWebhook,
  takesAnyType: true,
  problems: ['unauthorized', 'unavailable'],
  response: { 200: answer('Taken.', NOTHING_ELSE) },
} as const;
type Webhook = z.infer<typeof Webhook>;

const KINDS = new Set<string>(Webhook.shape.webhookType.options);

export type VideosdkWebhookOptions = {
  readonly sessions: SessionClient;
  /** Fetches the public key that VideoSDK publishes. */
  readonly fetchPublicKey: () => Promise<KeyObject>;
};

/**
 * `POST /webhooks/videosdk`: VideoSDK's webhooks, which have neither an id nor a time and are sent once. Each is only
 * a hint, which wakes the session up to look for itself.
 */
export const videosdkWebhook: FastifyPluginCallback<VideosdkWebhookOptions> = (
  app,
  { sessions, fetchPublicKey },
  done,
) => {
  const hints = new OncePerSecond();
  const notices = new Notices();
  const signer = new Signer(fetchPublicKey);

  const take = async ({ webhookType: kind, data }: Webhook, id: string): Promise<void> => {
    const { id: taskId, meetingId: room } = data;
    const session = naturalSessionId('videosdk', room);
    const hint = async () => {
      if (taskId) return hintOfTask(sessions, session, { kind, id, taskId });
      if (!isSearchable(room)) return;
      for (const one of new Set([session, ...(await sessions.idsOf('videosdk', room))])) {
        await unlessGone(() => sessions.hint(one, { kind, id }));
      }
    };
    await hints.run(taskId ?? room, hint, false);
  };

  keepRawBodies(app);
  app.post('/videosdk', { schema: OPERATION }, async (request) => {
    const { body, headers } = request;
    const raw = rawBody(body);
    if (!(await signer.hasSigned(raw, headers['videosdk-signature']))) {
      throw new Problem('unauthorized', 'videosdk-signature does not fit the body');
    }
    if (!KINDS.has(readSigned(raw, Kind, WHAT).webhookType)) return {};
    const webhook = readSigned(raw, Webhook, WHAT);
    const { webhookType, data } = webhook;
    const id = [webhookType, data.id ?? data.meetingId, data.sessionId ?? ''].join(' ');
    if (!(await notices.takeOnce(id, () => take(webhook, id)))) noteDuplicate(request);
    return {};
  });
  done();
};

/** VideoSDK, by its public key: fetched once, and again when a signature does not fit. */
class Signer {
  readonly #fetch: () => Promise<KeyObject>;
  #key: KeyObject | undefined;
  #fetching: Promise<KeyObject> | undefined;
  #fetchedAtMs = 0;

  constructor(fetchPublicKey: () => Promise<KeyObject>) {
    this.#fetch = fetchPublicKey;
  }

  /** Base64 of RSA-SHA256 over the raw body (VideoSDK, Webhooks). */
  async hasSigned(body: Buffer, header: string | string[] | undefined): Promise<boolean> {
    if (typeof header !== 'string' || header === '') return false;
    const signature = Buffer.from(header, 'base64');
    const fits = (key: KeyObject) => verify('RSA-SHA256', body, key, signature);
    if (this.#key && fits(this.#key)) return true;
    this.#fetching ??= this.#fetchInTime();
    return fits(await this.#fetching);
  }

  /** The key of now; one that can't be fetched leaves the last one in its place. */
  async #fetchInTime(): Promise<KeyObject> {
    try {
      await delay(Math.max(this.#fetchedAtMs + REFETCH_AFTER_MS - Date.now(), 0));
      this.#fetchedAtMs = Date.now();
      this.#key = await this.#fetch();
      return this.#key;
    } catch (error) {
      throw new Problem('unavailable', "VideoSDK's public key can't be had now", { cause: error });
    } finally {
      this.#fetching = undefined;
    }
  }
}
