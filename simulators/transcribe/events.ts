import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { deliverMessage, postJson } from '../shared/delivery.ts';
import { timestamp } from '../shared/timestamp.ts';
import type { Faults } from './faults.ts';
import type { Job } from './jobs.ts';
import type { Delivery, Records } from './ledger.ts';

export const eventSettingsSchema = z.strictObject({
  /** Where events go. */
  url: z.url({ protocol: /^https?$/ }),
  /** Sent with each as `X-Durascribe-Event-Secret`, as an API destination's connection does. */
  secret: z.string().min(1),
  /** How long the receiver has to answer ("API destinations": 5 s). */
  answerWithinMs: z.int().min(1).default(5_000),
  /** Before each retry; EventBridge's own go on for a day, with growing gaps. */
  retryGapsMs: z.array(z.int().min(0)).default([500, 2_000, 10_000]),
});
/** Where events go, and with which secret. */
export type EventSettings = z.input<typeof eventSettingsSchema>;
type Settings = z.infer<typeof eventSettingsSchema>;

type EventContext = {
  readonly records: Records;
  readonly faults: Faults;
  readonly now: () => number;
  readonly changed: () => void;
  readonly accountId: string;
  readonly region: string;
};

type Notice = {
  readonly eventId: string;
  readonly jobName: string;
  readonly status: Job['status'];
  readonly fault: Delivery['fault'];
};

/** EventBridge with one rule: the state changes of jobs go to one URL. */
export class Events {
  readonly #context: EventContext;
  readonly #closing = new AbortController();
  #settings: Settings | undefined;

  constructor(context: EventContext) {
    this.#context = context;
  }

  /** What happened until now is not told any more. */
  configure(settings: EventSettings | undefined): void {
    this.#settings = settings && eventSettingsSchema.parse(settings);
  }

  /** Tells that a job has ended. */
  send(job: Job): void {
    if (this.#settings) void this.#deliver(this.#settings, job);
  }

  close(): void {
    this.#closing.abort();
  }

  async #deliver(settings: Settings, job: Job): Promise<void> {
    const { faults, changed } = this.#context;
    const fault = faults.take({ operation: 'event', jobName: job.name });
    const eventId = randomUUID();
    const notice = { eventId, jobName: job.name, status: job.status, fault: fault?.kind };
    const body = JSON.stringify(this.#event(eventId, job));
    const { url, secret, answerWithinMs: withinMs, retryGapsMs } = settings;
    const headers = { 'X-Durascribe-Event-Secret': secret };
    const closing = this.#closing.signal;
    await deliverMessage({
      fault,
      retryGapsMs,
      closing,
      changed,
      record: (attempt) => this.#record(notice, attempt),
      post: () => postJson(url, { headers, body, withinMs, closing }),
      isReceived: (status) => status < 300,
    });
  }

  /** "Transcribe Job State Change" (Developer guide, "Using Amazon EventBridge"). */
  #event(id: string, job: Job): object {
    const { accountId, region, now } = this.#context;
    return {
      version: '0',
      id,
      'detail-type': 'Transcribe Job State Change',
      source: 'aws.transcribe',
      account: accountId,
      time: timestamp(job.endedAtMs ?? now()).replace(/\.\d+Z$/, 'Z'),
      region,
      resources: [],
      detail: {
        TranscriptionJobName: job.name,
        TranscriptionJobStatus: job.status,
        ...(job.failureReason !== null && { FailureReason: job.failureReason }),
      },
    };
  }

  #record({ eventId, jobName, status, fault }: Notice, attempt: number): Delivery {
    const { records, now, changed } = this.#context;
    const entry = records.attempt({
      at: timestamp(now()),
      eventId,
      jobName,
      jobStatus: status,
      attempt,
      status: null,
      ...(fault && { fault }),
    });
    changed();
    return entry;
  }
}
