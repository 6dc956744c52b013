import { context, SpanKind, trace } from '@opentelemetry/api';
import { defaultPayloadConverter, type Headers } from '@temporalio/common';
import type { WorkflowClientInterceptor } from '@temporalio/client';
import { TRACE_HEADER } from '../domain/causes.ts';
import { sessionOfWorkflow } from '../domain/identity.ts';
import { endFailed, known, traceparentOf, tracer } from './trace-context.ts';

/** A span of each message to a workflow, which is told of it. What only looks has none: waiting is looking. */
export const messageSpans: WorkflowClientInterceptor = {
  startWithDetails: (input, next) =>
    within(`StartWorkflow:${input.workflowType}`, input.options.workflowId, (added) =>
      next({ ...input, headers: { ...input.headers, ...added } }),
    ),
  signal: (input, next) =>
    within(`SignalWorkflow:${input.signalName}`, input.workflowExecution.workflowId, (added) =>
      next({ ...input, headers: { ...input.headers, ...added } }),
    ),
  signalWithStart: (input, next) =>
    within(`SignalWithStartWorkflow:${input.signalName}`, input.options.workflowId, (added) =>
      next({ ...input, headers: { ...input.headers, ...added } }),
    ),
  startUpdate: (input, next) =>
    within(`UpdateWorkflow:${input.updateName}`, input.workflowExecution.workflowId, (added) =>
      next({ ...input, headers: { ...input.headers, ...added } }),
    ),
};

async function within<T>(
  name: string,
  workflowId: string | undefined,
  send: (added: Headers) => Promise<T>,
): Promise<T> {
  const attributes = known({
    temporalWorkflowID: workflowId,
    'durascribe.session.id': workflowId && sessionOfWorkflow(workflowId),
  });
  const span = tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes });
  const carrier = defaultPayloadConverter.toPayload({ traceparent: traceparentOf(span) });
  try {
    const answer = await context.with(trace.setSpan(context.active(), span), () =>
      send({ [TRACE_HEADER]: carrier }),
    );
    span.end();
    return answer;
  } catch (error) {
    endFailed(span, error instanceof Error ? error.name : 'unknown');
    throw error;
  }
}
