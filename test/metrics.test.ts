import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../src/local/ports.ts';
import { scrape, type Exposition } from './support/exposition.ts';
import { NOTICE_SECRET, playMetricsScene, ROOM } from './support/metrics-scene.ts';
import { RARE_SDK_METRICS, usedMetrics } from './support/metrics-used.ts';
import { listedReceivers } from './support/receiver.ts';
import { RECONCILING } from './support/reconciliation.ts';
import { startStack, type Stack } from './support/stack.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const HOST = '127.0.0.1';
const SECRET = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
/** What the SDK adds to every metric of ours that comes from workflows and activities. */
const ADDED = new Set(['namespace', 'taskQueue', 'workflowType', 'activityType', 'service_name']);

const receivers = await listedReceivers(1);
const metricsPort = await freePort(HOST);
const workerUrl = `http://${HOST}:${metricsPort}`;
let stack: Stack;
let api: Exposition;
let worker: Exposition;

beforeAll(async () => {
  stack = await startStack({
    environment: {
      ...RECONCILING,
      ...receivers.environment,
      DURASCRIBE_METRICS_ADDRESS: `${HOST}:${metricsPort}`,
      DURASCRIBE_WEBHOOK_SECRET: SECRET,
      AGORA_NOTIFICATION_SECRET: NOTICE_SECRET,
    },
    simulator: { listNames: true, startingMs: 0 },
  });
  await playMetricsScene(stack, receivers.one());
  api = await scrape(stack.url);
  worker = await scrape(workerUrl);
  keep('api', api);
  keep('worker', worker);
}, 180_000);
afterAll(() => Promise.all([stack.stop(), receivers.close()]));

