import { ROOT_CONTEXT, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Attributes, Context, Span } from '@opentelemetry/api';
import { parseTraceParent } from '@opentelemetry/core';

export const tracer = trace.getTracer('durascribe');

/** The context of a span that somebody else has made; null where `traceparent` names none. */
export function contextOf(traceparent: string | undefined): Context | null {
  const span = traceparent === undefined ? null : parseTraceParent(traceparent);
  return span && trace.setSpanContext(ROOT_CONTEXT, { ...span, isRemote: true });
}

/** As W3C Trace Context writes it. */
export function traceparentOf(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}

/** Ends a span that went wrong; `type` is one of few. */
export function endFailed(span: Span, type: string, words?: string): void {
  span.setAttribute('error.type', type);
  span.setStatus({
    code: SpanStatusCode.ERROR,
    ...(words === undefined ? {} : { message: words }),
  });
  span.end();
}

/** The attributes that are known. */
export function known(attributes: {
  readonly [name: string]: string | number | null | undefined;
}): Attributes {
  const entries = Object.entries(attributes);
  return Object.fromEntries(
    entries.flatMap(([name, value]) => (value == null ? [] : [[name, value]])),
  );
}
