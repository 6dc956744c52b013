import { z } from 'zod';
import { append } from '../shared/bounded-list.ts';
import { httpCallFields } from '../shared/http-call.ts';
import { timestamp } from '../shared/timestamp.ts';
import { RULES } from './answers.ts';
import type { Rule } from './answers.ts';
import { OPERATIONS } from './faults.ts';
import type { EndCause, Task, Tasks, TaskStatus } from './tasks.ts';

const SECRET_FIELD = /token$|secret|^accesskey$|^salt$/i;

export const callSchema = z.object({
  ...httpCallFields,
  operation: z.enum([...OPERATIONS, 'unknown']),
  agentId: z.string().optional(),
  channel: z.string().optional(),
});
export type Call = z.infer<typeof callSchema>;

export const violationSchema = z.object({
  at: z.string(),
  rule: z.enum(RULES),
  detail: z.string(),
  agentId: z.string().optional(),
  channel: z.string().optional(),
});
type Violation = z.infer<typeof violationSchema>;

export const notificationSchema = z.object({
  /** When it was sent, or would have been. */
  at: z.string(),
  noticeId: z.string(),
  eventType: z.number(),
  agentId: z.string(),
  channel: z.string(),
  /** From 1; a duplicate counts its own attempts. */
  attempt: z.number(),
  /** Of the answer; null while there is none, and for good when it never came or nothing was sent. */
  status: z.number().nullable(),
  /** The kind of the fault that was injected into it. */
  fault: z.string().optional(),
});
export type Notification = z.infer<typeof notificationSchema>;

export const captionUploadSchema = z.object({
  at: z.string(),
  agentId: z.string(),
  channel: z.string(),
  fileName: z.string(),
  bucket: z.string(),
  /** Of the object: the file's name below the task's `fileNamePrefix`. */
  key: z.string(),
  /** `lost` was never tried. */
  status: z.enum(['uploaded', 'failed', 'lost']),
  /** Why it failed. */
  error: z.string().optional(),
});
export type CaptionUpload = z.infer<typeof captionUploadSchema>;

/** A task as the ledger shows it; times are RFC 3339 UTC with milliseconds. */
type TaskEntry = Pick<
  Task,
  'api' | 'agentId' | 'name' | 'channel' | 'botUid' | 'maxIdleSeconds' | 'lastSequenceId'
> & {
  /** Of the bot that listens, where it is another than the one that publishes. */
  readonly subBotUid: string | null;
  readonly status: TaskStatus;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly endCause: EndCause | null;
  readonly languages: readonly string[];
  /** Null where the task was told whom not to listen to. */
  readonly subscribeAudioUids: readonly string[] | null;
  readonly configuration: Task['configuration'];
  readonly tokenExpiresAt: string;
};

/** What the simulator saw, each list but the tasks bounded to the newest 2,000. */
export type Ledger = {
  readonly calls: readonly Readonly<Call>[];
  /** Every task's life, of both APIs. */
  readonly tasks: readonly TaskEntry[];
  /** Every rule broken. */
  readonly violations: readonly Readonly<Violation>[];
  /** Every attempt to deliver one. */
  readonly notifications: readonly Readonly<Notification>[];
  /** Every attempt to upload a file of captions, and what was never tried. */
  readonly captions: readonly Readonly<CaptionUpload>[];
};

type Saved = {
  readonly calls: readonly Call[];
  readonly violations: readonly Violation[];
  readonly notifications: readonly Notification[];
  readonly captions: readonly CaptionUpload[];
};

/** Keeps calls, violations, notifications and uploads, bounded, oldest first. */
export class Records {
  readonly calls: Call[];
  readonly violations: Violation[];
  readonly notifications: Notification[];
  readonly captions: CaptionUpload[];

  constructor(saved: Saved) {
    this.calls = [...saved.calls];
    this.violations = [...saved.violations];
    this.notifications = [...saved.notifications];
    this.captions = [...saved.captions];
  }

  /** Records a call that has arrived; the entry is filled in when it is answered. */
  open(call: Call): Call {
    return append(this.calls, { ...call, body: redacted(call.body) });
  }

  /** Records an attempt to deliver a notification; its status is filled in when it is answered. */
  attempt(notification: Notification): Notification {
    return append(this.notifications, { ...notification });
  }

  captionUpload(upload: CaptionUpload): void {
    append(this.captions, upload);
  }

  /** Tells which channel the calls were about that got this `tokenName`. */
  placeAcquire(tokenName: string, channel: string): void {
    for (const call of this.calls) {
      if (call.operation === 'acquire' && tokenNameOf(call) === tokenName) call.channel = channel;
    }
  }

  violate(
    atMs: number,
    rule: Rule,
    detail: string,
    about: Pick<Call, 'agentId' | 'channel'>,
  ): void {
    const { agentId, channel } = about;
    append(this.violations, {
      at: timestamp(atMs),
      rule,
      detail,
      ...(agentId && { agentId }),
      ...(channel && { channel }),
    });
  }
}

const acquired = z.object({ tokenName: z.string() });

function tokenNameOf({ response }: Call): string | undefined {
  return acquired.safeParse(response).data?.tokenName;
}

/** The ledger as of now, of one channel or of all. */
export function viewLedger(records: Records, tasks: Tasks, channel?: string): Ledger {
  const wanted = (entry: { readonly channel?: string | undefined }): boolean =>
    channel === undefined || entry.channel === channel;
  return structuredClone({
    calls: records.calls.filter(wanted),
    tasks: tasks.all(channel).map((task) => taskEntry(task, tasks.status(task))),
    violations: records.violations.filter(wanted),
    notifications: records.notifications.filter(wanted),
    captions: records.captions.filter(wanted),
  });
}

function taskEntry(task: Task, status: TaskStatus): TaskEntry {
  const { api, agentId, name, channel, botUid, maxIdleSeconds, lastSequenceId } = task;
  const { languages, subscribeAudioUids, unSubscribeAudioUids } = task.configuration;
  return {
    api,
    agentId,
    name,
    channel,
    botUid,
    subBotUid: task.subBotUid ?? null,
    status,
    startedAt: timestamp(task.createdAtMs),
    endedAt: task.end && timestamp(task.end.atMs),
    endCause: task.end && task.end.cause,
    languages,
    subscribeAudioUids: subscribeAudioUids ?? (unSubscribeAudioUids ? null : ['all']),
    configuration: task.configuration,
    maxIdleSeconds,
    lastSequenceId,
    tokenExpiresAt: timestamp(task.tokenExpiresAtMs),
  };
}

function redacted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(redacted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      SECRET_FIELD.test(key) ? '[redacted]' : redacted(inner),
    ]),
  );
}
