import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
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

test('who waits for what has happened already is told without another call', async () => {
  const path = await startSession(stack, 'settled');
  const { body } = await stack.api('GET', path);
  const { languages } = z
    .object({ desired: z.object({ languages: z.array(z.string()) }) })
    .parse(body).desired;
  const { DescribeWorkflowExecution: described } = await calls();
  const { status } = await stack.api('PATCH', path, { languages }, { prefer: 'wait=30' });
  expect(status).toBe(200);
  expect(await calls()).toMatchObject({ DescribeWorkflowExecution: described });
  await stopSession(stack, path);
});

test('a change writes no more of the memo than the session', async () => {
  const path = await startSession(stack, 'memo');
  const wait = { prefer: 'wait=30' };
  expect((await stack.api('PATCH', path, { languages: ['fr-FR'] }, wait)).status).toBe(200);
  const { events } = await stack.client.workflow.getHandle('agora:memo').fetchHistory();
  const written = (events ?? []).flatMap(({ workflowPropertiesModifiedEventAttributes: memo }) =>
    memo ? [Object.keys(memo.upsertedMemo?.fields ?? {})] : [],
  );
  expect(written.slice(-2)).toEqual([['session'], ['session']]);
  await stopSession(stack, path);
});

test('what is read of a session that began anew is its newest run', async () => {
  const path = await startSession(stack, 'anew');
  const first = (await stack.api('GET', path)).body;
  await stopSession(stack, path);
  await startSession(stack, 'anew');
  const second = (await stack.api('GET', path)).body;
  expect(second).toMatchObject({ status: 'running' });
  expect(second['runId']).not.toBe(first['runId']);
  await stopSession(stack, path);
});
