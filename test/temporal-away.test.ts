import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startEmbeddedServer } from '../src/temporal/embedded-server.ts';
import { rulesBroken, tasksOf } from './support/ledger.ts';
import {
  eventually,
  prepareStack,
  startSession,
  startStack,
  stopSession,
  untilSession,
} from './support/stack.ts';

test('while Temporal is away nothing is promised, and afterwards everything goes on', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'durascribe-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const dbFile = join(folder, 'temporal.sqlite');
  const first = await startEmbeddedServer({ dbFile });
  const stack = await startStack({ temporalAddress: first.address });
  onTestFinished(() => stack.stop());
  const path = await startSession(stack, 'away');
  await stack.api('PATCH', path, { languages: ['fr-FR'] });
  expect((await stack.api('GET', '/readyz')).status).toBe(200);

  await first.stop();
  const start = { provider: 'agora', channel: 'new', languages: ['en-US'] };
  for (const [method, at, body] of [
    ['POST', '/v1/sessions', start],
    ['GET', path, undefined],
    ['PATCH', path, { languages: ['de-DE'] }],
    ['POST', `${path}/stop`, undefined],
    ['GET', '/readyz', undefined],
  ] as const) {
    const answer = await stack.api(method, at, body);
    expect([at, answer]).toMatchObject([at, { status: 503, body: { status: 503 } }]);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  }
  expect((await stack.api('GET', '/healthz')).status).toBe(200);

  const port = Number(first.address.split(':')[1]);
  const second = await startEmbeddedServer({ dbFile, port });
  onTestFinished(() => second.stop());
  await untilSession(stack, path, { applied: { languages: ['fr-FR'] }, appliedRevision: 1 });
  await stopSession(stack, path);
  expect(tasksOf(stack, 'away')).toMatchObject([{ status: 'STOPPED', languages: ['fr-FR'] }]);
  expect(rulesBroken(stack, 'away')).toEqual([]);
});

test('the API is ready once a worker has prepared the namespace, and says what it waits for', async () => {
  const server = await startEmbeddedServer();
  onTestFinished(() => server.stop());
  const stack = await prepareStack({ temporalAddress: server.address });
  onTestFinished(() => stack.stop());
  await stack.startApi();
  const start = { provider: 'agora', channel: 'early', languages: ['en-US'] };
  for (const answer of [
    await stack.api('GET', '/readyz'),
    await stack.api('POST', '/v1/sessions', start),
  ]) {
    expect(answer.status).toBe(503);
    expect(answer.body['detail']).toContain('start a worker');
  }
  await stack.startWorker();
  await eventually(async () => expect((await stack.api('GET', '/readyz')).status).toBe(200));
  expect((await stack.api('POST', '/v1/sessions', start)).status).toBe(201);
});
