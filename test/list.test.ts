import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findableLabels } from '../src/domain/labels.ts';
import { changeConfiguration, SEARCH_ATTRIBUTES } from '../src/workflows/messages.ts';
import { eventually, startSession, startStack, stopSession, type Stack } from './support/stack.ts';

/** Every test has a label of its own: the Temporal server is shared with other tests. */
const labelled = () => {
  const suite = randomUUID();
  return { metadata: { suite }, query: `metadata=${encodeURIComponent(`suite=${suite}`)}` };
};

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.stop());

type Page = { readonly ids: unknown[]; readonly next: string | null; readonly sessions: unknown };

async function list(query: string): Promise<Page> {
  const { status, body } = await stack.api('GET', `/v1/sessions?${query}`);
  expect({ status, body }).toMatchObject({ status: 200, body: { sessions: expect.any(Array) } });
  const { sessions, nextPageToken } = body;
  const ids = Array.isArray(sessions) ? sessions.map((session) => Reflect.get(session, 'id')) : [];
  return { ids, next: typeof nextPageToken === 'string' ? nextPageToken : null, sessions };
}

/** Visibility lags behind by a moment. */
async function untilListed(query: string, ids: readonly string[]): Promise<void> {
  await eventually(async () => expect((await list(query)).ids).toEqual(ids));
}

