import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { ClientRequest, IncomingMessage } from 'node:http';
import { context, SpanKind, trace, type Span } from '@opentelemetry/api';
import { isTracingSuppressed } from '@opentelemetry/core';
import { endFailed, known, tracer } from './trace-context.ts';

type Listener = (message: unknown) => void;

/**
 * Makes a span of each HTTP request that goes out within another span: `fetch` and `node:http`, of which the AWS SDK is
 * one, tell of theirs. Neither a query, a header nor a body is told, and the path only of `vendorUrls`. Returns what ends it.
 */
export function watchOutgoing(vendorUrls: readonly (string | undefined)[]): () => void {
  const origins = new Set(vendorUrls.flatMap((url) => (url ? [new URL(url).origin] : [])));
  const spans = new WeakMap<object, Span>();
  const begin = (request: object, method: string, url: URL, operation?: string) => {
    const parent = trace.getActiveSpan();
    if (!parent?.isRecording() || isTracingSuppressed(context.active())) return;
    const attributes = known({
      'http.request.method': method,
      'server.address': url.hostname,
      'server.port': url.port === '' ? null : Number(url.port),
      'url.path': origins.has(url.origin) ? url.pathname : null,
      'rpc.method': operation,
    });
    const name = operation ?? `${method} ${url.host}`;
    spans.set(request, tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }));
  };
  const end = (request: object, status: number) => {
    const span = spans.get(request);
    span?.setAttribute('http.response.status_code', status);
    if (span && status >= 400) endFailed(span, String(status));
    else span?.end();
    spans.delete(request);
  };
  const fail = (request: object, error: unknown) => {
    const span = spans.get(request);
    if (span) endFailed(span, codeOf(error));
    spans.delete(request);
  };
  const listeners: readonly (readonly [string, Listener])[] = [
    [
      'undici:request:create',
      (message) => {
        const request = field(message, 'request');
        const [origin, path] = [field(request, 'origin'), field(request, 'path')];
        if (!isObject(request) || !URL.canParse(String(path), String(origin))) return;
        begin(request, String(field(request, 'method')), new URL(String(path), String(origin)));
      },
    ],
    [
      'undici:request:headers',
      (message) => {
        const request = field(message, 'request');
        const status = field(field(message, 'response'), 'statusCode');
        if (isObject(request) && typeof status === 'number') end(request, status);
      },
    ],
    ['undici:request:error', (message) => failed(message, fail)],
    [
      'http.client.request.created',
      (message) => {
        const request = field(message, 'request');
        if (!(request instanceof ClientRequest)) return;
        const base = `${request.protocol}//${String(request.getHeader('host') ?? request.host)}`;
        if (!URL.canParse(request.path, base)) return;
        const target = request.getHeader('x-amz-target');
        const operation = typeof target === 'string' ? target : undefined;
        begin(request, request.method, new URL(request.path, base), operation);
      },
    ],
    [
      'http.client.response.finish',
      (message) => {
        const [request, response] = [field(message, 'request'), field(message, 'response')];
        if (!isObject(request) || !(response instanceof IncomingMessage)) return;
        end(request, response.statusCode ?? 0);
      },
    ],
    ['http.client.request.error', (message) => failed(message, fail)],
  ];
  for (const [channel, listener] of listeners) subscribe(channel, listener);
  return () => {
    for (const [channel, listener] of listeners) unsubscribe(channel, listener);
  };
}

function failed(message: unknown, fail: (request: object, error: unknown) => void): void {
  const request = field(message, 'request');
  if (isObject(request)) fail(request, field(message, 'error'));
}

/** Its message may have the URL in it. */
function codeOf(error: unknown): string {
  const code = field(error, 'code');
  if (typeof code === 'string') return code;
  return error instanceof Error ? error.name : 'unknown';
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function field(value: unknown, name: string): unknown {
  return isObject(value) ? Reflect.get(value, name) : undefined;
}
