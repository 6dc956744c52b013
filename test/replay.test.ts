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
  const results: Record<string, unknown> = {};
  for await (const { workflowId, error } of Worker.runReplayHistories(
    { workflowBundle },
    goldenHistories(),
  )) {
    results[workflowId] = error?.message;
  }
  const names = goldenHistories().map(({ workflowId }) => workflowId);
  expect(names).not.toEqual([]);
  expect(results).toStrictEqual(Object.fromEntries(names.map((name) => [name, undefined])));
});