describe.concurrent('the list of sessions', () => {
  test('shows each as it is read by itself, the newest first, and what is over last', async () => {
    const { metadata, query } = labelled();
    const first = await startSession(stack, 'list-first', { metadata });
    await startSession(stack, 'list-second', { metadata });
    const third = await startSession(stack, 'list-third', { metadata });
    await untilListed(query, ['agora:list-third', 'agora:list-second', 'agora:list-first']);
    await stopSession(stack, third);
    await untilListed(query, ['agora:list-second', 'agora:list-first', 'agora:list-third']);
    await eventually(async () => {
      const { sessions } = await list(query);
      const each = ['list-second', 'list-first', 'list-third'].map(
        async (name) => (await stack.api('GET', `/v1/sessions/agora:${name}`)).body,
      );
      expect(sessions).toEqual(await Promise.all(each));
    });
    await Promise.all(
      [first, '/v1/sessions/agora:list-second'].map((path) => stopSession(stack, path)),
    );
  });

  test('is found by provider, channel and status', async () => {
    const { metadata, query } = labelled();
    const path = await startSession(stack, 'list-a', { metadata });
    await startSession(stack, 'list-b', { metadata });
    const video = { provider: 'videosdk', roomId: 'list-vide-osdk', language: 'en-US', metadata };
    const { body } = await stack.api('POST', '/v1/sessions', video, { prefer: 'wait=20' });
    const videosdk = String(body['id']);
    await untilListed(query, [videosdk, 'agora:list-b', 'agora:list-a']);
    await untilListed(`${query}&provider=videosdk`, [videosdk]);
    await untilListed(`${query}&provider=agora`, ['agora:list-b', 'agora:list-a']);
    await untilListed(`${query}&channel=list-b`, ['agora:list-b']);
    await untilListed(`${query}&channel=list-b&provider=videosdk`, []);
    await stopSession(stack, path);
    await untilListed(`${query}&status=stopped`, ['agora:list-a']);
    await untilListed(`${query}&status=running&provider=agora`, ['agora:list-b']);
    await untilListed(`${query}&status=failed`, []);
    await stopSession(stack, '/v1/sessions/agora:list-b');
    await stopSession(stack, `/v1/sessions/${videosdk}`);
  });

  test('has recordings, too', async () => {
    const { metadata, query } = labelled();
    const body = {
      provider: 'amazon-transcribe',
      media: 's3://recordings/list-missing.wav',
      languageCode: 'en-GB',
      metadata,
    };
    expect((await stack.api('POST', '/v1/sessions', body)).status).toBe(201);
    const path = `/v1/sessions?${query}&provider=amazon-transcribe&status=failed`;
    await eventually(async () => {
      const { sessions } = (await stack.api('GET', path)).body;
      expect(sessions).toMatchObject([{ status: 'failed', media: body.media }]);
    });
  });

  test('shows what an operator terminated as failed, under that status and as changed', async () => {
    const { metadata, query } = labelled();
    await startSession(stack, 'list-terminated', { metadata });
    await untilListed(`${query}&status=running`, ['agora:list-terminated']);
    const since = new Date().toISOString();
    await stack.client.workflow.getHandle('agora:list-terminated').terminate('by hand');
    await untilListed(`${query}&status=failed`, ['agora:list-terminated']);
    await untilListed(`${query}&status=running`, []);
    await untilListed(`${query}&changedSince=${since}`, ['agora:list-terminated']);
    expect((await list(query)).sessions).toMatchObject([
      { status: 'failed', failure: { kind: 'terminated' } },
    ]);
  });

  test('finds what has started or changed since', async () => {
    const { metadata, query } = labelled();
    const old = await startSession(stack, 'list-old', { metadata });
    await startSession(stack, 'list-still', { metadata });
    const since = new Date().toISOString();
    await startSession(stack, 'list-new', { metadata });
    await stopSession(stack, old);
    await untilListed(`${query}&startedSince=${since}`, ['agora:list-new']);
    await untilListed(`${query}&changedSince=${since}`, ['agora:list-new', 'agora:list-old']);
    const { createdAt } = (await stack.api('GET', '/v1/sessions/agora:list-new')).body;
    const shifted = new Date(Date.parse(String(createdAt)) + 2 * 3_600_000).toISOString();
    const offset = encodeURIComponent(shifted.replace('Z', '+02:00'));
    await untilListed(`${query}&startedSince=${offset}`, ['agora:list-new']);
    for (const name of ['list-new', 'list-still'])
      await stopSession(stack, `/v1/sessions/agora:${name}`);
  });

  test('has a session of several runs once', async () => {
    const { metadata, query } = labelled();
    const path = await startSession(stack, 'list-long', { metadata });
    const handle = stack.client.workflow.getHandle('agora:list-long');
    const { runId } = await handle.describe();
    for (let sent = 0; (await handle.describe()).runId === runId; sent += 1) {
      const change = { keywords: [`word ${sent}`] };
      const changes = Array.from({ length: 8 }, () =>
        handle.executeUpdate(changeConfiguration, { args: [change] }),
      );
      await Promise.allSettled(changes);
    }
    await untilListed(query, ['agora:list-long']);
    const { createdAt } = (await stack.api('GET', path)).body;
    await untilListed(`${query}&startedSince=${String(createdAt)}`, ['agora:list-long']);
    const later = new Date(Date.parse(String(createdAt)) + 1).toISOString();
    await untilListed(`${query}&startedSince=${later}`, []);
    await stopSession(stack, path);
  });

  test('has each start of the same id', async () => {
    const { metadata, query } = labelled();
    for (const _ of [1, 2]) {
      await stopSession(stack, await startSession(stack, 'list-again', { metadata }));
    }
    await untilListed(query, ['agora:list-again', 'agora:list-again']);
  });

  test('has nothing of what was erased', async () => {
    const { metadata, query } = labelled();
    const path = await startSession(stack, 'list-erased', { metadata });
    await stopSession(stack, path);
    await untilListed(query, ['agora:list-erased']);
    expect((await stack.api('DELETE', path)).status).toBe(204);
    await untilListed(query, []);
  });
});

