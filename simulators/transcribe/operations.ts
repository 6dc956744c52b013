import { z } from 'zod';
import { ServiceError } from './errors.ts';
import type { Operation } from './faults.ts';
import { jobView, summaryView } from './job-view.ts';
import type { ViewContext } from './job-view.ts';
import type { Job, Jobs } from './jobs.ts';
import { checked, member, name, text, whole } from './request-rules.ts';
import { startRequestSchema } from './start-request.ts';
import { JOB_STATUSES } from './vocabulary.ts';

const LISTED = 5;
const NOT_FOUND =
  "The requested job couldn't be found. Check the job name and try your request again.";

export type OperationContext = ViewContext & {
  readonly jobs: Jobs;
  /** Whether a get of an unknown job is a BadRequestException, as it once was. */
  readonly oldNotFound: boolean;
  /** Whether a get is to answer as if the job were still in progress. */
  readonly stale: boolean;
};

const named = z.strictObject({ TranscriptionJobName: name() });
const listRequest = z.strictObject({
  Status: member(JOB_STATUSES).optional(),
  JobNameContains: name().optional(),
  NextToken: text(0, 8_192, '.+').optional(),
  MaxResults: whole(1, 100).default(LISTED),
});

/** What each operation does with its body; an operation without an output answers nothing. */
export const OPERATE: Readonly<
  Record<Operation, (context: OperationContext, body: unknown) => object | undefined>
> = { start, get, list, delete: remove };

function start(context: OperationContext, body: unknown): object {
  const request = checked(startRequestSchema, body);
  if (context.jobs.get(request.TranscriptionJobName)) {
    throw new ServiceError(
      'ConflictException',
      'The requested job name already exists. Use a different job name.',
    );
  }
  return { TranscriptionJob: jobView(context.jobs.start(request), context) };
}

function get(context: OperationContext, body: unknown): object {
  const job = context.jobs.get(checked(named, body).TranscriptionJobName);
  if (!job) {
    throw new ServiceError(
      context.oldNotFound ? 'BadRequestException' : 'NotFoundException',
      NOT_FOUND,
    );
  }
  return { TranscriptionJob: jobView(context.stale ? unfinished(job) : job, context) };
}

function list({ jobs }: OperationContext, body: unknown): object {
  const { Status, JobNameContains, NextToken, MaxResults } = checked(listRequest, body);
  const part = JobNameContains?.toLowerCase() ?? '';
  const found = jobs
    .all()
    .filter((job) => Status === undefined || job.status === Status)
    .filter((job) => job.name.toLowerCase().includes(part));
  const from = NextToken === undefined ? 0 : placeOf(NextToken, found);
  const next = found[from + MaxResults];
  return {
    Status,
    ...(next && { NextToken: Buffer.from(next.name).toString('base64url') }),
    TranscriptionJobSummaries: found.slice(from, from + MaxResults).map(summaryView),
  };
}

/** A token is the name of the first job of its page, so jobs that are new meanwhile shift nothing. */
function placeOf(token: string, found: readonly Job[]): number {
  const wanted = Buffer.from(token, 'base64url').toString();
  const place = found.findIndex((job) => job.name === wanted);
  if (place < 0) throw new ServiceError('BadRequestException', 'Invalid NextToken.', 'body');
  return place;
}

function remove({ jobs }: OperationContext, body: unknown): undefined {
  const job = jobs.get(checked(named, body).TranscriptionJobName);
  if (!job) throw new ServiceError('BadRequestException', NOT_FOUND);
  if (job.status === 'QUEUED' || job.status === 'IN_PROGRESS') {
    throw new ServiceError(
      'BadRequestException',
      `The requested job is ${job.status}. Only a job that is COMPLETED or FAILED can be deleted.`,
      'delete-unfinished',
    );
  }
  jobs.delete(job);
}

function unfinished(job: Job): Job {
  if (job.status === 'QUEUED') return job;
  return { ...job, status: 'IN_PROGRESS', endedAtMs: null, failureReason: null, result: null };
}
