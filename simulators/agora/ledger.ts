import { z } from 'zod';
import { RULES } from './answers.ts';
import type { Rule } from './answers.ts';
import { OPERATIONS } from './faults.ts';
import type { EndCause, Task, Tasks, TaskStatus } from './tasks.ts';

const MAX_ENTRIES = 2_000;
const SECRET_FIELD = /token$|secret|^accesskey$|^salt$/i;

export const callSchema = z.object({
  /** When it arrived, RFC 3339 UTC. */
  at: z.string(),
  operation: z.enum([...OPERATIONS, 'unknown']),
  method: z.string(),
  path: z.string(),
  query: z.record(z.string(), z.unknown()),
  body: z.unknown(),
  /** Null while it is in flight, and for good when its answer was lost. */
  status: z.number().nullable(),
  response: z.unknown(),
  agentId: z.string().optional(),
  channel: z.string().optional(),
  /** The kind of the fault that was injected into it. */
  fault: z.string().optional(),
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

/** A task as the ledger shows it; times are RFC 3339 UTC. */
type TaskEntry = {
  readonly agentId: string;
  readonly name: string;
  readonly channel: string;
  readonly botUid: string;
  readonly status: TaskStatus;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly endCause: EndCause | null;
  readonly languages: readonly string[];
  /** Null where the task was told whom not to listen to. */
  readonly subscribeAudioUids: readonly string[] | null;
  readonly lastSequenceId: number;
  readonly tokenExpiresAt: string;
};

/** What the simulator saw: every call (the newest 2,000), every task's life, every rule broken. */
export type Ledger = {
  readonly calls: readonly Readonly<Call>[];
  readonly tasks: readonly TaskEntry[];
  readonly violations: readonly Readonly<Violation>[];
};

/** Keeps the calls and the violations, bounded, oldest first. */
export class Records {
  readonly calls: Call[];
  readonly violations: Violation[];

  constructor(saved: { readonly calls: Call[]; readonly violations: Violation[] }) {
    this.calls = [...saved.calls];
    this.violations = [...saved.violations];
  }

  /** Records a call that has arrived; the entry is filled in when it is answered. */
  open(call: Call): Call {
    const entry = { ...call, body: redacted(call.body) };
    this.calls.push(entry);
    if (this.calls.length > MAX_ENTRIES) this.calls.shift();
    return entry;
  }

  violate(
    atMs: number,
    rule: Rule,
    detail: string,
    about: Pick<Call, 'agentId' | 'channel'>,
  ): void {
    const { agentId, channel } = about;
    this.violations.push({
      at: timestamp(atMs),
      rule,
      detail,
      ...(agentId && { agentId }),
      ...(channel && { channel }),
    });
    if (this.violations.length > MAX_ENTRIES) this.violations.shift();
  }
}

/** The ledger as of now, of one channel or of all. */
export function viewLedger(records: Records, tasks: Tasks, channel?: string): Ledger {
  const wanted = (entry: { readonly channel?: string | undefined }): boolean =>
    channel === undefined || entry.channel === channel;
  return structuredClone({
    calls: records.calls.filter(wanted),
    tasks: tasks.all(channel).map((task) => taskEntry(task, tasks.status(task))),
    violations: records.violations.filter(wanted),
  });
}

/** RFC 3339 UTC with milliseconds. */
export function timestamp(atMs: number): string {
  return new Date(atMs).toISOString();
}

function taskEntry(task: Task, status: TaskStatus): TaskEntry {
  const { languages, subscribeAudioUids, unSubscribeAudioUids } = task.configuration;
  return {
    agentId: task.agentId,
    name: task.name,
    channel: task.channel,
    botUid: task.botUid,
    status,
    startedAt: timestamp(task.createdAtMs),
    endedAt: task.end && timestamp(task.end.atMs),
    endCause: task.end && task.end.cause,
    languages,
    subscribeAudioUids: subscribeAudioUids ?? (unSubscribeAudioUids ? null : ['all']),
    lastSequenceId: task.lastSequenceId,
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
