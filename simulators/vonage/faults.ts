import { z } from 'zod';
import { FaultQueue, faultTurns } from '../shared/fault-queue.ts';
import { WEBHOOK_KINDS } from './webhooks/kinds.ts';

const ms = z.int().min(0);
const bytes = z.int().min(0);

const onWebhooks = [
  /** Never sent. */
  z.strictObject({ kind: z.literal('lost') }),
  /** Sent `copies` more times, though received; with the same token, unless `resigned`. */
  z.strictObject({
    kind: z.literal('duplicated'),
    copies: z.int().min(1).default(1),
    resigned: z.boolean().default(false),
  }),
  /** Sent `ms` late, so that later ones overtake it; an answer webhook holds up the call. */
  z.strictObject({ kind: z.literal('delayed'), ms }),
  /** The first attempt has no token, as after an internal fault of Vonage. */
  z.strictObject({ kind: z.literal('unsigned') }),
  /** The first attempt has a token in which this is wrong. */
  z.strictObject({
    kind: z.literal('forged'),
    wrong: z.enum([
      'secret',
      'algorithm',
      'payload',
      'api-key',
      'application-id',
      'issuer',
      'issued-at',
    ]),
  }),
] as const;

const onDownloads = [
  /** Answers after `ms`. */
  z.strictObject({ kind: z.literal('latency'), ms }),
  /** Closes the connection without an answer. */
  z.strictObject({ kind: z.literal('reset') }),
  /** Answers with an error. */
  z.strictObject({
    kind: z.literal('status'),
    status: z.int().min(400).max(599),
    retryAfterSeconds: z.int().min(0).optional(),
  }),
  z.strictObject({ kind: z.literal('redirect'), url: z.string() }),
  /** An error page of HTML, with 200. */
  z.strictObject({ kind: z.literal('html') }),
  /** The whole file, but no `content-length`. */
  z.strictObject({ kind: z.literal('chunked') }),
  /** Pauses for `ms` after each piece of 64 KiB or less. */
  z.strictObject({ kind: z.literal('slow'), ms }),
  /** Closes the connection after so many bytes, having promised all. */
  z.strictObject({ kind: z.literal('truncated'), bytes }),
  /** Sends no more after so many bytes, and keeps the connection open. */
  z.strictObject({ kind: z.literal('stalled'), bytes }),
  /** Ends orderly after so many bytes, as if they were all. */
  z.strictObject({ kind: z.literal('short'), bytes }),
] as const;

const webhookFault = z.discriminatedUnion('kind', onWebhooks);
const downloadFault = z.discriminatedUnion('kind', onDownloads);
export type WebhookFault = z.infer<typeof webhookFault>;
export type DownloadFault = z.infer<typeof downloadFault>;

const selection = {
  /** Only where this number called; all when it is not given. */
  from: z.string().optional(),
  ...faultTurns,
};

const onWebhook = z.strictObject({
  operation: z.enum(WEBHOOK_KINDS),
  fault: webhookFault,
  /** Only call events of this status. */
  eventStatus: z.string().optional(),
  ...selection,
});
const onDownload = z.strictObject({
  operation: z.literal('download'),
  fault: downloadFault,
  ...selection,
});

/** A fault to inject: for the first `times` matching webhooks or downloads after the first `after` of them. */
export const faultSchema = z.discriminatedUnion('operation', [onWebhook, onDownload]);
export type Fault = z.input<typeof faultSchema>;

type MetWebhook = {
  readonly operation: z.infer<typeof onWebhook>['operation'];
  readonly from: string;
  readonly eventStatus: string | undefined;
};

/** The faults waiting for their webhooks and downloads; the one injected first strikes first. */
export class Faults {
  readonly #webhooks = new FaultQueue(
    onWebhook,
    ({ operation, from, eventStatus }, met: MetWebhook) =>
      operation === met.operation &&
      (from ?? met.from) === met.from &&
      (eventStatus ?? met.eventStatus) === met.eventStatus,
  );
  readonly #downloads = new FaultQueue(
    onDownload,
    ({ from }, caller: string | undefined) => (from ?? caller) === caller,
  );

  inject(fault: Fault): void {
    if (fault.operation === 'download') this.#downloads.inject(fault);
    else this.#webhooks.inject(fault);
  }

  clear(): void {
    this.#webhooks.clear();
    this.#downloads.clear();
  }

  /** The fault that this webhook meets; each webhook counts for every fault it matches. */
  ofWebhook(met: MetWebhook): WebhookFault | undefined {
    return this.#webhooks.take(met);
  }

  /** The same for a download; `from` is undefined where no call has such a file. */
  ofDownload(caller: string | undefined): DownloadFault | undefined {
    return this.#downloads.take(caller);
  }
}
