import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { freePort } from '../src/local/ports.ts';
import { startEmbeddedServer } from '../src/temporal/embedded-server.ts';
import { scrape } from './support/exposition.ts';
import { callsOf } from './support/ledger.ts';
import { apiAt, eventually, prepareStack, startSession } from './support/stack.ts';

const HOST = '127.0.0.1';

/** The worker's own endpoints, at an address that is its own. */
async function workerEndpoints() {
  const port = await freePort(HOST);
  const url = `http://${HOST}:${port}`;
  const environment = { DURASCRIBE_METRICS_ADDRESS: `${HOST}:${port}` };
  return { url, environment, get: (path: string) => apiAt(url)('GET', path) };
}

test('a worker is ready while it works, and says that it ends while it finishes what is under way', async () => {
  const { environment, get, url } = await workerEndpoints();
  const stack = await prepareStack({ environment });
  onTestFinished(() => stack.stop());
  const [first] = await Promise.all([stack.startWorker(), stack.startApi()]);
  await eventually(async () => expect(await get('/readyz')).toMatchObject({ status: 200 }));
  expect(await get('/healthz')).toMatchObject({ status: 200, body: { status: 'ok' } });
  expect(await get('/nothing')).toMatchObject({ status: 404, body: { status: 404 } });
  const { types } = await scrape(url);
  expect(types.get('temporal_num_pollers')).toBe('gauge');
  expect(types.get('process_resident_memory_bytes')).toBe('gauge');

  const path = await startSession(stack, 'drained');
  const fault = { kind: 'latency', ms: 6_000 } as const;
  stack.simulator.inject({ operation: 'leave', channel: 'drained', fault });
  await stack.api('POST', `${path}/stop`);
  await eventually(() => expect(callsOf(stack, 'drained')).toContain('leave'));
  const end = first.end('SIGTERM');
  await eventually(async () => {
    const { status, headers, body } = await get('/readyz');
    expect([status, headers.get('content-type')]).toEqual([503, 'application/problem+json']);
    expect(body['detail']).toMatch(/is (?:STOPPING|DRAINING|DRAINED|STOPPED)$/);
  });
  expect(await get('/healthz')).toMatchObject({ status: 200 });
  await end;
  expect(first.process.exitCode).toBe(0);
  await expect(get('/healthz')).rejects.toThrow('fetch failed');
  // It may have come to its end.
  await stack.client.workflow
    .getHandle('agora:drained')
    .terminate()
    .catch(() => undefined);
}, 180_000);

test('a worker is not ready while Temporal is away, and again when it is back', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'durascribe-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const dbFile = join(folder, 'temporal.sqlite');
  const server = await startEmbeddedServer({ dbFile });
  const { environment, get, url } = await workerEndpoints();
  const stack = await prepareStack({ environment, temporalAddress: server.address });
  onTestFinished(() => stack.stop());
  await Promise.all([stack.startWorker(), stack.startApi()]);
  await eventually(async () => expect(await get('/readyz')).toMatchObject({ status: 200 }));
  await startSession(stack, 'counted');
  await eventually(async () => {
    expect((await scrape(stack.url)).sum('durascribe_sessions')).toBeGreaterThan(0);
  }, 60_000);

  await server.stop();
  await eventually(async () => {
    const { status, body } = await get('/readyz');
    expect([status, body['detail']]).toEqual([
      503,
      'Temporal does not answer; see TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE',
    ]);
  });
  expect(await get('/healthz')).toMatchObject({ status: 200 });
  expect((await scrape(url)).sum('process_resident_memory_bytes')).toBeGreaterThan(0);
  // Nobody can count the sessions, and the scrape goes on.
  await eventually(async () => {
    const counts = await scrape(stack.url);
    expect(counts.sum('durascribe_sessions')).toBeUndefined();
    expect(counts.sum('durascribe_sessions_count_failures_total')).toBeGreaterThan(0);
  }, 60_000);

  const port = Number(server.address.split(':')[1]);
  const again = await startEmbeddedServer({ dbFile, port });
  onTestFinished(() => again.stop());
  await eventually(async () => expect(await get('/readyz')).toMatchObject({ status: 200 }), 60_000);
}, 180_000);

test('a worker whose address is taken says so, and ends', async () => {
  const { environment } = await workerEndpoints();
  const stack = await prepareStack({ environment });
  onTestFinished(() => stack.stop());
  await stack.startWorker();
  await expect(stack.startWorker()).rejects.toThrow('DURASCRIBE_METRICS_ADDRESS');
}, 180_000);
