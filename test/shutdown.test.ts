import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import {
  eventually,
  prepareStack,
  startSession,
  stopSession,
  type Stack,
} from './support/stack.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await prepareStack();
  await stack.startWorker();
});
afterAll(() => stack.stop());

/** A `GET` by the one connection of `agent`. */
async function get(path: string, agent: Agent): Promise<IncomingMessage> {
  const [answer] = z
    .tuple([z.custom<IncomingMessage>()])
    .parse(await once(request(`${stack.url}${path}`, { agent }).end(), 'response'));
  answer.resume();
  await once(answer, 'end');
  return answer;
}

test('an API that is asked to end looks unready first, answers all that comes, and closes each connection', async () => {
  const api = await stack.startApi();
  const agents = Array.from({ length: 3 }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
  for (const agent of agents) {
    const { statusCode, headers } = await get('/readyz', agent);
    expect([statusCode, headers.connection]).toEqual([200, 'keep-alive']);
  }
  const end = api.end('SIGTERM');
  const [first, ...others] = agents;
  await eventually(async () => {
    const answer = await get('/readyz', first ?? new Agent());
    expect([answer.statusCode, answer.headers.connection]).toEqual([503, 'close']);
    expect(answer.headers['retry-after']).toBeTruthy();
  });
  for (const agent of others) {
    const { statusCode, headers } = await get('/v1/sessions/agora:none', agent);
    expect([statusCode, headers.connection]).toEqual([404, 'close']);
  }
  expect((await stack.api('GET', '/healthz')).status).toBe(200);
  await end;
  expect(api.process.exitCode).toBe(0);
});

test('who waits for an outcome is answered before the API ends, with what is stored', async () => {
  const api = await stack.startApi();
  const path = await startSession(stack, 'waiting');
  const fault = { kind: 'latency', ms: 8_000 } as const;
  stack.simulator.inject({ operation: 'update', channel: 'waiting', fault });
  const change = stack.api('PATCH', path, { languages: ['fr-FR'] }, { prefer: 'wait=60' });
  await eventually(async () =>
    expect((await stack.api('GET', path)).body).toMatchObject({ revision: 1 }),
  );
  await api.end('SIGTERM');
  expect(await change).toMatchObject({ status: 202, body: { revision: 1, appliedRevision: 0 } });
  expect(api.process.exitCode).toBe(0);
  const next = await stack.startApi();
  await stopSession(stack, path);
  await next.end();
});

test('a connection by which nothing ever came does not keep an API from its end', async () => {
  const api = await stack.startApi();
  const socket = connect(Number(new URL(stack.url).port), '127.0.0.1');
  await once(socket, 'connect');
  expect((await stack.api('GET', '/healthz')).status).toBe(200);
  await api.end('SIGTERM');
  expect(api.process.exitCode).toBe(0);
  socket.destroy();
});
