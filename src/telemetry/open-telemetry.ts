import { setTimeout as delay } from 'node:timers/promises';
import { diag, DiagLogLevel, isSpanContextValid, trace } from '@opentelemetry/api';
import {
  defaultResource,
  envDetector,
  hostDetector,
  resourceFromAttributes,
  serviceInstanceIdDetector,
} from '@opentelemetry/resources';
import { NodeSDK } from '@opentelemetry/sdk-node';
import type { Logger } from 'pino';
import { activitySpans } from './activity-spans.ts';
import { tellOnEveryLine } from './logging.ts';
import { messageSpans } from './message-spans.ts';
import { watchOutgoing } from './outgoing-spans.ts';
import { requestSpans } from './request-spans.ts';
import type { Tracing, TracingOptions } from './tracing.ts';

/** How long the end of a process waits for a collector. */
const FLUSH_MS = 3_000;
/** How often the log tells that one can't be reached. */
const COMPLAIN_EVERY_MS = 60_000;

/** OpenTelemetry's SDK, as its own variables configure it: exporter, sampler, limits and resource. */
export function openTelemetry({ name, log, vendorUrls }: TracingOptions): Tracing {
  const service = resourceFromAttributes({ 'service.name': `durascribe-${name}` });
  const sdk = new NodeSDK({
    resource: defaultResource().merge(service),
    resourceDetectors: [envDetector, hostDetector, serviceInstanceIdDetector],
    // Nobody outside learns of our traces: what passes a context on names it.
    textMapPropagator: null,
    metricReaders: [],
    logRecordProcessors: [],
  });
  complainTo(log);
  sdk.start();
  tellOnEveryLine(traceFields);
  const stopWatching = watchOutgoing(vendorUrls);
  return {
    client: { workflow: [messageSpans] },
    activity: activitySpans,
    requests: requestSpans,
    async close() {
      stopWatching();
      const given = new AbortController();
      const flushed = sdk.shutdown().then(
        () => true,
        () => false,
      );
      const late = delay(FLUSH_MS, false, { signal: given.signal }).catch(() => false);
      if (!(await Promise.race([flushed, late]))) log.warn('the last spans could not be exported');
      given.abort();
    },
  };
}

/** What a line that is written within a span tells of it. */
function traceFields() {
  const span = trace.getActiveSpan()?.spanContext();
  if (!span || !isSpanContextValid(span)) return {};
  return { trace_id: span.traceId, span_id: span.spanId };
}

function quiet(): void {}

/** The SDK's own complaints: a collector that is away has it complain of each batch. */
function complainTo(log: Logger): void {
  let quietUntilMs = 0;
  const complain = (words: string) => {
    if (Date.now() < quietUntilMs) return;
    quietUntilMs = Date.now() + COMPLAIN_EVERY_MS;
    log.warn({ reason: reasonIn(words) }, 'OpenTelemetry has a problem, told once a minute');
  };
  const logger = { error: complain, warn: complain, info: quiet, debug: quiet, verbose: quiet };
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
}

/** An error comes as the JSON of all that it has, its stack included. */
function reasonIn(words: string): string {
  try {
    const { message, code } = JSON.parse(words);
    return [message, code].filter((part) => typeof part === 'string' && part !== '').join(' ');
  } catch {
    return words;
  }
}
