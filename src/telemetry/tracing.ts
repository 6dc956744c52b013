import type { ClientInterceptors } from '@temporalio/client';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';

export type TracingOptions = {
  /** Of which process: `durascribe-<name>` is its service, unless OTEL_SERVICE_NAME says another one. */
  readonly name: string;
  readonly log: Logger;
  /** The URLs of the vendors whose paths may be told: those of others may be secret. */
  readonly vendorUrls: readonly (string | undefined)[];
};

/** Tells where each span begins, and ends the telling. */
export type Tracing = {
  readonly client: ClientInterceptors;
  readonly activity: ActivityInterceptorsFactory;
  /** Makes a span of each request but those of probes; `sessionOf` tells which session one was about. */
  readonly requests: (
    app: FastifyInstance,
    sessionOf: (request: FastifyRequest) => string | undefined,
  ) => void;
  /** Sends what is left, for a few seconds at most. */
  close(): Promise<void>;
};

/** Begins to trace, where that is wanted; else null, and nothing of OpenTelemetry's SDK is loaded. */
export async function startTracing(
  isWanted: boolean,
  options: TracingOptions,
): Promise<Tracing | null> {
  if (!isWanted) return null;
  const { openTelemetry } = await import('./open-telemetry.ts');
  return openTelemetry(options);
}
