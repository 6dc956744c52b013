import { append } from '../shared/bounded-list.ts';
import { timestamp } from '../shared/timestamp.ts';
import type { WebhookKind } from './webhooks/kinds.ts';

/** The documented rules that the application can break. */
type Rule =
  /** The answer to the answer webhook is no valid NCCO. */
  | 'ncco'
  /** The `record` action is not the first: what is said before it is lost. */
  | 'record-late'
  /** The `record` action has an end condition, so the recording does not last as long as the call. */
  | 'record-ends-early'
  /** No attempt of a webhook was answered with 200 to 205 in time. */
  | 'webhook-unreceived'
  /** A webhook without a valid token was answered with 200 to 205. */
  | 'forgery-accepted'
  /** A download without a valid token. */
  | 'download-token'
  | 'route';

type About = { readonly conversationUuid?: string | undefined };

/** A phone call; times are RFC 3339 UTC with milliseconds. */
export type CallEntry = {
  readonly at: string;
  readonly from: string;
  readonly to: string;
  readonly uuid: string;
  readonly conversationUuid: string;
  /** The actions as the application gave them; null until then, and where they were not valid. */
  ncco: readonly unknown[] | null;
  recording: RecordingEntry | null;
  /** Null while it lasts. */
  endedAt: string | null;
};

type RecordingEntry = {
  readonly recordingUuid: string;
  readonly url: string;
  readonly format: string;
  readonly channels: number;
  readonly size: number;
};

/** An attempt to deliver a webhook. */
export type WebhookEntry = {
  readonly at: string;
  readonly kind: WebhookKind;
  readonly method: 'GET' | 'POST';
  readonly url: string;
  /** What the body tells, or the query. */
  readonly payload: Readonly<Record<string, unknown>>;
  /** Of its token. */
  readonly jti: string;
  readonly conversationUuid: string;
  /** From 1; a duplicate counts its own attempts. */
  readonly attempt: number;
  /** Of the answer; null while there is none, and for good when it never came or nothing was sent. */
  status: number | null;
  /** Until it was answered, or given up; null while neither. */
  durationMs: number | null;
  /** The kind of the fault that was injected into it. */
  readonly fault?: string;
};

export type DownloadEntry = {
  readonly at: string;
  readonly path: string;
  readonly conversationUuid?: string;
  readonly recordingUuid?: string;
  /** Null while it is in flight, and for good where the connection was closed without an answer. */
  status: number | null;
  /** Of the body. */
  bytesSent: number;
  /** Whether everything was sent that was to be. */
  complete: boolean;
  durationMs: number | null;
  readonly fault?: string;
};

type Violation = {
  readonly at: string;
  readonly rule: Rule;
  readonly detail: string;
  readonly conversationUuid?: string;
};

/** What the simulator saw, each list bounded to the newest 2,000. */
export type Ledger = {
  readonly calls: readonly Readonly<CallEntry>[];
  readonly webhooks: readonly Readonly<WebhookEntry>[];
  readonly downloads: readonly Readonly<DownloadEntry>[];
  readonly violations: readonly Violation[];
};

/** Keeps what the ledger shows, bounded, oldest first. */
export class Records {
  readonly #now: () => number;
  readonly #calls: CallEntry[] = [];
  readonly #webhooks: WebhookEntry[] = [];
  readonly #downloads: DownloadEntry[] = [];
  readonly #violations: Violation[] = [];

  constructor(now: () => number) {
    this.#now = now;
  }

  /** The entry is filled in as the call goes on; so are those of webhooks and downloads. */
  call(call: Omit<CallEntry, 'at'>): CallEntry {
    return append(this.#calls, { at: timestamp(this.#now()), ...call });
  }

  webhook(webhook: Omit<WebhookEntry, 'at'>): WebhookEntry {
    return append(this.#webhooks, { at: timestamp(this.#now()), ...webhook });
  }

  download(download: Omit<DownloadEntry, 'at'>): DownloadEntry {
    return append(this.#downloads, { at: timestamp(this.#now()), ...download });
  }

  violate(rule: Rule, detail: string, { conversationUuid }: About = {}): void {
    append(this.#violations, {
      at: timestamp(this.#now()),
      rule,
      detail,
      ...(conversationUuid && { conversationUuid }),
    });
  }

  /** The ledger as of now, of one conversation or of all. */
  view(conversationUuid?: string): Ledger {
    const wanted = (entry: About): boolean =>
      conversationUuid === undefined || entry.conversationUuid === conversationUuid;
    return structuredClone({
      calls: this.#calls.filter(wanted),
      webhooks: this.#webhooks.filter(wanted),
      downloads: this.#downloads.filter(wanted),
      violations: this.#violations.filter(wanted),
    });
  }
}
