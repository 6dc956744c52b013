import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { expect, inject, test } from 'vitest';
import { createReconcileActivities } from '../src/activities/reconcile.ts';
import { createListActivities } from '../src/activities/releases.ts';
import { ProviderError } from '../src/providers/errors.ts';
import type { RunningTask } from '../src/providers/port.ts';
import { freePort } from '../src/local/ports.ts';
import { ensureSearchAttributes } from '../src/temporal/search-attributes.ts';
import { providerTaskQueue } from '../src/workflows/messages.ts';
import type { reconcile } from '../src/workflows/reconcile.ts';
import { eventually } from './support/stack.ts';

const HOST = '127.0.0.1';
const TASK = { id: 'task', startedAt: new Date(0).toISOString(), endsAt: null, rotateAt: null };

test('what is nobody’s, and what failed, is in the metrics of the worker', async () => {
  const bindAddress = `${HOST}:${await freePort(HOST)}`;
  Runtime.install({
    logger: new DefaultLogger('WARN'),
    telemetryOptions: { metrics: { prometheus: { bindAddress, countersTotalSuffix: true } } },
  });
  const address = inject('temporalAddress');
  const connection = await NativeConnection.connect({ address });
  const taskQueue = `metrics-${randomUUID()}`;
  await ensureSearchAttributes(connection, 'default');
  const worker = await Worker.create({
    connection,
    taskQueue,
    workflowsPath: fileURLToPath(new URL('../src/workflows/index.ts', import.meta.url)),
    activities: createReconcileActivities({
      endedRuns: async () => [],
      readLeftovers: async () => null,
    }),
  });
  const listing = (provider: string, running: () => Promise<readonly RunningTask[]>) =>
    Worker.create({
      connection,
      taskQueue: providerTaskQueue(taskQueue, provider),
      activities: createListActivities({
        running,
        isListed: async () => true,
        ownersOfTasks: async () => new Map(),
      }),
    });
  const agora = await listing('agora', async () => [
    { task: { ...TASK, key: null }, channel: null, isNamedByUs: true },
  ]);
  const videosdk = await listing('videosdk', async () => {
    throw new ProviderError('rejected', 'the token is not valid');
  });
  const client = new Client({ connection: await Connection.connect({ address }) });
  const reconciled = async () => {
    const report = await client.workflow.execute<typeof reconcile>('reconcile', {
      workflowId: taskQueue,
      taskQueue,
      args: [{ providers: ['agora', 'videosdk'], graceSeconds: 1, stopsUnowned: false }],
    });
    expect(report).toMatchObject({ unowned: [{ taskId: 'task' }], failures: [{}] });
    await eventually(async () => {
      const metrics = await (await fetch(`http://${bindAddress}/metrics`)).text();
      expect(metrics).toMatch(/^durascribe_reconcile_unowned\{.*provider="agora".*\} 1$/m);
      expect(metrics).toMatch(/^durascribe_reconcile_failures_total\{.*"videosdk".*\} 1$/m);
    });
  };
  await agora.runUntil(videosdk.runUntil(worker.runUntil(reconciled)));
  await client.connection.close();
  await connection.close();
});
