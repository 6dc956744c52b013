import { z } from 'zod';
import { append } from '../shared/bounded-list.ts';
import { timestamp } from '../shared/timestamp.ts';
import { RULES } from './errors.ts';
import type { Rule } from './errors.ts';
import { OPERATIONS } from './faults.ts';
import type { Operation } from './faults.ts';
import type { Job, Jobs } from './jobs.ts';
import { JOB_STATUSES } from './vocabulary.ts';

const callSchema = z.object({
  /** When it arrived, RFC 3339 UTC. */
  at: z.string(),
  operation: z.enum([...OPERATIONS, 'unknown']),
  /** The header `x-amz-target`. */
  target: z.string(),
  jobName: z.string().optional(),
  body: z.unknown(),
  /** Null while it is in flight, and for good when its answer was lost. */
  status: z.number().nullable(),
  response: z.unknown(),
  /** The kind of the fault that was injected into it. */
  fault: z.string().optional(),
});
export type Call = z.infer<typeof callSchema>;

const violationSchema = z.object({
  at: z.string(),
  rule: z.enum(RULES),
  detail: z.string(),
  jobName: z.string().optional(),
});

const deliverySchema = z.object({
  /** When it was sent, or would have been. */
  at: z.string(),
  eventId: z.string(),
  jobName: z.string(),
  jobStatus: z.enum(JOB_STATUSES),
  /** From 1; a duplicate counts its own attempts. */
  attempt: z.number(),
  /** Of the answer; null while there is none, and for good when it never came or nothing was sent. */
  status: z.number().nullable(),
  /** The kind of the fault that was injected into it. */
  fault: z.string().optional(),
});
export type Delivery = z.infer<typeof deliverySchema>;

/** What is recorded, each list bounded to the newest 2,000. */
export const recordsSchema = z.object({
  calls: z.array(callSchema).default([]),
  violations: z.array(violationSchema).default([]),
  deliveries: z.array(deliverySchema).default([]),
  throttled: z
    .record(z.enum(OPERATIONS), z.number())
    .default({ start: 0, get: 0, list: 0, delete: 0 }),
});
type Recorded = z.infer<typeof recordsSchema>;

/** A job as the ledger shows it; times are RFC 3339 UTC with milliseconds. */
type JobEntry = Pick<Job, 'name' | 'status' | 'failureReason' | 'request'> & {
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  /** The keys of its output files. */
  readonly outputKeys: readonly string[];
};

/** What the simulator saw. */
export type Ledger = {
  readonly calls: readonly Readonly<Call>[];
  /** Every job that is known, newest first. */
  readonly jobs: readonly JobEntry[];
  /** Every rule broken. */
  readonly violations: Recorded['violations'];
  /** How often an operation was refused for its rate, or for want of a slot; of all jobs. */
  readonly throttled: Recorded['throttled'];
  /** Every attempt to deliver an event. */
  readonly deliveries: readonly Readonly<Delivery>[];
};

/** Keeps calls, violations and deliveries, bounded, oldest first. */
export class Records {
  readonly kept: Recorded;

  constructor(saved: Recorded) {
    this.kept = structuredClone(saved);
  }

  /** Records a call that has arrived; the entry is filled in when it is answered. */
  open(call: Call): Call {
    return append(this.kept.calls, call);
  }

  /** Records an attempt to deliver an event; its status is filled in when it is answered. */
  attempt(delivery: Delivery): Delivery {
    return append(this.kept.deliveries, delivery);
  }

  throttle(operation: Operation): void {
    this.kept.throttled[operation] += 1;
  }

  violate(atMs: number, rule: Rule, detail: string, { jobName }: Pick<Call, 'jobName'>): void {
    append(this.kept.violations, {
      at: timestamp(atMs),
      rule,
      detail,
      ...(jobName && { jobName }),
    });
  }
}

/** The ledger as of now, of one job or of all. */
export function viewLedger({ kept }: Records, jobs: Jobs, jobName?: string): Ledger {
  const wanted = (entry: { readonly jobName?: string | undefined }): boolean =>
    jobName === undefined || entry.jobName === jobName;
  return structuredClone({
    calls: kept.calls.filter(wanted),
    jobs: jobs
      .all()
      .filter(({ name }) => wanted({ jobName: name }))
      .map(jobEntry),
    violations: kept.violations.filter(wanted),
    throttled: kept.throttled,
    deliveries: kept.deliveries.filter(wanted),
  });
}

function jobEntry(job: Job): JobEntry {
  const { name, status, failureReason, request, createdAtMs, startedAtMs, endedAtMs } = job;
  return {
    name,
    status,
    failureReason,
    createdAt: timestamp(createdAtMs),
    startedAt: startedAtMs === null ? null : timestamp(startedAtMs),
    endedAt: endedAtMs === null ? null : timestamp(endedAtMs),
    request,
    outputKeys: job.result?.files.map(({ key }) => key) ?? [],
  };
}
