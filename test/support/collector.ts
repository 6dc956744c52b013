import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect } from 'vitest';
import { z } from 'zod';
import { eventually, type Stack } from './stack.ts';

const Attributes = z
  .array(
    z.object({
      key: z.string(),
      value: z
        .object({ stringValue: z.string(), intValue: z.coerce.number(), boolValue: z.boolean() })
        .partial()
        .transform(({ stringValue, intValue, boolValue }) => stringValue ?? intValue ?? boolValue),
    }),
  )
  .transform((all) => Object.fromEntries(all.map(({ key, value }) => [key, value])));
const Span = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  name: z.string(),
  startTimeUnixNano: z.coerce.bigint(),
  endTimeUnixNano: z.coerce.bigint(),
  attributes: Attributes,
  links: z.array(z.object({ traceId: z.string(), spanId: z.string() })).default([]),
  status: z.object({ code: z.int().optional(), message: z.string().optional() }),
});
const Export = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes: Attributes }),
      scopeSpans: z.array(z.object({ spans: z.array(Span) })),
    }),
  ),
});

/** A span as it was exported, and by which service. */
export type CollectedSpan = z.infer<typeof Span> & { readonly service: unknown };

/** A receiver of OTLP/JSON. */
export type Collector = {
  /** What has our processes export to it, a moment after each span. */
  readonly environment: NodeJS.ProcessEnv;
  readonly spans: readonly CollectedSpan[];
  /** All that came, as it came. */
  readonly bodies: readonly string[];
  close(): Promise<void>;
};

export async function startCollector(): Promise<Collector> {
  const spans: CollectedSpan[] = [];
  const bodies: string[] = [];
  const take = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await text(request);
    bodies.push(body);
    for (const { resource, scopeSpans } of Export.parse(JSON.parse(body)).resourceSpans) {
      const service = resource.attributes['service.name'];
      spans.push(...scopeSpans.flatMap((one) => one.spans.map((span) => ({ ...span, service }))));
    }
    response.setHeader('content-type', 'application/json').end('{}');
  };
  const server = createServer((request, response) => void take(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || !address) throw new Error('the server has no port');
  return {
    environment: {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${address.port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_BSP_SCHEDULE_DELAY: '100',
    },
    spans,
    bodies,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The spans of one trace as a tree: each a line of its name, indented below its parent, in the order of their beginning. */
export function drawn(spans: readonly CollectedSpan[], traceId: string): string[] {
  const ofTrace = spans
    .filter((span) => span.traceId === traceId)
    .toSorted((one, other) => Number(one.startTimeUnixNano - other.startTimeUnixNano));
  const ids = new Set(ofTrace.map(({ spanId }) => spanId));
  const below = (parent: string | undefined, depth: number): string[] =>
    ofTrace
      .filter(({ parentSpanId }) =>
        parent === undefined ? !ids.has(parentSpanId ?? '') : parentSpanId === parent,
      )
      .flatMap(({ name, spanId }) => ['  '.repeat(depth) + name, ...below(spanId, depth + 1)]);
  return below(undefined, 0);
}

/** The span of the caller, whose trace goes on here. */
export const CALLER = 'ca'.repeat(8);

let traces = 0;
/** A trace that the caller has begun. */
export function newTrace(): { readonly id: string; readonly headers: Record<string, string> } {
  traces += 1;
  const id = traces.toString(16).padStart(32, '0');
  return { id, headers: { traceparent: `00-${id}-${CALLER}-01`, prefer: 'wait=20' } };
}

/** The host of Agora's simulator, as the names of spans have it. */
export function vendorOf({ environment }: Stack): string {
  return new URL(environment['AGORA_BASE_URL'] ?? '').host;
}

/** Waits until the trace looks like `expected`, as `drawn` has it, and returns its spans by their names. */
export async function traceOf(
  { spans }: Collector,
  id: string,
  expected: readonly string[],
): Promise<Record<string, CollectedSpan>> {
  await eventually(() => expect(drawn(spans, id)).toEqual(expected));
  const ofTrace = spans.filter(({ traceId }) => traceId === id);
  return Object.fromEntries(ofTrace.map((span) => [span.name, span]));
}
