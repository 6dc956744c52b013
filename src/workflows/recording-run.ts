import { CancellationScope, condition, patched, workflowInfo } from '@temporalio/workflow';
import {
  mediaInPlace,
  waitForJob,
  type Job,
  type Media,
  type StartedJob,
} from '../domain/recording.ts';
import type { TranscriptProgress } from '../domain/transcript.ts';
import { readFailure } from './failures.ts';
import { countTranscript, observeJob } from './metrics.ts';
import type { VendorEvent } from './messages.ts';
import { recordingActivities } from './recording-activities.ts';
import type { RecordingRecord } from './recording-record.ts';
import { SessionFailed } from './session-failed.ts';

/** How many jobs of one session run at a time. */
const JOBS_AT_A_TIME = 4;
/** How many names of a job are tried: each belongs to one that has failed before, or to other media. */
const MOST_ATTEMPTS = 10;

/** A history that long takes no more hints: each costs ten events, and the jobs are looked at anyway. */
const MOST_EVENTS = 2_000;

/** A recording on its way to a transcript: archived, then transcribed by one job, or by one for each channel. */
export class RecordingRun {
  readonly #record: RecordingRecord;
  readonly #waitsToLook: boolean;
  readonly #activities: ReturnType<typeof recordingActivities>;
  /** How many hints have come: of each job, and ('') of no certain one. */
  readonly #hints = new Map<string, number>();
  #isStarted = false;

  /** `waitsToLook`: the job is not looked at before there is a hint, or its time. */
  constructor(record: RecordingRecord, waitsToLook: boolean) {
    this.#record = record;
    this.#waitsToLook = waitsToLook;
    this.#activities = recordingActivities(waitsToLook);
  }

  /** Something happened at the vendor: the job that it was about is looked at now, or else all are. */
  lookNow(event: VendorEvent | undefined): void {
    if (workflowInfo().historyLength >= MOST_EVENTS) return;
    const about = (this.#waitsToLook && event?.taskId) || '';
    this.#hints.set(about, this.#hintsOf(about) + 1);
  }

  #hintsOf(about: string): number {
    return this.#hints.get(about) ?? 0;
  }

  /** How many hints there are to look at the job. */
  #hintsAt({ id }: Job): number {
    return this.#hintsOf('') + this.#hintsOf(id);
  }

  /** Throws SessionFailed, or CancelledFailure when the session is to stop. */
  async transcribe(): Promise<TranscriptProgress> {
    try {
      const media = await this.#archive();
      const jobs = await inTurn(media, JOBS_AT_A_TIME, (one) => this.#transcribe(one));
      const transcript = await this.#store(jobs);
      countTranscript(this.#record.request.provider, 'ready');
      return transcript;
    } catch (error) {
      throw error instanceof SessionFailed ? error : new SessionFailed(readFailure(error));
    }
  }

  /** Deletes the jobs that were started, or may have been, as far as the vendor lets one. */
  async release(): Promise<void> {
    if (!this.#isStarted) return;
    const summary = 'delete the jobs, as far as they have ended';
    await this.#activities.stopJobs.executeWithOptions({ summary }, [this.#record.id]);
  }

  async #archive(): Promise<readonly Media[]> {
    const { id, request } = this.#record;
    const inPlace = mediaInPlace(request.source, request.channels);
    // A history with the newer marker is younger than this one's change too: one is enough.
    if (inPlace && (this.#waitsToLook || patched('no-archive-in-place'))) return [inPlace];
    this.#record.waiting('archiving the recording');
    const summary = `archive ${this.#record.view.media}`.slice(0, 200);
    return this.#activities.archiveRecording.executeWithOptions({ summary }, [
      { sessionId: id, source: request.source, channels: request.channels },
    ]);
  }

  async #transcribe(media: Media): Promise<Job> {
    // What is told before the start is answered may be of its job.
    const told = this.#hintsOf('');
    const { firstLookMs = 0, ...job } = await this.#start(media);
    this.#record.started(job);
    const isToWait = this.#waitsToLook && firstLookMs > 0;
    // No `await` where nothing is waited for: it would change the order of several jobs in older histories.
    let waitedMs = isToWait ? await this.#untilFirstLook(job, firstLookMs, told) : 0;
    for (;;) {
      const seen = this.#hintsAt(job);
      const scope = new CancellationScope();
      const summary = waitForJob(job.id);
      const watching = scope.run(() =>
        this.#activities.watchJob.executeWithOptions({ summary }, [job, waitedMs]),
      );
      const failure = await Promise.race([watching, condition(() => this.#hintsAt(job) > seen)]);
      scope.cancel();
      if (failure) {
        const outcome = failure === 'completed' ? failure : 'failed';
        observeJob(this.#record.request.provider, outcome, job.startedAt);
      }
      if (failure === 'completed') return job;
      if (typeof failure === 'object') throw new SessionFailed(failedJob(failure.reason));
      await watching.catch(() => undefined);
      waitedMs = 0;
    }
  }

  /** Waits for a first hint after those `told`, for `mostMs` at most; returns how long it waited in vain. */
  async #untilFirstLook(job: Job, mostMs: number, told: number): Promise<number> {
    const summary = waitForJob(job.id);
    return (await condition(() => this.#hintsAt(job) > told, mostMs, { summary })) ? 0 : mostMs;
  }

  async #start(media: Media): Promise<StartedJob> {
    const { id: sessionId, request } = this.#record;
    const { options } = request;
    const channels = media.channel === null ? request.channels : null;
    this.#record.waiting('starting a job');
    for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt += 1) {
      const summary = `start a job of ${media.uri}`.slice(0, 200);
      const start = { sessionId, attempt, media, channels, options };
      this.#isStarted = true;
      const job = await this.#activities.startJob.executeWithOptions({ summary }, [start]);
      if (job) return job;
    }
    throw new SessionFailed(failedJob(`${MOST_ATTEMPTS} jobs of the session have failed`));
  }

  async #store(jobs: readonly Job[]): Promise<TranscriptProgress> {
    const { id: sessionId, request } = this.#record;
    const { firstExecutionRunId: firstRunId } = workflowInfo();
    this.#record.waiting('reading the transcript');
    const summary = `store the transcript of ${jobs.length} job(s)`;
    return this.#activities.storeTranscript.executeWithOptions({ summary }, [
      { sessionId, firstRunId, jobs, options: request.options },
    ]);
  }
}

function failedJob(message: string) {
  return { kind: 'rejected', message, isFinal: true, mayHaveHappened: false } as const;
}

/**
 * Does `work` for every member, for `atATime` at once, and returns the results in their order. When one fails the others
 * are cancelled and awaited, and then it fails.
 */
async function inTurn<T, R>(
  members: readonly T[],
  atATime: number,
  work: (member: T) => Promise<R>,
): Promise<R[]> {
  const waiting = [...members.entries()];
  const results: R[] = [];
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [index, member] = next;
      results[index] = await work(member);
    }
  };
  const scope = new CancellationScope();
  const workers: Promise<void>[] = [];
  const working = scope.run(async () => {
    while (workers.length < Math.min(atATime, members.length)) workers.push(worker());
    await Promise.all(workers);
  });
  try {
    await working;
    return results;
  } catch (error) {
    scope.cancel();
    await Promise.allSettled(workers);
    throw error;
  }
}
