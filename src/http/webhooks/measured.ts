import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Counter, Histogram, type Registry } from 'prom-client';
import { z } from 'zod';
import { BUCKETS } from '../../metrics/buckets.ts';
import { rawBody } from './signed-body.ts';

const LAG = 'durascribe_webhook_lag_seconds';

/** Who sends to each route. */
const SENDERS: { readonly [route: string]: string } = {
  '/webhooks/agora': 'agora',
  '/webhooks/videosdk': 'videosdk',
  '/webhooks/transcription': 'amazon-transcribe',
  '/webhooks/answer': 'vonage',
  '/webhooks/events': 'vonage',
  '/webhooks/recording': 'vonage',
};

/**
 * When what a webhook tells of happened, in ms since the epoch: Agora's `notifyMs`, EventBridge's `time`, Vonage's
 * `timestamp`; VideoSDK's have none.
 */
const Times = z.object({
  notifyMs: z.number().optional().catch(undefined),
  time: z.string().optional().catch(undefined),
  timestamp: z.string().optional().catch(undefined),
});

const duplicates = new WeakSet<FastifyRequest>();

/** Notes that what the request tells was told before. */
export function noteDuplicate(request: FastifyRequest): void {
  duplicates.add(request);
}

/** Counts the webhooks of `app`, and how long after their events they come. To be called before the routes are there. */
export function measureWebhooks(app: FastifyInstance, registry: Registry): void {
  const webhooks = new Counter({
    name: 'durascribe_webhooks_total',
    help: 'webhooks by what became of them: taken, duplicate, refused, or failed, which has the vendor send again',
    labelNames: ['provider', 'result'],
    registers: [registry],
  });
  const lags = new Histogram({
    name: LAG,
    help: 'how long after the time that it tells a webhook came; duplicates do not count',
    labelNames: ['provider'],
    buckets: [...BUCKETS[LAG]],
    registers: [registry],
  });
  app.addHook('onResponse', async (request, { statusCode }) => {
    const provider = SENDERS[request.routeOptions.url ?? ''];
    if (provider === undefined) return;
    const result = resultOf(statusCode, duplicates.has(request));
    webhooks.inc({ provider, result });
    const atMs = result === 'taken' ? timeIn(rawBody(request.body)) : Number.NaN;
    if (!Number.isNaN(atMs)) lags.observe({ provider }, Math.max(Date.now() - atMs, 0) / 1_000);
  });
}

function resultOf(status: number, isDuplicate: boolean) {
  if (status >= 500) return 'failed';
  if (status >= 400) return 'refused';
  return isDuplicate ? 'duplicate' : 'taken';
}

/** NaN where none is told. */
function timeIn(body: Buffer): number {
  try {
    const { notifyMs, time, timestamp } = Times.parse(JSON.parse(body.toString()));
    return notifyMs ?? Date.parse(time ?? timestamp ?? '');
  } catch {
    return Number.NaN;
  }
}
