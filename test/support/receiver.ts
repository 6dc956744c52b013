import { createServer } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { expect } from 'vitest';
import { freePort } from '../../src/local/ports.ts';
import type { Stack } from './stack.ts';

const HOST = '127.0.0.1';

export type Received = {
  readonly path: string;
  readonly body: string;
  readonly id: string;
  readonly type: string;
  readonly data: Record<string, unknown>;
  readonly headers: Record<string, string>;
  readonly status: number;
};

/** A receiver of callbacks, at a port that is its own also while it is down. */
export type Receiver = {
  readonly url: string;
  /** Every request, in the order of their coming. */
  readonly received: Received[];
  /** Those that it has taken: the types of the events. */
  readonly taken: () => string[];
  /** How it answers from now on. */
  readonly answer: (status: number, headers?: Record<string, string>) => void;
  readonly up: () => Promise<void>;
  readonly down: () => Promise<void>;
};

export type Delivery = {
  readonly id: string;
  readonly type: string;
  readonly state: string;
  readonly tries: readonly { readonly status: number | null; readonly error: string | null }[];
  readonly nextTryAt: string | null;
};

/** As many receivers as a file's tests need, each down as yet, and the environment that lets callbacks go to them. */
export async function listedReceivers(count: number): Promise<{
  readonly one: () => Receiver;
  readonly environment: { readonly DURASCRIBE_CALLBACK_HOSTS: string };
  readonly close: () => Promise<unknown>;
}> {
  const ports = await Promise.all(Array.from({ length: count }, () => freePort(HOST)));
  const receivers = ports.map(receiver);
  const left = [...receivers];
  return {
    one: () => {
      const next = left.pop();
      if (!next) throw new Error('there are more tests than receivers');
      return next;
    },
    environment: {
      DURASCRIBE_CALLBACK_HOSTS: ports.map((port) => `http://${HOST}:${port}`).join(','),
    },
    close: () => Promise.all(receivers.map(({ down }) => down())),
  };
}

/** What the API shows of the deliveries of the session at `path`. */
export async function deliveriesOf({ api }: Stack, path: string): Promise<Delivery[]> {
  const { status, body } = await api('GET', `${path}/deliveries`);
  expect(status).toBe(200);
  return JSON.parse(JSON.stringify(body['deliveries']));
}

/** The id of the workflow that delivers the callback `id`. */
export function deliveryWorkflow(sessionId: string, id: string): string {
  const [, runId, number] = id.split('_');
  return `callback:${sessionId}:${runId}:${number}`;
}

function receiver(port: number): Receiver {
  const received: Received[] = [];
  let how: { status: number; headers: Record<string, string> } = { status: 204, headers: {} };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const { type, data } = JSON.parse(body);
      const headers = plain(request.headers);
      const id = headers['webhook-id'] ?? '';
      const path = request.url ?? '';
      received.push({ path, body, id, type, data, headers, status: how.status });
      response.writeHead(how.status, how.headers).end('thank you');
    });
  });
  const down = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return {
    url: `http://${HOST}:${port}/hook`,
    received,
    taken: () => received.filter(({ status }) => status < 300).map(({ type }) => type),
    answer: (status, headers = {}) => {
      how = { status, headers };
    },
    up: () => new Promise((resolve) => server.listen(port, HOST, resolve)),
    down,
  };
}

function plain(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
