import { activityInfo } from '@temporalio/activity';
import type { Job } from '../domain/recording.ts';
import { summaryOf, transcriptKey, transcriptOf } from '../domain/transcript.ts';
import type { TranscriptPart, TranscriptProgress } from '../domain/transcript.ts';
import { ProviderError } from '../providers/errors.ts';
import type { BatchProvider, JobStart } from '../providers/port.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { failingClearly, insisting, lookAgain, lookAgainLater } from './failures.ts';
import { beating } from './heartbeats.ts';
import { storing } from './storing.ts';

/** A job is looked at after this long at first. */
const FIRST_POLL_MS = 10_000;
/** A job may be told completed shortly before its file is there (boto3#1517). */
const FILE_LOOK_MS = 2_000;
const FILE_LOOKS = 60;

export type JobDependencies = {
  readonly provider: BatchProvider;
  readonly transcripts: ObjectStore;
  /** The longest pause between two looks at a job. */
  readonly jobPollMs: number;
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

/** The starts of jobs, which have a limit of their own. */
export function createJobStartActivities({ provider }: Pick<JobDependencies, 'provider'>) {
  return {
    /** Starts a job or adopts the one that is there; null when its name is taken by one that is no use. */
    async startJob(start: JobStart): Promise<Job | null> {
      return failingClearly(() => provider.start(start));
    },
  };
}

/** What else is done with the jobs of recordings. */
export function createJobActivities({ provider, transcripts, jobPollMs }: JobDependencies) {
  return {
    /** Looks at the job, ever more seldom, until it has ended. Looking again is a retry, which costs no history. */
    async watchJob(job: Job): Promise<'completed' | { readonly reason: string }> {
      return insisting(async () => {
        const sight = await provider.look(job);
        if (sight.state === 'completed') return 'completed';
        if (sight.state === 'failed') return { reason: sight.reason };
        throw lookAgainLater('it runs', FIRST_POLL_MS, jobPollMs);
      });
    },

    /** Ends the job as far as the vendor lets one. */
    async stopJob(job: Job): Promise<void> {
      return insisting(() => provider.stop(job));
    },

    /** Makes one transcript of what the jobs have written, and stores it. */
    async storeTranscript(results: Results): Promise<TranscriptProgress> {
      return failingClearly(async () => {
        const { sessionId, firstRunId, jobs, options } = results;
        const parts: TranscriptPart[] = [];
        await beating(async () => {
          for (const job of jobs) parts.push(await read(provider, job, options));
        });
        const transcript = transcriptOf({ sessionId, provider: provider.name }, parts);
        const key = transcriptKey(sessionId, firstRunId);
        await storing(() => transcripts.write(key, JSON.stringify(transcript), 'application/json'));
        return { state: 'ready', key, summary: summaryOf(transcript) };
      });
    },

    /** Removes the jobs of a session and their files. */
    async forgetTasks(jobIds: readonly string[]): Promise<void> {
      return insisting(() => provider.forget(jobIds));
    },
  };
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
