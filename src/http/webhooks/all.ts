import type { Client } from '@temporalio/client';
import type { FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import { CallClient } from '../call-client.ts';
import type { SessionClient } from '../session-client.ts';
import { agoraWebhook } from './agora.ts';
import { measureWebhooks } from './measured.ts';
import { transcriptionWebhook } from './transcription.ts';
import { videosdkWebhook, type VideosdkWebhookOptions } from './videosdk.ts';
import { vonageWebhooks, type VonageWebhookOptions } from './vonage.ts';

/** What each vendor's webhooks take; null = they are not taken. */
export type WebhookOptions = {
  readonly client: Client;
  /** Where they are counted. */
  readonly registry: Registry;
  readonly taskQueue: string;
  readonly sessions: SessionClient;
  /** The secret of the notification configuration in Agora's console. */
  readonly agoraNotificationSecret: string | null;
  readonly videosdkPublicKey: VideosdkWebhookOptions['fetchPublicKey'] | null;
  /** EventBridge's. */
  readonly transcriptionEventSecret: string | null;
  readonly vonage:
    | (Omit<VonageWebhookOptions, 'sessions' | 'calls'> & {
        /** How long after a call its recording is waited for. */
        readonly graceSeconds: number;
      })
    | null;
};

/** `/webhooks`: one file a vendor, each with a proof of its own over the raw body. */
export async function webhooks(app: FastifyInstance, options: WebhookOptions): Promise<void> {
  const { client, taskQueue, sessions } = options;
  measureWebhooks(app, options.registry);
  const { agoraNotificationSecret, videosdkPublicKey, transcriptionEventSecret, vonage } = options;
  if (agoraNotificationSecret !== null) {
    await app.register(agoraWebhook, { sessions, secret: agoraNotificationSecret });
  }
  if (videosdkPublicKey !== null) {
    await app.register(videosdkWebhook, { sessions, fetchPublicKey: videosdkPublicKey });
  }
  if (transcriptionEventSecret !== null) {
    await app.register(transcriptionWebhook, { sessions, secret: transcriptionEventSecret });
  }
  if (vonage !== null) {
    const calls = new CallClient({ client, taskQueue, graceSeconds: vonage.graceSeconds });
    await app.register(vonageWebhooks, { ...vonage, sessions, calls });
  }
}
