import { afterAll, beforeAll, expect, test } from 'vitest';
import { scrape } from './support/exposition.ts';
import { startSession, startStack, stopSession, type Stack } from './support/stack.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.stop());

/** How often each operation of Temporal's has been called by the API, but for the gauges of `/metrics` itself. */
async function calls(): Promise<Record<string, number>> {
  const { samples } = await scrape(stack.url);
  const counted = samples.filter(
    ({ name, labels }) =>
      name === 'durascribe_temporal_call_duration_seconds_count' &&
      labels['operation'] !== 'CountWorkflowExecutions',
  );
  return Object.fromEntries(counted.map(({ labels, value }) => [labels['operation'] ?? '', value]));
}

test('a change is one call of Temporal, and so is a read', async () => {
  const path = await startSession(stack, 'calls');
  const before = await calls();
  const { DescribeWorkflowExecution: described = 0, UpdateWorkflowExecution: updated = 0 } = before;
  for (const language of ['fr-FR', 'de-DE', 'it-IT']) {
    const { status, body } = await stack.api('PATCH', path, { languages: [language] });
    expect([status, body]).toMatchObject([202, { desired: { languages: [language] } }]);
  }
  expect(await calls()).toEqual({ ...before, UpdateWorkflowExecution: updated + 3 });
  expect((await stack.api('GET', path)).body).toMatchObject({ desired: { languages: ['it-IT'] } });
  expect(await calls()).toMatchObject({ DescribeWorkflowExecution: described + 1 });
  await stopSession(stack, path);
});
