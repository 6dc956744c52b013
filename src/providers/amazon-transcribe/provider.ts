import type { TranscriptionJob } from '@aws-sdk/client-transcribe';
import type { Job } from '../../domain/recording.ts';
import { objectStore } from '../../storage/object-store.ts';
import { saying, timestampOf } from '../answers.ts';
import { ProviderError } from '../errors.ts';
import type { BatchProvider, JobSight, JobStart, RunningTask } from '../port.ts';
import { JobClient, VENDOR, type ListedJob } from './client.ts';
import { providerError } from './errors.ts';
import { jobId, jobPrefix, jobRequest, JOBS_OF_OURS, jobsOf, readOptions } from './job-request.ts';
import { isSameJob } from './same-job.ts';
import type { TranscribeSettings } from './settings.ts';
import { readTranscriptFile } from './transcript-file.ts';

const UNFINISHED = ['QUEUED', 'IN_PROGRESS'] as const;

const BUCKET = 'the bucket of the transcripts';

/** Amazon Transcribe, batch jobs. What they make is written to the bucket of the transcripts, below `jobs/`. */
export function amazonTranscribe(settings: TranscribeSettings): BatchProvider {
  const client = new JobClient(settings);
  const store = objectStore(settings.transcripts);

  /** What a bucket lacks is nothing that the vendor does not know. */
  async function storing<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const { kind, message, facts } = providerError(error, BUCKET, await client.secrets());
      throw new ProviderError(kind === 'not-found' ? 'rejected' : kind, message, facts);
    }
  }

  return {
    name: 'amazon-transcribe',

    async start(start) {
      const request = jobRequest(start, store.bucket);
      const started = await client.start(request);
      if (started !== null) return jobOf(started, start);
      const known = await conflicting(client, jobId(start));
      const isUsable = known.TranscriptionJobStatus !== 'FAILED' && isSameJob(known, request);
      return isUsable ? jobOf(known, start) : null;
    },

    look: async ({ id }) => sightOf(await client.get(id)),

    async stop(sessionId) {
      for (const { id } of await client.list(jobsOf(sessionId))) await deleteEnded(client, id);
    },

    async running() {
      const listed: ListedJob[] = [];
      for (const status of UNFINISHED) listed.push(...(await client.list(JOBS_OF_OURS, status)));
      return listed.map(runningJob);
    },

    async read({ id, channel }, options) {
      const { languageCode, redaction } = readOptions(options);
      for (const name of fileNames(redaction !== undefined)) {
        const text = await storing(() => store.read(jobPrefix(id) + name));
        if (text === null) continue;
        const part = readTranscriptFile(text, channel);
        return {
          offsetSeconds: 0,
          ...part,
          languageCode: part.languageCode ?? languageCode ?? null,
        };
      }
      return null;
    },

    async remains(sessionId) {
      const name = jobsOf(sessionId);
      const jobs = await client.list(name);
      const files = await storing(() => store.measure(filesOf(name)));
      return { ...files, jobs: jobs.length, kept: [] };
    },

    async forget(sessionId) {
      const name = jobsOf(sessionId);
      for (const { id } of await client.list(name)) {
        if (await deleteEnded(client, id)) continue;
        // It would write its files after they were removed.
        throw new ProviderError('unavailable', `job ${id} still runs, and cannot be ended`);
      }
      await storing(() => store.removeAll(filesOf(name)));
    },
  };
}

/** What the keys begin with of the files of all jobs whose names begin so. */
function filesOf(name: string): string {
  return jobPrefix(name).slice(0, -1);
}

/** Only a job that has ended can be deleted: one that runs goes on to its end. Returns whether it is gone. */
async function deleteEnded(client: JobClient, id: string): Promise<boolean> {
  try {
    if (sightOf(await client.get(id)).state === 'running') return false;
    await client.delete(id);
  } catch (error) {
    if (!(error instanceof ProviderError && error.kind === 'not-found')) throw error;
  }
  return true;
}

/** The job whose name was taken. */
async function conflicting(client: JobClient, id: string): Promise<TranscriptionJob> {
  try {
    return await client.get(id);
  } catch (error) {
    if (!(error instanceof ProviderError && error.kind === 'not-found')) throw error;
    // It was deleted since: the same start has a free name.
    throw new ProviderError('unavailable', `${VENDOR}: ${error.message}`);
  }
}

function sightOf({
  TranscriptionJobStatus: status,
  FailureReason: reason,
}: TranscriptionJob): JobSight {
  if (status === 'COMPLETED') return { state: 'completed' };
  if (status !== 'FAILED') return { state: 'running' };
  return { state: 'failed', reason: saying.parse(reason) ?? `${VENDOR} gave no reason` };
}

function runningJob({ id, startedAt }: ListedJob): RunningTask {
  const started = (startedAt ?? new Date()).toISOString();
  const task = { id, startedAt: started, endsAt: null, rotateAt: null, key: null };
  return { task, channel: null, isNamedByUs: true };
}

function jobOf({ StartTime, CreationTime }: TranscriptionJob, start: JobStart): Job {
  const startedAt = timestampOf((StartTime ?? CreationTime)?.getTime());
  return { id: jobId(start), channel: start.media.channel, startedAt };
}

/** Who asks for redaction is given the redacted transcript; the other one, where there is one, stays in the bucket. */
function fileNames(isRedacted: boolean): string[] {
  return isRedacted ? ['redacted-transcript.json', 'transcript.json'] : ['transcript.json'];
}
