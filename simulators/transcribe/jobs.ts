import { z } from 'zod';
import { ServiceError } from './errors.ts';
import { startRequestSchema } from './start-request.ts';
import type { StartRequest } from './start-request.ts';
import { JOB_STATUSES, MEDIA_FORMATS, SUBTITLE_FORMATS } from './vocabulary.ts';

const DAY_MS = 86_400_000;

/** "Transcription job records are kept for 90 days", and so is a job's name. */
const KEPT_MS = 90 * DAY_MS;

/** What the queue may use of the slots, so that it never takes them all ("Job queueing"). */
const QUEUE_SHARE = 0.9;

const fileSchema = z.object({
  kind: z.enum(['transcript', 'redacted', ...SUBTITLE_FORMATS]),
  key: z.string(),
  /** What it holds, where it is in the service's own bucket. */
  body: z.string().optional(),
});
export type OutputFile = z.infer<typeof fileSchema>;

const resultSchema = z.object({
  mediaFormat: z.enum(MEDIA_FORMATS),
  sampleRateHertz: z.number().optional(),
  languageCode: z.string().optional(),
  identifiedLanguageScore: z.number().optional(),
  languageCodes: z
    .array(z.object({ LanguageCode: z.string(), DurationInSeconds: z.number() }))
    .optional(),
  files: z.array(fileSchema),
});
export type Result = z.infer<typeof resultSchema>;

/** All that the simulator knows of a job; times in ms since the epoch. */
export const jobSchema = z.object({
  name: z.string(),
  request: startRequestSchema,
  status: z.enum(JOB_STATUSES),
  createdAtMs: z.number(),
  startedAtMs: z.number().nullable(),
  endedAtMs: z.number().nullable(),
  failureReason: z.string().nullable(),
  result: resultSchema.nullable(),
});
export type Job = z.infer<typeof jobSchema>;

export type Outcome = { readonly result: Result } | { readonly failureReason: string };

export type Slots = {
  /** How many jobs are in progress at most. */
  readonly concurrentJobs: number;
  /** How many deferred jobs wait at most. */
  readonly queuedJobs: number;
};

/** The jobs of the account, with the slots they run in and the queue before these. */
export class Jobs {
  readonly #now: () => number;
  readonly #slots: Slots;
  readonly #byName = new Map<string, Job>();
  readonly #running = new Set<Job>();
  #queue: Job[] = [];

  constructor(now: () => number, slots: Slots, saved: readonly Job[]) {
    this.#now = now;
    this.#slots = slots;
    for (const job of saved) this.#place(job);
  }

  get(name: string): Job | undefined {
    const job = this.#byName.get(name);
    if (!job || this.#now() - job.createdAtMs < KEPT_MS) return job;
    this.#byName.delete(name);
    return undefined;
  }

  /** Newest first. */
  all(): Job[] {
    const known = [...this.#byName.keys()].flatMap((name) => this.get(name) ?? []);
    return known.toReversed();
  }

  /** Those in progress. */
  running(): Job[] {
    return [...this.#running];
  }

  start(request: StartRequest): Job {
    const deferrable = request.JobExecutionSettings?.AllowDeferredExecution ?? false;
    const waits = deferrable && !this.#hasSlotForQueued();
    if (waits && this.#queue.length >= this.#slots.queuedJobs) {
      throw new ServiceError('LimitExceededConcurrentJobException', 'Your job queue is full.');
    }
    if (!waits && this.#running.size >= this.#slots.concurrentJobs) {
      throw new ServiceError(
        'LimitExceededException',
        'You have too many jobs running at the same time. Try your request again later.',
      );
    }
    const nowMs = this.#now();
    const job: Job = {
      name: request.TranscriptionJobName,
      request,
      status: waits ? 'QUEUED' : 'IN_PROGRESS',
      createdAtMs: nowMs,
      startedAtMs: waits ? null : nowMs,
      endedAtMs: null,
      failureReason: null,
      result: null,
    };
    this.#place(job);
    return job;
  }

  /** Takes a job out of the queue, whatever its turn; no change to one in progress. */
  begin(job: Job): void {
    if (job.status !== 'QUEUED') return;
    this.#queue = this.#queue.filter((queued) => queued !== job);
    job.status = 'IN_PROGRESS';
    job.startedAtMs = this.#now();
    this.#running.add(job);
  }

  /** Ends a job in progress; false when it has ended otherwise meanwhile. */
  end(job: Job, outcome: Outcome): boolean {
    if (!this.#running.delete(job)) return false;
    job.endedAtMs = this.#now();
    if ('result' in outcome) {
      job.status = 'COMPLETED';
      job.result = outcome.result;
    } else {
      job.status = 'FAILED';
      job.failureReason = outcome.failureReason;
    }
    for (let next = this.#queue[0]; next && this.#hasSlotForQueued(); next = this.#queue[0]) {
      this.begin(next);
    }
    return true;
  }

  delete(job: Job): void {
    this.#byName.delete(job.name);
  }

  #place(job: Job): void {
    this.#byName.set(job.name, job);
    if (job.status === 'IN_PROGRESS') this.#running.add(job);
    if (job.status === 'QUEUED') this.#queue.push(job);
  }

  #hasSlotForQueued(): boolean {
    const slots = Math.max(1, Math.floor(this.#slots.concurrentJobs * QUEUE_SHARE));
    return this.#running.size < slots;
  }
}
