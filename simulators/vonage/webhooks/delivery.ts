import { z } from 'zod';
import { pause } from '../../shared/delivery.ts';
import type { Faults, WebhookFault } from '../faults.ts';
import type { Records, WebhookEntry } from '../ledger.ts';
import type { WebhookKind } from './kinds.ts';
import { webhookToken } from './signature.ts';
import type { Signer } from './signature.ts';

const patience = (withinMs: number) =>
  z
    .strictObject({
      withinMs: z.int().min(1).default(withinMs),
      attempts: z.int().min(1).default(2),
    })
    .prefault({});

/** How webhooks are delivered; the gap between attempts is not published. */
export const deliverySchema = z.strictObject({
  /** "socket_timeout" of the application: 5 s for the answer webhook, 10 s for events. */
  answer: patience(5_000),
  event: patience(10_000),
  /** Nothing says that a recording is announced more often than any other event. */
  recording: patience(10_000),
  retryGapMs: z.int().min(0).default(1_000),
  /** Besides no answer in time: "429, 503 or 504". */
  retriedStatuses: z.array(z.int()).default([429, 503, 504]),
});
type DeliverySettings = z.infer<typeof deliverySchema>;

export type Webhook = {
  readonly kind: WebhookKind;
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly conversationUuid: string;
};

export type DeliveryContext = {
  readonly records: Records;
  readonly faults: Faults;
  readonly signer: Signer;
  readonly settings: DeliverySettings;
  readonly now: () => number;
  /** Aborted when the simulator closes. */
  readonly closing: AbortSignal;
};

/** A webhook as it goes over the wire, any number of times. */
export type SignedWebhook = {
  readonly webhook: Webhook;
  readonly url: string;
  readonly body: string | undefined;
  readonly token: string;
  readonly jti: string;
};

type Sent = { readonly status: number; readonly text: string };

/** What was answered with 200 to 205; undefined when nothing was. */
type Received = string | undefined;

export async function sign(
  context: DeliveryContext,
  webhook: Webhook,
  forged?: Extract<WebhookFault, { kind: 'forged' }>,
): Promise<SignedWebhook> {
  const { signer, now } = context;
  if (webhook.method === 'POST') {
    const body = JSON.stringify(webhook.payload);
    const token = await webhookToken(signer, body, now(), forged?.wrong);
    return { webhook, url: webhook.url, body, ...token };
  }
  const url = new URL(webhook.url);
  for (const [name, value] of Object.entries(webhook.payload)) {
    url.searchParams.append(name, String(value));
  }
  const parameters = JSON.stringify(Object.fromEntries(url.searchParams));
  const token = await webhookToken(signer, parameters, now(), forged?.wrong);
  return { webhook, url: url.href, body: undefined, ...token };
}

/** Sends a webhook until it is received or given up, in the way that a fault wants it. */
export async function deliver(
  context: DeliveryContext,
  signed: SignedWebhook,
  fault: WebhookFault | undefined,
): Promise<Received> {
  if (fault?.kind === 'lost') {
    record(context, signed, 1, fault);
    return undefined;
  }
  const received = await sendUntilReceived(context, signed, fault);
  if (fault?.kind !== 'duplicated') return received;
  for (let copy = 0; copy < fault.copies; copy += 1) {
    const again = fault.resigned ? await sign(context, signed.webhook) : signed;
    await sendUntilReceived(context, again, fault);
  }
  return received;
}

async function sendUntilReceived(
  context: DeliveryContext,
  signed: SignedWebhook,
  fault: WebhookFault | undefined,
): Promise<Received> {
  const { settings, closing } = context;
  const { kind } = signed.webhook;
  for (let attempt = 1; !closing.aborted; attempt += 1) {
    const sent = await send(context, signed, attempt, fault);
    const forgery = attempt === 1 && isForgery(fault) ? fault : undefined;
    if (attempt >= settings[kind].attempts || !isRetried(settings, sent, forgery)) {
      return closing.aborted ? undefined : judged(context, signed, sent, forgery);
    }
    await pause(closing, settings.retryGapMs);
  }
  return undefined;
}

/** What the last answer means. */
function judged(
  { records }: DeliveryContext,
  { webhook }: SignedWebhook,
  sent: Sent | undefined,
  forgery: WebhookFault | undefined,
): Received {
  if (sent && isReceived(sent.status)) {
    if (forgery) records.violate('forgery-accepted', forgeryName(forgery), webhook);
    return sent.text;
  }
  if (!forgery) {
    const last = sent ? `answered ${sent.status}` : 'no answer in time';
    records.violate('webhook-unreceived', `${webhook.kind}: ${last}`, webhook);
  }
  return undefined;
}

/** The answer, undefined without one in time. */
async function send(
  context: DeliveryContext,
  genuine: SignedWebhook,
  attempt: number,
  fault: WebhookFault | undefined,
): Promise<Sent | undefined> {
  const forged = attempt === 1 && fault?.kind === 'forged' ? fault : undefined;
  const signed = forged ? await sign(context, genuine.webhook, forged) : genuine;
  const entry = record(context, signed, attempt, fault);
  const startedMs = performance.now();
  const sent = await request(context, signed, attempt === 1 && fault?.kind === 'unsigned');
  entry.durationMs = Math.round(performance.now() - startedMs);
  entry.status = sent?.status ?? null;
  return sent;
}

async function request(
  { settings, closing }: DeliveryContext,
  { webhook, url, body, token }: SignedWebhook,
  unsigned: boolean,
): Promise<Sent | undefined> {
  const { withinMs } = settings[webhook.kind];
  try {
    const response = await fetch(url, {
      method: webhook.method,
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(!unsigned && { authorization: `Bearer ${token}` }),
      },
      ...(body !== undefined && { body }),
      redirect: 'manual',
      signal: AbortSignal.any([closing, AbortSignal.timeout(withinMs)]),
    });
    return { status: response.status, text: await response.text() };
  } catch {
    return undefined;
  }
}

/** "200–205 OK" (concepts/webhooks). */
function isReceived(status: number): boolean {
  return status >= 200 && status <= 205;
}

/** After an unsigned webhook any 5xx leads to a retry ("Signed webhooks"). */
function isRetried(
  { retriedStatuses }: DeliverySettings,
  sent: Sent | undefined,
  forgery: WebhookFault | undefined,
): boolean {
  if (!sent || retriedStatuses.includes(sent.status)) return true;
  return forgery?.kind === 'unsigned' && sent.status >= 500;
}

function isForgery(fault: WebhookFault | undefined): boolean {
  return fault?.kind === 'forged' || fault?.kind === 'unsigned';
}

function forgeryName(fault: WebhookFault): string {
  return fault.kind === 'forged' ? `wrong ${fault.wrong}` : fault.kind;
}

function record(
  { records }: DeliveryContext,
  { webhook, url, jti }: SignedWebhook,
  attempt: number,
  fault: WebhookFault | undefined,
): WebhookEntry {
  const { kind, method, payload, conversationUuid } = webhook;
  return records.webhook({
    kind,
    method,
    url,
    payload,
    jti,
    conversationUuid,
    attempt,
    status: null,
    durationMs: null,
    ...(fault && { fault: fault.kind }),
  });
}
