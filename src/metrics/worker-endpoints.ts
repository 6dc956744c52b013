import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Registry } from 'prom-client';
import { Problem } from '../http/problem.ts';
import type { MetricsAddress } from '../settings/metrics.ts';

const SDK_ANSWERS_WITHIN_MS = 5_000;

export type WorkerEndpoints = {
  /** The metrics of the process. */
  readonly registry: Registry;
  /** Where the Temporal SDK serves its own. */
  readonly sdkAddress: string;
  /** Why the worker is not to be counted on just now; null = it is. */
  readonly unreadiness: () => Promise<string | null>;
};

/**
 * Serves `/healthz` (the process lives: its event loop answers), `/readyz` and `/metrics` of a worker. Returns what ends
 * that. Throws where nothing can be served at `address`.
 */
export async function serveWorkerEndpoints(
  { host, port }: MetricsAddress,
  endpoints: WorkerEndpoints,
): Promise<() => void> {
  const server = createServer((request, response) => void answer(request, response, endpoints));
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (cause) {
    const message = `Nothing can be served at ${host}:${port} (DURASCRIBE_METRICS_ADDRESS)`;
    throw new Error(cause instanceof Error ? `${message}: ${cause.message}` : message, { cause });
  }
  return () => {
    server.close();
    server.closeAllConnections();
  };
}

async function answer(
  { url = '' }: IncomingMessage,
  response: ServerResponse,
  endpoints: WorkerEndpoints,
): Promise<void> {
  try {
    const { type, text } = await contentOf(url.split('?')[0] ?? '', endpoints);
    response.writeHead(200, { 'content-type': type }).end(text);
  } catch (error) {
    const problem =
      error instanceof Problem ? error : new Problem('internal', 'The metrics cannot be had now');
    const headers = { 'content-type': 'application/problem+json' };
    response.writeHead(problem.status, headers).end(JSON.stringify(problem.body));
  }
}

async function contentOf(
  path: string,
  { registry, sdkAddress, unreadiness }: WorkerEndpoints,
): Promise<{ readonly type: string; readonly text: string }> {
  switch (path) {
    case '/healthz':
      return OK;
    case '/readyz': {
      const why = await unreadiness();
      if (why === null) return OK;
      throw new Problem('unavailable', why);
    }
    case '/metrics': {
      const signal = AbortSignal.timeout(SDK_ANSWERS_WITHIN_MS);
      const ofSdk = await fetch(`http://${sdkAddress}/metrics`, { signal });
      const text = `${await ofSdk.text()}${await registry.metrics()}`;
      return { type: registry.contentType, text };
    }
    default:
      throw new Problem('not-found', 'Served are /healthz, /readyz and /metrics');
  }
}

const OK = { type: 'application/json', text: '{"status":"ok"}' } as const;