describe.concurrent('a label', () => {
  test.for<[string, Record<string, string>, string[], boolean]>([
    ['is found', { team: 'support' }, ['team=support'], true],
    ['is found with another', { team: 'support', floor: '3' }, ['team=support', 'floor=3'], true],
    ['is not found where one is missing', { team: 'support' }, ['team=support', 'floor=3'], false],
    ['minds the case', { team: 'Support' }, ['team=support'], false],
    ['is not found by its beginning', { team: 'support desk' }, ['team=support'], false],
    ['may have spaces', { team: 'support desk' }, ['team=support desk'], true],
    ['may have an equals sign', { note: 'a=b' }, ['note=a=b'], true],
    ['may be empty', { team: '' }, ['team='], true],
    ['may have quotes', { note: `it's "so" \\ '` }, [`note=it's "so" \\ '`], true],
    ['may have any letter', { équipe: 'größe 日本 🎙' }, ['équipe=größe 日本 🎙'], true],
    ['may be long', { note: 'x'.repeat(512) }, [`note=${'x'.repeat(512)}`], true],
    ['minds its end', { note: 'x'.repeat(512) }, [`note=${'x'.repeat(511)}y`], false],
  ])('%s', async ([, metadata, labels, isFound]) => {
    const own = labelled();
    const channel = `label-${own.metadata.suite}`;
    const path = await startSession(stack, channel, { metadata: { ...own.metadata, ...metadata } });
    const query = [own.query, ...labels.map((label) => `metadata=${encodeURIComponent(label)}`)];
    await untilListed(own.query, [`agora:${channel}`]);
    expect((await list(query.join('&'))).ids).toEqual(isFound ? [`agora:${channel}`] : []);
    await stopSession(stack, path);
  });

  test('is found among more than Temporal can index', async () => {
    const own = labelled();
    const many = Array.from({ length: 60 }, (_, index) => [
      `label-${index}`,
      `${'v'.repeat(40)}${index}`,
    ]);
    const metadata = { ...own.metadata, ...Object.fromEntries(many) };
    const path = await startSession(stack, 'label-many', { metadata });
    await untilListed(`${own.query}&metadata=label-59=${'v'.repeat(40)}59`, ['agora:label-many']);
    await untilListed(`${own.query}&metadata=label-59=${'v'.repeat(40)}58`, []);
    await stopSession(stack, path);
  });

  test("is for operators, too, and the names of speakers are nobody's", async () => {
    const own = labelled();
    const metadata = { ...own.metadata, speakers: { '100': 'Anna' } };
    const path = await startSession(stack, 'label-operator', { metadata });
    const query = `${SEARCH_ATTRIBUTES.labels.name} = 'suite=${own.metadata.suite}'`;
    await eventually(async () => expect((await stack.client.workflow.count(query)).count).toBe(1));
    expect(findableLabels(metadata)).toEqual([`suite=${own.metadata.suite}`]);
    await stopSession(stack, path);
  });
});

describe('a page', () => {
  const { metadata, query } = labelled();
  const names = Array.from({ length: 5 }, (_, index) => `agora:page-${index}`);
  beforeAll(async () => {
    for (const name of names) await startSession(stack, name.slice(6), { metadata });
    await untilListed(query, names.toReversed());
  });
  afterAll(async () => {
    for (const name of names) await stopSession(stack, `/v1/sessions/${name}`);
  });

  test('is followed by the next one, and none is left out or there twice', async () => {
    const ids: unknown[] = [];
    let token = '';
    for (let pages = 0; pages < 10; pages += 1) {
      const page = await list(`${query}&pageSize=2${token}`);
      expect(page.ids.length).toBeLessThanOrEqual(2);
      ids.push(...page.ids);
      if (page.next === null) break;
      token = `&pageToken=${page.next}`;
    }
    expect(ids).toEqual(names.toReversed());
  });

  test('that has everything is the last', async () => {
    expect((await list(`${query}&pageSize=100`)).next).toBeNull();
  });

  test('is asked for with the filters of the one before', async () => {
    const { next } = await list(`${query}&pageSize=2`);
    const path = `/v1/sessions?${query}&status=running&pageToken=${next}`;
    expect((await stack.api('GET', path)).status).toBe(400);
  });

  test.for<[string]>([
    ['pageSize=0'],
    ['pageSize=101'],
    ['pageSize=1.5'],
    ['pageSize=many'],
    ['pageSize='],
    ['pageToken='],
    ['pageToken=nonsense'],
    ['pageToken=AAAAAAAAAAAAAAAAAAAAAAAAAAAA'],
    ['provider=nobody'],
    ['status=asleep'],
    ['status=running&status=failed'],
    ['channel='],
    ['startedSince=yesterday'],
    ['changedSince=2026-01-01'],
    ['changedSince=2026-02-30T00:00:00Z'],
    ['metadata=team'],
    ['metadata==support'],
    ['language=en-US'],
  ])('with %s is a 400 that names it', async ([wrong]) => {
    const answer = await stack.api('GET', `/v1/sessions?${wrong}`);
    expect(answer).toMatchObject({ status: 400, body: { status: 400 } });
    expect(String(answer.body['detail'])).toContain(wrong.split('=')[0]);
  });

  test.for<[string]>([[`it's`], ['"'], ['\\'], ['\u0000'], ["' OR 1=1 --"], ['♡'], ['%']])(
    'of the channel %j is empty',
    async ([channel]) => {
      const { ids, next } = await list(`channel=${encodeURIComponent(channel)}`);
      expect({ ids, next }).toEqual({ ids: [], next: null });
    },
  );
});
