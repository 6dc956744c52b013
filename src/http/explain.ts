import type { Client } from '@temporalio/client';
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { tell, tellRecording } from '../domain/narration.ts';
import { SESSION_STATUSES } from '../domain/session.ts';
import { answer } from './documentation/operation.ts';
import { deadline, inTime } from './in-time.ts';
import { nextInWords } from './next-words.ts';
import { runId, sessionParameters as params } from './parameters.ts';
import { pendingActivities, recentHistory } from './pending-work.ts';
import type { SessionReader } from './session-reader.ts';
import type { Session } from './session-schema.ts';
import { stepOf, type Step } from './session-step.ts';
import type { StoredSession } from './stored-session.ts';

/** How long a worker has to answer: one that took over from a killed one needs more than a second. */
const ANSWERED_WITHIN_MS = 2_000;

const time = z.iso.datetime().nullable();
const ExplanationSchema = z
  .object({
    id: z.string(),
    runId: z.string(),
    status: z.enum(SESSION_STATUSES),
    details: z.string().meta({ description: 'As in the Temporal UI: Markdown.' }),
    step: z
      .object({
        name: z.string().meta({ description: "The activity's name in the Temporal UI." }),
        summary: z.string(),
        state: z.enum(['waiting', 'under way', 'paused']),
        attempt: z.int().meta({ description: 'The try that is under way, or comes next.' }),
        scheduledAt: time,
        startedAt: time,
        lastError: z.object({ kind: z.string(), message: z.string() }).nullable(),
        nextAttemptAt: time,
        givesUpAt: time,
      })
      .nullable()
      .meta({ description: 'What the session is at.' }),
    pendingTimers: z.array(z.object({ summary: z.string().nullable(), firesAt: z.string() })),
    next: z.string().meta({ description: 'What happens next, and when.' }),
    temporal: z.url().meta({ description: "The session in Temporal's Web UI." }),
  })
  .meta({ id: 'Explanation' });

const EXPLAIN = {
  operationId: 'explainSession',
  summary: 'Explain a session',
  description: 'What it is at, what went wrong last, and what happens next and when, in words.',
  tags: ['sessions'],
  params,
  querystring: z.object({ runId }),
  problems: ['session-not-found', 'erased', 'unavailable'],
  response: { 200: answer('The explanation.', ExplanationSchema) },
} as const;

export type ExplainRoutesOptions = { readonly client: Client; readonly sessions: SessionReader };

/** `GET /v1/sessions/{id}/explain`: what a session does and why it waits, from what Temporal has of it. */
export const explainRoutes: FastifyPluginCallbackZod<ExplainRoutesOptions> = (
  app,
  { client, sessions },
  done,
) => {
  app.get('/:id/explain', { schema: EXPLAIN }, async (request) => {
    const stored = await sessions.getRun(request.params.id, request.query.runId);
    const isLeft = stored.transcript.state === 'awaited' && !stored.isOpen;
    const transcript = isLeft ? await sessions.transcriptLeft(stored) : stored.transcript;
    return explain(client, { ...stored, transcript });
  });
  done();
};

async function explain(
  client: Client,
  { session, request, transcript, isOpen }: StoredSession,
): Promise<z.infer<typeof ExplanationSchema>> {
  const { id, status, links } = session;
  const execution = { workflowId: id, runId: session.runId };
  const handle = client.workflow.getHandle(id, session.runId);
  const [description, history, told] = await Promise.all([
    inTime(client, () => handle.describe()),
    isOpen ? inTime(client, () => recentHistory(client, execution)) : { timers: [], failed: [] },
    isOpen ? currentDetails(client, execution) : null,
  ]);
  const pending = await pendingActivities(description, client.options.loadedDataConverter);
  const step = stepOf(session, pending, history);
  const isUnserved = isOpen && told === null;
  return {
    id,
    runId: session.runId,
    status,
    details: told ?? detailsOf(session, step, isUnserved),
    step,
    pendingTimers: [...history.timers],
    next: nextInWords({
      session,
      step,
      transcript,
      maxDurationSeconds: request.maxDurationSeconds,
      unservedQueue: isUnserved ? description.taskQueue : null,
    }),
    temporal: links.temporal,
  };
}

const Metadata = z.object({ currentDetails: z.string().min(1) });

/** What the workflow itself shows in the Temporal UI; null when no worker answers for it. */
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
  } catch {
    return null;
  }
}

/** The same, from what is stored of the session. */
function detailsOf(session: Session, step: Step | null, isUnserved: boolean): string {
  const doing = step?.summary ?? null;
  const words =
    session.provider === 'amazon-transcribe' ? tellRecording(session, doing) : tell(session, doing);
  return isUnserved ? `**No worker answers.** This is what was last known:\n\n${words}` : words;
}
