import { activityInfo, heartbeat } from '@temporalio/activity';
import type { Remains } from '../domain/erasure.ts';
import type { Job, StartedJob } from '../domain/recording.ts';
import { summaryOf, transcriptKey, transcriptOf } from '../domain/transcript.ts';
import type { TranscriptPart, TranscriptProgress } from '../domain/transcript.ts';
import { ProviderError } from '../providers/errors.ts';
import type { BatchProvider, JobSight, JobStart } from '../providers/port.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { failingClearly, insisting, lookAgain, lookAgainLater, POLL_GROWTH } from './failures.ts';
import { beating } from './heartbeats.ts';
import { paceOf } from './pace.ts';
import { storing } from './storing.ts';

/** A job is looked at after this long at first: most have ended by then, and EventBridge has told of them. */
const FIRST_POLL_MS = 10_000;
/** How long a job may be unknown to its vendor before it counts as gone. */
const UNKNOWN_MS = 2 * 60_000;
const UNKNOWN_LOOK_MS = 10_000;
/** A job may be told completed shortly before its file is there (boto3#1517). */
const FILE_LOOK_MS = 2_000;
const FILE_LOOKS = 60;

export type JobDependencies = {
  readonly provider: BatchProvider;
  readonly transcripts: ObjectStore;
  /** The longest pause between two looks at a job. */
  readonly jobPollMs: number;
  /** How many starts, or looks, the vendor takes a second; what stops and erasures ask is not counted. */
  readonly callsPerSecond: number;
};

/** The completed jobs of a session, whose files are to be one transcript. */
export type Results = {
  readonly sessionId: string;
  readonly firstRunId: string;
  readonly jobs: readonly Job[];
  readonly options: JobStart['options'];
};

export type JobStartActivities = ReturnType<typeof createJobStartActivities>;
export type JobActivities = ReturnType<typeof createJobActivities>;
export type JobTranscriptActivities = ReturnType<typeof createJobTranscriptActivities>;

/** The starts of jobs, which have a limit of their own. */
export function createJobStartActivities({
  provider,
  jobPollMs,
  callsPerSecond,
}: Omit<JobDependencies, 'transcripts'>) {
  const inPace = paceOf(callsPerSecond);
  return {
    /** Starts a job or adopts the one that is there; null when its name is taken by one that is no use. */
    async startJob(start: JobStart): Promise<StartedJob | null> {
      const job = await failingClearly(() => inPace(() => provider.start(start)));
      return job && { ...job, firstLookMs: untilFirstLook(job, jobPollMs) };
    },
  };
}

/** What else is asked of the vendor about the jobs of recordings. */
export function createJobActivities({
  provider,
  jobPollMs,
  callsPerSecond,
}: Omit<JobDependencies, 'transcripts'>) {
  const inPace = paceOf(callsPerSecond);
  return {
    /**
     * Looks at the job, ever more seldom, until it has ended. Looking again is a retry, which costs no history. The first
     * look may have been waited for, `waitedMs`: the pauses grow from there.
     */
    async watchJob(job: Job, waitedMs = 0): Promise<'completed' | { readonly reason: string }> {
      return insisting(async () => {
        const sight = await inPace(() => look(provider, job));
        if (sight === 'unknown')
          return unknownFor(UNKNOWN_MS, `${provider.name} no longer knows it`);
        if (sight.state === 'completed') return 'completed';
        if (sight.state === 'failed') return { reason: sight.reason };
        if (activityInfo().heartbeatDetails !== undefined) heartbeat();
        const firstMs = Math.max(FIRST_POLL_MS, waitedMs * POLL_GROWTH);
        throw lookAgainLater('it runs', firstMs, jobPollMs);
      });
    },

    /** Deletes the jobs of a session, as far as the vendor lets one. */
    async stopJobs(sessionId: string): Promise<void> {
      return insisting(() => provider.stop(sessionId));
    },

    /** What `forgetTasks` would remove. */
    async surveyTasks(sessionId: string): Promise<Remains> {
      return insisting(() => beating(() => provider.remains(sessionId)));
    },

    /** Removes the jobs of a session and their files. */
    async forgetTasks(sessionId: string): Promise<void> {
      return insisting(() => beating(() => provider.forget(sessionId)));
    },
  };
}

/** What becomes of what the jobs have written: none of it is a call of the vendor's. */
export function createJobTranscriptActivities({
  provider,
  transcripts,
}: Pick<JobDependencies, 'provider' | 'transcripts'>) {
  return {
    /** Makes one transcript of what the jobs have written, and stores it. */
    async storeTranscript(results: Results): Promise<TranscriptProgress> {
      const { sessionId, firstRunId, jobs, options } = results;
      const store = async (): Promise<TranscriptProgress> => {
        const parts: TranscriptPart[] = [];
        for (const job of jobs) parts.push(await read(provider, job, options));
        const transcript = transcriptOf({ sessionId, provider: provider.name }, parts);
        const key = transcriptKey(sessionId, firstRunId);
        await storing(() => transcripts.write(key, JSON.stringify(transcript), 'application/json'));
        return { state: 'ready', key, summary: summaryOf(transcript) };
      };
      return failingClearly(() => beating(store));
    },
  };
}

/** A job that has been there for a while is looked at sooner: its event may have come and gone. */
function untilFirstLook({ startedAt }: Job, jobPollMs: number): number {
  const ageMs = Math.max(0, Date.now() - Date.parse(startedAt));
  return Math.max(0, Math.min(FIRST_POLL_MS, jobPollMs) - ageMs);
}

async function look(provider: BatchProvider, job: Job): Promise<JobSight | 'unknown'> {
  try {
    return await provider.look(job);
  } catch (error) {
    if (error instanceof ProviderError && error.kind === 'not-found') return 'unknown';
    throw error;
  }
}

/** Since when a job is unknown is kept in the heartbeat, which outlives a try. */
function unknownFor(mostMs: number, reason: string): { readonly reason: string } {
  const { heartbeatDetails } = activityInfo();
  const sinceMs = typeof heartbeatDetails === 'number' ? heartbeatDetails : Date.now();
  if (Date.now() - sinceMs >= mostMs) return { reason };
  heartbeat(sinceMs);
  throw lookAgain('the vendor does not know the job', UNKNOWN_LOOK_MS);
}

async function read(
  provider: BatchProvider,
  job: Job,
  options: JobStart['options'],
): Promise<TranscriptPart> {
  const part = await provider.read(job, options);
  if (part) return part;
  if (activityInfo().attempt < FILE_LOOKS) throw lookAgain('no file yet', FILE_LOOK_MS);
  throw new ProviderError('rejected', `job ${job.id} completed, but has left no file`);
}
