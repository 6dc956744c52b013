import { context, ROOT_CONTEXT, SpanKind, trace, type Span } from '@opentelemetry/api';
import type { FastifyRequest } from 'fastify';
import { contextOf, endFailed, known, tracer } from './trace-context.ts';
import type { Tracing } from './tracing.ts';

const PROBES = new Set(['/healthz', '/readyz', '/metrics']);

/** A span of each request, in the trace that its `traceparent` names. */
export const requestSpans: Tracing['requests'] = (app, sessionOf) => {
  const spans = new WeakMap<FastifyRequest, Span>();
  app.addHook('onRequest', (request, _reply, done) => {
    const { url: route } = request.routeOptions;
    if (PROBES.has(route ?? '')) return done();
    const { traceparent } = request.headers;
    const parent = contextOf(typeof traceparent === 'string' ? traceparent : undefined);
    const attributes = known({
      'http.request.method': request.method,
      'http.route': route,
      'url.path': request.url.split('?')[0],
    });
    const name = route === undefined ? request.method : `${request.method} ${route}`;
    const span = tracer.startSpan(
      name,
      { kind: SpanKind.SERVER, attributes },
      parent ?? ROOT_CONTEXT,
    );
    spans.set(request, span);
    context.with(trace.setSpan(context.active(), span), done);
  });
  // What reads the body has a context of its own.
  app.addHook('preValidation', (request, _reply, done) => {
    const span = spans.get(request);
    if (span) context.with(trace.setSpan(context.active(), span), done);
    else done();
  });
  const end = (request: FastifyRequest, status: number | null) => {
    const span = spans.get(request);
    span?.setAttributes(
      known({ 'http.response.status_code': status, 'durascribe.session.id': sessionOf(request) }),
    );
    if (span && status !== null && status >= 500) endFailed(span, String(status));
    else span?.end();
  };
  app.addHook('onResponse', async (request, { statusCode }) => end(request, statusCode));
  app.addHook('onRequestAbort', async (request) => end(request, null));
};
