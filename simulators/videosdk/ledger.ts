import { z } from 'zod';
import { append } from '../shared/bounded-list.ts';
import { httpCallFields } from '../shared/http-call.ts';
import { timestamp } from '../shared/timestamp.ts';
import { RULES } from './answers.ts';
import type { Rule, VendorAnswers } from './answers.ts';
import { OPERATIONS, WEBHOOK_TYPES } from './faults.ts';
import type { EndCause, Task, Tasks } from './tasks.ts';

export const callSchema = z.object({
  ...httpCallFields,
  operation: z.enum([...OPERATIONS, 'unknown']),
  /** Of the transcription. */
  id: z.string().optional(),
  roomId: z.string().optional(),
});
export type Call = z.infer<typeof callSchema>;

export const violationSchema = z.object({
  at: z.string(),
  rule: z.enum(RULES),
  detail: z.string(),
  id: z.string().optional(),
  roomId: z.string().optional(),
});
type Violation = z.infer<typeof violationSchema>;

export const webhookSchema = z.object({
  /** When it was sent, or would have been. */
  at: z.string(),
  webhookType: z.enum(WEBHOOK_TYPES),
  /** Of the transcription; none for `session-ended`. */
  id: z.string().optional(),
  roomId: z.string(),
  sessionId: z.string(),
  url: z.string(),
  /** Of the answer; null while there is none, and for good when it never came or nothing was sent. */
  status: z.number().nullable(),
  /** What was done to it: `lost`, `duplicated`, `delayed`, `reordered`. */
  fault: z.string().optional(),
});
export type WebhookEntry = z.infer<typeof webhookSchema>;

export type TaskStatus = 'running' | 'completed' | 'failed';

/** A transcription as the ledger shows it; times are RFC 3339 UTC with milliseconds. */
type TaskEntry = Pick<Task, 'id' | 'roomId' | 'sessionId' | 'startedBy' | 'summary'> & {
  /** As fetch tells it. */
  readonly status: TaskStatus;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly endCause: EndCause | null;
  readonly webhookUrl: string | null;
  readonly language: string | null;
  readonly modelId: string | null;
};

/** What the simulator saw, each list but the tasks bounded to the newest 2,000. */
export type Ledger = {
  readonly calls: readonly Readonly<Call>[];
  /** Every transcription's life. */
  readonly tasks: readonly TaskEntry[];
  /** Every rule broken. */
  readonly violations: readonly Readonly<Violation>[];
  /** Every attempt to deliver one. */
  readonly webhooks: readonly Readonly<WebhookEntry>[];
};

type Saved = {
  readonly calls: readonly Call[];
  readonly violations: readonly Violation[];
  readonly webhooks: readonly WebhookEntry[];
};

/** Keeps calls, violations and webhooks, bounded, oldest first. */
export class Records {
  readonly calls: Call[];
  readonly violations: Violation[];
  readonly webhooks: WebhookEntry[];

  constructor(saved: Saved) {
    this.calls = [...saved.calls];
    this.violations = [...saved.violations];
    this.webhooks = [...saved.webhooks];
  }

  /** Records a call that has arrived; the entry is filled in when it is answered. */
  open(call: Call): Call {
    return append(this.calls, call);
  }

  /** Records an attempt to deliver a webhook; its status is filled in when it is answered. */
  attempt(webhook: WebhookEntry): WebhookEntry {
    return append(this.webhooks, webhook);
  }

  violate(atMs: number, rule: Rule, detail: string, about: Pick<Call, 'id' | 'roomId'>): void {
    const { id, roomId } = about;
    append(this.violations, {
      at: timestamp(atMs),
      rule,
      detail,
      ...(id && { id }),
      ...(roomId && { roomId }),
    });
  }
}

/** The ledger as of now, of one room or of all. */
export function viewLedger(
  records: Records,
  tasks: Tasks,
  answers: VendorAnswers,
  roomId?: string,
): Ledger {
  const wanted = (entry: { readonly roomId?: string | undefined }): boolean =>
    roomId === undefined || entry.roomId === roomId;
  return structuredClone({
    calls: records.calls.filter(wanted),
    tasks: tasks.all(roomId).map((task) => taskEntry(task, answers)),
    violations: records.violations.filter(wanted),
    webhooks: records.webhooks.filter(wanted),
  });
}

export function taskStatus({ end }: Task, { failedTask }: VendorAnswers): TaskStatus {
  if (!end) return 'running';
  return end.cause === 'failed' ? failedTask : 'completed';
}

function taskEntry(task: Task, answers: VendorAnswers): TaskEntry {
  const { id, roomId, sessionId, startedBy, summary, end } = task;
  return {
    id,
    roomId,
    sessionId,
    startedBy,
    status: taskStatus(task, answers),
    startedAt: timestamp(task.startedAtMs),
    endedAt: end && timestamp(end.atMs),
    endCause: end && end.cause,
    webhookUrl: task.webhookUrl ?? null,
    language: task.language ?? null,
    modelId: task.modelId ?? null,
    summary,
  };
}
