import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { postJson } from '../../shared/delivery.ts';
import { timestamp } from '../../shared/timestamp.ts';
import type { Faults, WebhookType } from '../faults.ts';
import type { Records } from '../ledger.ts';
import type { WebhookKeys } from './keys.ts';

const ANSWER_WITHIN_MS = 10_000;

/** What happens to every webhook, as opposed to the faults that are injected into some. */
export const webhookFaultsSchema = z.strictObject({
  lost: z.boolean().default(false),
  duplicated: z.boolean().default(false),
  /** Each second webhook of a room overtakes the one before it. */
  reordered: z.boolean().default(false),
  /** How long a webhook waits to be overtaken. */
  reorderWithinMs: z.int().min(0).default(1_000),
});
export type WebhookFaults = z.input<typeof webhookFaultsSchema>;

/** One event to tell of. */
export type Webhook = {
  readonly webhookType: WebhookType;
  readonly url: string;
  /** Of the transcription; none for `session-ended`. */
  readonly id?: string;
  readonly roomId: string;
  readonly sessionId: string;
  readonly data: object;
};

type Delivery = {
  readonly webhook: Webhook;
  readonly times: 1 | 2;
  readonly fault?: 'lost' | 'duplicated' | 'delayed' | 'reordered';
};

type SenderContext = {
  readonly keys: WebhookKeys;
  readonly records: Records;
  readonly faults: Faults;
  readonly now: () => number;
  readonly changed: () => void;
};

/**
 * Sends webhooks, each once: nothing is documented of other tries. Those of one room keep their
 * order where no fault disturbs it.
 */
export class WebhookSender {
  readonly #context: SenderContext;
  readonly #closing = new AbortController();
  readonly #lastOfRoom = new Map<string, Promise<void>>();
  /** By room, the delivery that waits to be overtaken. */
  readonly #held = new Map<string, Delivery>();
  #always = webhookFaultsSchema.parse({});

  constructor(context: SenderContext) {
    this.#context = context;
  }

  configure(faults: WebhookFaults): void {
    this.#always = webhookFaultsSchema.parse(faults);
  }

  send(webhook: Webhook): void {
    const { webhookType, roomId } = webhook;
    const met = this.#context.faults.take({ operation: 'webhook', roomId, webhookType });
    if (met?.kind === 'lost' || this.#always.lost) {
      this.#record({ webhook, times: 1, fault: 'lost' });
      return;
    }
    const twice = met?.kind === 'duplicated' || this.#always.duplicated;
    const delivery: Delivery = twice
      ? { webhook, times: 2, fault: 'duplicated' }
      : { webhook, times: 1 };
    if (met?.kind === 'delayed') {
      void this.#later(met.ms, () => this.#deliver({ ...delivery, fault: 'delayed' }));
    } else if (this.#always.reordered) this.#reorder(delivery);
    else this.#enqueue(delivery);
  }

  close(): void {
    this.#closing.abort();
  }

  #reorder(delivery: Delivery): void {
    const { roomId } = delivery.webhook;
    const held = this.#held.get(roomId);
    if (held) {
      this.#held.delete(roomId);
      this.#enqueue(delivery);
      this.#enqueue(held);
      return;
    }
    const waiting: Delivery = { ...delivery, fault: 'reordered' };
    this.#held.set(roomId, waiting);
    void this.#later(this.#always.reorderWithinMs, () => {
      if (this.#held.get(roomId) !== waiting) return;
      this.#held.delete(roomId);
      this.#enqueue(waiting);
    });
  }

  #enqueue(delivery: Delivery): void {
    const { roomId } = delivery.webhook;
    const before = this.#lastOfRoom.get(roomId) ?? Promise.resolve();
    this.#lastOfRoom.set(
      roomId,
      before.then(() => this.#deliver(delivery)),
    );
  }

  async #deliver(delivery: Delivery): Promise<void> {
    for (let sent = 0; sent < delivery.times; sent += 1) {
      if (this.#closing.signal.aborted) return;
      const entry = this.#record(delivery);
      entry.status = await this.#post(delivery.webhook);
      this.#context.changed();
    }
  }

  #post({ webhookType, url, data }: Webhook): Promise<number | null> {
    const body = JSON.stringify({ webhookType, data });
    const headers = { 'videosdk-signature': this.#context.keys.signature(body) };
    const closing = this.#closing.signal;
    return postJson(url, { headers, body, withinMs: ANSWER_WITHIN_MS, closing });
  }

  #record({ webhook, fault }: Delivery): { status: number | null } {
    const { records, now, changed } = this.#context;
    const { data: _, ...facts } = webhook;
    const entry = records.attempt({
      at: timestamp(now()),
      ...facts,
      status: null,
      ...(fault && { fault }),
    });
    changed();
    return entry;
  }

  /** Never, when the simulator closes before. */
  async #later(ms: number, act: () => void | Promise<void>): Promise<void> {
    try {
      await sleep(ms, undefined, { signal: this.#closing.signal, ref: false });
    } catch {
      return;
    }
    await act();
  }
}
