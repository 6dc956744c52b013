import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { expect, test } from 'vitest';
import { goldenHistories } from './support/histories.ts';

test("today's workflows replay every golden history", async () => {
  const workflowsPath = fileURLToPath(new URL('../src/workflows/index.ts', import.meta.url));
  const logger = new DefaultLogger('WARN');
  Runtime.install({ logger });
  const workflowBundle = await bundleWorkflowCode({
    workflowsPath,
    logger: logger,
  });
  const golden = goldenHistories();
  const results: Record<string, unknown> = {};
  const left = golden.map(({ name }) => name);
  // One at a time, in their order; several may be of one workflow id.
  for await (const { error } of Worker.runReplayHistories({ workflowBundle }, golden)) {
    results[left.shift() ?? ''] = error?.message;
  }
  expect(golden).not.toEqual([]);
  expect(results).toStrictEqual(Object.fromEntries(golden.map(({ name }) => [name, undefined])));
});
