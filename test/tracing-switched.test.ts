import { describe, expect, test } from 'vitest';
import { freePort } from '../src/local/ports.ts';
import { drawn, newTrace, startCollector, vendorOf } from './support/collector.ts';
import { LOADED, TELLING_MODULES } from './support/modules.ts';
import { linesOf, printed } from './support/service.ts';
import { eventually, prepareStack, startSession, stopSession } from './support/stack.ts';

describe('a session that is open while tracing is switched', () => {
  test('goes on', { timeout: 240_000 }, async () => {
    const collector = await startCollector();
    const environment = { ...collector.environment, DURASCRIBE_WATCH_SECONDS: '3600' };
    const stack = await prepareStack({ environment });
    const off = { OTEL_SDK_DISABLED: 'true' };
    try {
      await stack.startApi();
      let worker = await stack.startWorker('', off);
      const path = await startSession(stack, 'switched');
      const languages = ['fr-FR', 'de-DE'];
      for (const [index, switched] of [{}, off].entries()) {
        await worker.end('SIGTERM');
        worker = await stack.startWorker('', switched);
        const change = { languages: [languages[index]] };
        const { id, headers } = newTrace();
        const answer = await stack.api('PATCH', path, change, headers);
        expect(answer).toMatchObject({ status: 200, body: { applied: change } });
        if (switched === off) continue;
        const call = `        POST ${vendorOf(stack)}`;
        await eventually(() => expect(drawn(collector.spans, id)).toContain(call));
      }
      await stopSession(stack, path);
      const { status } = await stack.client.workflow.getHandle('agora:switched').describe();
      expect(status.name).toBe('COMPLETED');
    } finally {
      await Promise.all([stack.stop(), collector.close()]);
    }
  });
});

describe('a process', () => {
  test(
    'that is asked to end exports the spans that it still has',
    { timeout: 120_000 },
    async () => {
      const collector = await startCollector();
      const environment = { ...collector.environment, OTEL_BSP_SCHEDULE_DELAY: '600000' };
      const stack = await prepareStack({ environment });
      try {
        const [worker, api] = await Promise.all([stack.startWorker(), stack.startApi()]);
        await startSession(stack, 'flushed');
        await Promise.all([worker.end('SIGTERM'), api.end('SIGTERM')]);
        expect([worker.process.exitCode, api.process.exitCode]).toEqual([0, 0]);
        const names = collector.spans.map(({ name }) => name);
        expect(names).toContain('POST /v1/sessions');
        expect(names).toContain('RunActivity:startTask');
      } finally {
        await Promise.all([stack.stop(), collector.close()]);
      }
    },
  );

  test(
    'whose collector is away does its work, says so once, and ends',
    { timeout: 120_000 },
    async () => {
      const port = await freePort('127.0.0.1');
      const stack = await prepareStack({
        environment: {
          OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
          OTEL_BSP_SCHEDULE_DELAY: '50',
          ...TELLING_MODULES,
        },
      });
      try {
        const [worker, api] = await Promise.all([stack.startWorker(), stack.startApi()]);
        // Those that load nothing without a collector are in logs.test.ts.
        for (const service of [worker, api]) expect(printed(service, LOADED)).toBe(true);
        await stopSession(stack, await startSession(stack, 'unseen'));
        await Promise.all([worker.end('SIGTERM'), api.end('SIGTERM')]);
        for (const service of [worker, api]) {
          expect(service.process.exitCode).toBe(0);
          const complaints = linesOf(service).filter(({ level }) => Number(level) >= 40);
          const words = complaints.map(({ msg }) => msg);
          expect(new Set(words).size).toBe(words.length);
          expect(words).toContain('the last spans could not be exported');
        }
      } finally {
        await stack.stop();
      }
    },
  );
});
