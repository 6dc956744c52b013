import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import type { Attributes, Context, Link, Span } from '@opentelemetry/api';
import type { Context as ActivityContext } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import { CancelledFailure, defaultPayloadConverter } from '@temporalio/common';
import { causesIn, CAUSES_HEADER, type Cause, type Causes } from '../domain/causes.ts';
import { sessionOfWorkflow } from '../domain/identity.ts';
import { PROVIDER_NAMES } from '../domain/sessions.ts';
import { contextOf, endFailed, known, tracer } from './trace-context.ts';
import type { Tracing } from './tracing.ts';

/**
 * What is done later than this after the message that caused it, as a look at a task that runs for hours, is a trace of
 * its own, with a link to the other one: traces are kept short, for those who wait for their end and those who read them.
 */
const SAME_TRACE_MS = 60_000;

/** What of an activity's arguments tells where in a session's life it belongs. */
const TOLD = { generation: 'generation', revision: 'revision', sequenceId: 'sequence_id' } as const;

/** A span of each try of an activity, in the trace of the message that caused it. */
export const activitySpans: Tracing['activity'] = (activity) => ({
  inbound: {
    async execute(input, next) {
      const span = begin(activity, causesIn(read(input.headers[CAUSES_HEADER])), input.args);
      try {
        const result = await context.with(trace.setSpan(context.active(), span), () => next(input));
        span.end();
        return result;
      } catch (error) {
        endInVain(span, error);
        throw error;
      }
    },
  },
  outbound: {
    // The SDK writes a line when nobody is within the span any more.
    getLogAttributes(attributes, next) {
      const span = trace.getActiveSpan()?.spanContext();
      return next(
        span ? { ...attributes, trace_id: span.traceId, span_id: span.spanId } : attributes,
      );
    },
  },
});

function begin({ info }: ActivityContext, causes: Causes | null, args: readonly unknown[]): Span {
  const { cause = null, carriedOut = [] } = causes ?? {};
  const name = `RunActivity:${info.activityType}`;
  const attributes = { ...attributesOf(info), ...placeOf(args) };
  // A try that is not the first carries out what is carried out already.
  const first = info.attempt === 1 ? carriedOut : [];
  const isCause = (one: Cause) => one.traceparent === cause?.traceparent;
  const others = first.filter((one) => !isCause(one));
  const links = others.flatMap(linkTo);
  if (cause === null || isLate(cause)) {
    const linked = cause === null ? links : [...links, ...linkTo(cause)];
    return tracer.startSpan(name, { attributes, links: linked, root: true });
  }
  const parent = first.some(isCause)
    ? trace.setSpan(ROOT_CONTEXT, held(cause, info))
    : contextIn(cause);
  const span = tracer.startSpan(name, { attributes, links }, parent);
  for (const one of others) if (!isLate(one)) held(one, info, [{ context: span.spanContext() }]);
  return span;
}

/** What a workflow has made of a message so far: it took it, and has held it until now. */
function held(cause: Cause, info: ActivityInfo, links: Link[] = []): Span {
  const { workflowType = '' } = info;
  const name = `${workflowType} ${cause.message === workflowType ? 'start' : cause.message}`;
  const options = { startTime: cause.atMs, attributes: aboutOf(info), links };
  const span = tracer.startSpan(name, options, contextIn(cause));
  span.end();
  return span;
}

type ActivityInfo = ActivityContext['info'];

function aboutOf({ workflowExecution, workflowType }: ActivityInfo): Attributes {
  const workflowId = workflowExecution?.workflowId;
  return known({
    'durascribe.session.id': workflowId && sessionOfWorkflow(workflowId),
    temporalWorkflowType: workflowType,
    temporalWorkflowID: workflowId,
    temporalRunID: workflowExecution?.runId,
  });
}

function attributesOf(info: ActivityInfo): Attributes {
  const { taskQueue, activityType, attempt } = info;
  // Recordings have more than one queue of the name.
  const isOf = (name: string) => `${taskQueue}.`.includes(`.${name}.`);
  const more = {
    'durascribe.provider': PROVIDER_NAMES.find(isOf),
    'durascribe.operation': activityType,
    'temporal.activity.attempt': attempt,
  };
  return { ...aboutOf(info), ...known(more) };
}

function isLate({ atMs }: Cause): boolean {
  return Date.now() - atMs > SAME_TRACE_MS;
}

function contextIn({ traceparent }: Cause): Context {
  return contextOf(traceparent) ?? ROOT_CONTEXT;
}

function linkTo(cause: Cause): Link[] {
  const span = trace.getSpanContext(contextIn(cause));
  return span ? [{ context: span }] : [];
}

function placeOf(args: readonly unknown[]): Record<string, number> {
  const place: Record<string, number> = {};
  for (const arg of args) {
    if (typeof arg !== 'object' || arg === null) continue;
    for (const [field, name] of Object.entries(TOLD)) {
      const value: unknown = Reflect.get(arg, field);
      if (typeof value === 'number') place[`durascribe.${name}`] = value;
    }
  }
  return place;
}

/** What is only to be looked at again has not failed, nor what was called off. */
function endInVain(span: Span, error: unknown): void {
  const isFailure = error instanceof ApplicationFailure;
  if (error instanceof CancelledFailure) span.setAttribute('durascribe.outcome', 'cancelled');
  else if (isFailure && error.category === ApplicationFailureCategory.BENIGN) {
    span.setAttribute('durascribe.outcome', error.message);
  } else {
    // The words are those of the history: without secrets.
    return isFailure
      ? endFailed(span, error.type ?? 'failure', error.message)
      : endFailed(span, error instanceof Error ? error.name : 'unknown');
  }
  span.end();
}

function read(
  payload: Parameters<typeof defaultPayloadConverter.fromPayload>[0] | undefined,
): unknown {
  return payload && defaultPayloadConverter.fromPayload(payload);
}
