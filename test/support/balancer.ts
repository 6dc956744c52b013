import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { z } from 'zod';

const LOOK_EVERY_MS = 100;

export type Balancer = {
  readonly url: string;
  /** What went wrong with a request after a backend had taken its connection. */
  readonly broken: string[];
};

type Backend = { readonly port: number; readonly agent: Agent; isReady: boolean };

/**
 * A load balancer of one test, as most are: round about those whose `/readyz` is right, over connections that it keeps,
 * and a request goes to another one only where its connection was refused. It listens `at` a port, by default on a free one.
 */
export async function balance(ports: readonly number[], at = 0): Promise<Balancer> {
  const backends = ports.map((port): Backend => ({
    port,
    agent: new Agent({ keepAlive: true }),
    isReady: true,
  }));
  const broken: string[] = [];
  let turn = 0;
  const forward: RequestListener = (incoming, response) => {
    const ready = backends.filter(({ isReady }) => isReady);
    const all = ready.length > 0 ? ready : backends;
    const first = (turn += 1) % all.length;
    void send(incoming, response, [...all.slice(first), ...all.slice(0, first)], broken);
  };
  const server = createServer(forward);
  await new Promise<void>((resolve) => server.listen(at, '127.0.0.1', resolve));
  const looks = setInterval(() => void Promise.all(backends.map(look)), LOOK_EVERY_MS);
  onTestFinished(() => {
    clearInterval(looks);
    server.closeAllConnections();
    server.close();
    for (const { agent } of backends) agent.destroy();
  });
  const { port } = z.object({ port: z.number() }).parse(server.address());
  return { url: `http://127.0.0.1:${port}`, broken };
}

async function look(backend: Backend): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${backend.port}/readyz`).catch(() => null);
  await answer?.text();
  backend.isReady = answer?.ok ?? false;
}

async function send(
  incoming: IncomingMessage,
  response: ServerResponse,
  backends: readonly Backend[],
  broken: string[],
): Promise<void> {
  const body = await buffer(incoming);
  const { method, url: path, headers } = incoming;
  for (const { port, agent } of backends) {
    const outgoing = request({ host: '127.0.0.1', port, agent, method, path, headers });
    outgoing.end(body);
    try {
      const [answer] = z
        .tuple([z.custom<IncomingMessage>()])
        .parse(await once(outgoing, 'response'));
      const text = await buffer(answer);
      // It is between the two of us.
      delete answer.headers.connection;
      response.writeHead(answer.statusCode ?? 500, answer.headers).end(text);
      return;
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED') continue;
      broken.push(`${method} ${path} at ${port}: ${String(error)}`);
      break;
    }
  }
  response.writeHead(502).end('{}');
}