/** For `.ci/check-metrics.mjs`. */
function keep(name: string, { text }: Exposition): void {
  const folder = process.env['METRICS_FOLDER'];
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.prom`), text);
}

/** Whether the SDK's own binary has the name, which it has without its prefix and suffix. */
function isKnownToSdk(name: string): boolean {
  const folder = join(ROOT, 'node_modules/@temporalio/core-bridge/releases');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const binary = files.find((file) => file.endsWith('.node')) ?? '';
  const bare = name.replace(/^temporal_/, '').replace(/_total$/, '');
  return readFileSync(join(folder, binary)).includes(bare);
}

function callsOf(labels: Record<string, string>): number | undefined {
  return worker.sum('durascribe_provider_call_duration_seconds_count', labels);
}

/** How many calls the burst has become: more than one where it took longer than five seconds. */
function burstUpdates(): number {
  const { calls } = stack.simulator.ledger(`${ROOM}-burst`);
  return calls.filter(({ operation }) => operation === 'update').length;
}

function requests(labels: Record<string, string>): number | undefined {
  return api.sum('durascribe_http_request_duration_seconds_count', labels);
}

describe('the metrics of the worker', () => {
  test('tell of a burst that became one update, and of one that was refused', () => {
    expect(worker.sum('durascribe_changes_accepted_total')).toBe(22);
    expect(worker.sum('durascribe_changes_merged_total')).toBe(20 - burstUpdates());
    const updates = (outcome: string) =>
      worker.sum('durascribe_updates_total', { provider: 'agora', outcome });
    expect(['applied', 'rejected', 'throttled'].map(updates)).toEqual([burstUpdates() + 1, 1, 1]);
  });

  test('tell how late updates were, which no session waited long for', () => {
    const name = 'durascribe_update_lateness_seconds';
    expect(worker.sum(`${name}_count`, { provider: 'agora' })).toBe(burstUpdates() + 3);
    expect(worker.sum(`${name}_sum`)).toBeLessThan(60);
  });

  test('tell of every call to a vendor how it ended', () => {
    const updates = (outcome: string) =>
      callsOf({ provider: 'agora', operation: 'update', outcome });
    expect(['ok', 'rejected', 'throttled'].map(updates)).toEqual([burstUpdates() + 1, 1, 1]);
    expect(callsOf({ provider: 'amazon-transcribe', operation: 'start', outcome: 'ok' })).toBe(1);
    expect(callsOf({ provider: 'videosdk', operation: 'stop', outcome: 'ok' })).toBe(1);
    // A store that is slow may be asked again.
    expect(callsOf({ provider: 's3', operation: 'write', outcome: 'ok' })).toBeGreaterThan(1);
  });

  test('tell of sessions from their start to their end', () => {
    expect(worker.sum('durascribe_sessions_started_total', { provider: 'agora' })).toBe(6);
    const ended = { provider: 'agora', status: 'stopped', reason: 'requested' };
    expect(worker.sum('durascribe_sessions_ended_total', ended)).toBe(3);
    const completed = { status: 'completed', reason: 'completed' };
    expect(worker.sum('durascribe_sessions_ended_total', completed)).toBe(1);
    const starts = 'durascribe_session_start_duration_seconds_count';
    expect(worker.sum(starts, { provider: 'agora' })).toBe(6);
    expect(worker.sum(starts, { provider: 'amazon-transcribe' })).toBe(1);
  });

  test('tell of jobs, transcripts, callbacks and reconciliations', () => {
    const sums = [
      worker.sum('durascribe_transcription_duration_seconds_count', { outcome: 'completed' }),
      worker.sum('durascribe_transcripts_total', { outcome: 'ready' }),
      worker.sum('durascribe_reconcile_released_total', { provider: 'agora' }),
      worker.sum('durascribe_reconcile_failures_total', { provider: 'agora' }),
      worker.sum('durascribe_reconcile_unowned', { provider: 'videosdk' }),
    ];
    expect(sums).toEqual([1, 2, 1, 1, 0]);
    const tries = (outcome: string) =>
      worker.sum('durascribe_callback_tries_total', { type: 'session.running', outcome });
    expect([tries('delivered'), tries('retried')]).toEqual([1, 1]);
    const delays = worker.sum('durascribe_callback_delay_seconds_sum', { type: 'session.running' });
    expect(delays).toBeGreaterThan(4);
    const at = worker.sum('durascribe_reconcile_timestamp_seconds') ?? 0;
    expect(Math.abs(Date.now() / 1_000 - at)).toBeLessThan(600);
  });
});

describe('the metrics of the API', () => {
  test('tell of requests by the pattern of their route', () => {
    const route = '/v1/sessions/:id';
    expect(requests({ method: 'PATCH', route, status: '202', waits: 'no' })).toBe(21);
    expect(requests({ method: 'PATCH', route, status: '422', waits: 'yes' })).toBe(1);
    expect(requests({ route: 'none', status: '404' })).toBe(1);
  });

  test('tell of webhooks, and how late they came', () => {
    const webhooks = (result: string) =>
      api.sum('durascribe_webhooks_total', { provider: 'agora', result });
    expect(['taken', 'duplicate', 'refused'].map(webhooks)).toEqual([1, 1, 1]);
    const lag = api.sum('durascribe_webhook_lag_seconds_sum', { provider: 'agora' });
    expect(lag).toBeGreaterThanOrEqual(3);
    expect(api.sum('durascribe_webhook_lag_seconds_count', { provider: 'agora' })).toBe(1);
  });

  test('tell of open sessions, and of calls to Temporal and to object storage', () => {
    expect(api.sum('durascribe_sessions', { provider: 'agora', status: 'running' })).toBe(1);
    const calls = 'durascribe_temporal_call_duration_seconds_count';
    const started = { operation: 'StartWorkflowExecution', code: 'OK' };
    expect(api.sum(calls, started)).toBeGreaterThan(5);
    const reads = { provider: 's3', operation: 'read', outcome: 'ok' };
    expect(api.sum('durascribe_provider_call_duration_seconds_count', reads)).toBeGreaterThan(0);
  });
});

describe('of the metrics', () => {
  test('none tells of a single session', () => {
    const texts = [api.text, worker.text].map((text) => text.replaceAll(stack.taskQueue, ''));
    for (const text of texts) {
      expect(text).not.toMatch(/room-of-nobody|abcd-efgh|hidden|durascribe-/);
      expect(text).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-/);
    }
  });

  test('each is in docs/metrics.md as it is, and there is no other', () => {
    const rows = readFileSync(join(ROOT, 'docs/metrics.md'), 'utf8').matchAll(
      /^\| `(durascribe_\w+)` +\| (\w+) +\| ([^|]*?) +\|/gm,
    );
    const told = [...rows].map(([, name, type, labels]) => `${name} ${type} ${labels}`);
    const emitted = [api, worker].flatMap((exposition) =>
      [...exposition.types]
        .filter(([name]) => name.startsWith('durascribe_'))
        .map(([name, type]) => {
          const labels = exposition.labelsOf(name).filter((label) => !ADDED.has(label));
          return `${name} ${type} ${labels.map((label) => `\`${label}\``).join(', ')}`;
        }),
    );
    expect([...new Set(emitted)].toSorted()).toEqual(told.toSorted());
  });

  test('those that alerts and the dashboard ask for are there', () => {
    const there = new Set([api, worker].flatMap(({ samples }) => samples.map(({ name }) => name)));
    const { names, declared } = usedMetrics();
    expect(RARE_SDK_METRICS.filter((name) => !isKnownToSdk(name))).toEqual([]);
    expect(names.length).toBeGreaterThan(30);
    expect(names.filter((name) => !there.has(name) && !declared.has(name))).toEqual([]);
  });
});
