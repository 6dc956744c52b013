import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { changeConfiguration } from '../../src/workflows/messages.ts';
import { eventually, type Stack } from './stack.ts';

/** Every test has a label of its own: the Temporal server is shared with other tests. */
export const labelled = () => {
  const suite = randomUUID();
  return { metadata: { suite }, query: `metadata=${encodeURIComponent(`suite=${suite}`)}` };
};

type Page = { readonly ids: unknown[]; readonly next: string | null; readonly sessions: unknown };

export async function list(stack: Stack, query: string): Promise<Page> {
  const { status, body } = await stack.api('GET', `/v1/sessions?${query}`);
  expect({ status, body }).toMatchObject({ status: 200, body: { sessions: expect.any(Array) } });
  const { sessions, nextPageToken } = body;
  const ids = Array.isArray(sessions) ? sessions.map((session) => Reflect.get(session, 'id')) : [];
  return { ids, next: typeof nextPageToken === 'string' ? nextPageToken : null, sessions };
}

/** Visibility lags behind by a moment. */
export async function untilListed(
  stack: Stack,
  query: string,
  ids: readonly string[],
): Promise<void> {
  await eventually(async () => expect((await list(stack, query)).ids).toEqual(ids));
}

/** Sends as many changes as a run takes, and more. */
export async function untilNextRun(stack: Stack, id: string): Promise<void> {
  const handle = stack.client.workflow.getHandle(id);
  const { runId } = await handle.describe();
  for (let sent = 0; (await handle.describe()).runId === runId; sent += 1) {
    const change = { keywords: [`word ${sent}`] };
    const changes = Array.from({ length: 8 }, () =>
      handle.executeUpdate(changeConfiguration, { args: [change] }),
    );
    await Promise.allSettled(changes);
  }
}

/** The ids on all pages; `afterFirst` is what happens while they are read. */
export async function listAll(
  stack: Stack,
  query: string,
  pageSize: number,
  afterFirst: () => Promise<void> = async () => {},
): Promise<unknown[]> {
  const ids: unknown[] = [];
  let token = '';
  for (let pages = 0; pages < 20; pages += 1) {
    const page = await list(stack, `${query}&pageSize=${pageSize}${token}`);
    expect(page.ids.length).toBeLessThanOrEqual(pageSize);
    ids.push(...page.ids);
    if (page.next === null) return ids;
    if (pages === 0) await afterFirst();
    token = `&pageToken=${page.next}`;
  }
  throw new Error(`the list has no end: ${ids.join(', ')}`);
}
