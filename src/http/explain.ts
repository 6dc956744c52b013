import { isGrpcServiceError, ServiceError } from '@temporalio/client';
import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { tell, tellRecording } from '../domain/narration.ts';
import { SESSION_STATUSES } from '../domain/session.ts';
import type { TranscriptProgress } from '../domain/transcript.ts';
import { EXPLANATION_EXAMPLE } from './documentation/examples.ts';
import { answer } from './documentation/operation.ts';
import { deadline, inTime } from './in-time.ts';
import { nextInWords, type Standstill } from './next-words.ts';
import { runId, sessionParameters as params } from './parameters.ts';
import { pendingActivities, recentHistory, type RecentHistory } from './pending-work.ts';
import type { SessionReader } from './session-reader.ts';
import type { Session } from './session-schema.ts';
import { stepOf, StepSchema, type Step } from './session-step.ts';
import type { StoredSession } from './stored-session.ts';
import { problemOfTemporal } from './temporal-problem.ts';

/** How long a worker has to answer: one that took over from a killed one needs more than a second. */
const ANSWERED_WITHIN_MS = 2_000;

const TRANSCRIPT_STATES = [
  'none',
  'awaited',
  'ready',
] as const satisfies readonly TranscriptProgress['state'][];

const ExplanationSchema = z
  .object({
    id: z.string(),
    runId: z.string(),
    status: z.enum(SESSION_STATUSES),
    details: z.string().meta({ description: 'As in the Temporal UI: Markdown.' }),
    step: StepSchema.nullable().meta({ description: 'What the session is at.' }),
    pendingTimers: z.array(z.object({ summary: z.string().nullable(), firesAt: z.string() })),
    transcript: z.enum(TRANSCRIPT_STATES),
    next: z.string().meta({ description: 'What happens next, and when.' }),
    temporal: z.url().meta({ description: "The session in Temporal's Web UI." }),
  })
  .meta({ id: 'Explanation', examples: [EXPLANATION_EXAMPLE] });

const EXPLAIN = {
  operationId: 'explainSession',
  summary: 'Explain a session',
  description: 'What it is at, what went wrong last, and what happens next and when, in words.',
  tags: ['sessions'],
  params,
  querystring: z.strictObject({ runId }),
  problems: ['session-not-found', 'erased', 'unavailable'],
  response: { 200: answer('The explanation.', ExplanationSchema) },
} as const;

export type ExplainRoutesOptions = {
  readonly client: Client;
  readonly sessions: SessionReader;
  /** How long after a session's end what is missing of its transcript is waited for. */
  readonly transcriptWaitMs: number;
};

/** `GET /v1/sessions/{id}/explain`: what a session does and why it waits, from what Temporal has of it. */
export const explainRoutes: FastifyPluginCallbackZod<ExplainRoutesOptions> = (
  app,
  { client, sessions, transcriptWaitMs },
  done,
) => {
  app.get('/:id/explain', { schema: EXPLAIN }, async (request) => {
    const stored = await sessions.getRun(request.params.id, request.query.runId);
    const transcript = await sessions.transcriptOf(stored);
    return explain(client, { ...stored, transcript }, transcriptWaitMs);
  });
  done();
};

async function explain(
  client: Client,
  { session, request, transcript, isOpen }: StoredSession,
  transcriptWaitMs: number,
): Promise<z.infer<typeof ExplanationSchema>> {
  const { id, status, links } = session;
  const execution = { workflowId: id, runId: session.runId };
  const handle = client.workflow.getHandle(id, session.runId);
  const [description, history, told] = await Promise.all([
    inTime(client, () => handle.describe()),
    isOpen ? inTime(client, () => recentHistory(client, execution)) : NOTHING,
    isOpen ? currentDetails(client, execution) : '',
  ]);
  const pending = await pendingActivities(description, client.options.loadedDataConverter);
  const step = stepOf(session, pending, history, transcriptWaitMs);
  const standstill = told === null ? standstillOf(description, history) : null;
  return {
    id,
    runId: session.runId,
    status,
    details: told || detailsOf(session, step, standstill),
    step,
    pendingTimers: [...history.timers],
    transcript: transcript.state,
    next: nextInWords({
      session,
      step,
      transcript,
      maxDurationSeconds: request.maxDurationSeconds,
      standstill,
    }),
    temporal: links.temporal,
  };
}

const NOTHING: RecentHistory = { timers: [], failed: [], isBroken: false };
const Metadata = z.object({ currentDetails: z.string().default('') });
/** gRPC's CANCELLED, DEADLINE_EXCEEDED, and FAILED_PRECONDITION: the workflow's code keeps failing. */
const UNANSWERED_CODES = new Set<number>([1, 4, 9]);

/** What the workflow itself shows in the Temporal UI; null when it does not answer. Throws Problem for anything else. */
async function currentDetails(
  client: Client,
  { workflowId, runId: run }: { readonly workflowId: string; readonly runId: string },
): Promise<string | null> {
  const handle = client.workflow.getHandle(workflowId, run);
  try {
    const metadata = await client.withDeadline(deadline(ANSWERED_WITHIN_MS), () =>
      handle.query('__temporal_workflow_metadata'),
    );
    return Metadata.parse(metadata).currentDetails;
  } catch (error) {
    const cause = error instanceof ServiceError ? error.cause : error;
    if (isGrpcServiceError(cause) && UNANSWERED_CODES.has(cause.code)) return null;
    throw problemOfTemporal(error) ?? error;
  }
}

/** Why a workflow does not answer. */
function standstillOf(
  { raw, taskQueue: queue }: WorkflowExecutionDescription,
  { isBroken }: RecentHistory,
): Standstill {
  const attempt = raw.pendingWorkflowTask?.attempt ?? 1;
  return isBroken && attempt > 1 ? { kind: 'broken', attempt } : { kind: 'unserved', queue };
}

const STANDSTILLS = {
  broken: "**Its workflow's code fails.**",
  unserved: '**No worker answers.**',
} as const satisfies Record<Standstill['kind'], string>;

/** The same, from what is stored of the session. */
function detailsOf(session: Session, step: Step | null, standstill: Standstill | null): string {
  const doing = step?.summary ?? null;
  const words =
    session.provider === 'amazon-transcribe' ? tellRecording(session, doing) : tell(session, doing);
  if (standstill === null) return words;
  return `${STANDSTILLS[standstill.kind]} This is what was last known:\n\n${words}`;
}
