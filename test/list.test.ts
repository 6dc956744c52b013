import { WorkflowFailedError } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findableLabels } from '../src/domain/labels.ts';
import { SEARCH_ATTRIBUTES } from '../src/workflows/messages.ts';
import { labelled, list, untilListed, untilNextRun } from './support/lists.ts';
import { eventually, startSession, startStack, stopSession, type Stack } from './support/stack.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.stop());

describe.concurrent('the list of sessions', () => {
  test('shows each as it is read by itself, the newest first, and what is over last', async () => {
    const { metadata, query } = labelled();
    const first = await startSession(stack, 'list-first', { metadata });
    await startSession(stack, 'list-second', { metadata });
    const third = await startSession(stack, 'list-third', { metadata });
    await untilListed(stack, query, ['agora:list-third', 'agora:list-second', 'agora:list-first']);
    await stopSession(stack, third);
    await untilListed(stack, query, ['agora:list-second', 'agora:list-first', 'agora:list-third']);
    await eventually(async () => {
      const { sessions } = await list(stack, query);
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
    await untilListed(stack, query, [videosdk, 'agora:list-b', 'agora:list-a']);
    await untilListed(stack, `${query}&provider=videosdk`, [videosdk]);
    await untilListed(stack, `${query}&provider=agora`, ['agora:list-b', 'agora:list-a']);
    await untilListed(stack, `${query}&channel=list-b`, ['agora:list-b']);
    await untilListed(stack, `${query}&channel=list-b&provider=videosdk`, []);
    await stopSession(stack, path);
    await untilListed(stack, `${query}&status=stopped`, ['agora:list-a']);
    await untilListed(stack, `${query}&status=running&provider=agora`, ['agora:list-b']);
    await untilListed(stack, `${query}&status=failed`, []);
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
    await untilListed(stack, `${query}&status=running`, ['agora:list-terminated']);
    const since = new Date().toISOString();
    await stack.client.workflow.getHandle('agora:list-terminated').terminate('by hand');
    await untilListed(stack, `${query}&status=failed`, ['agora:list-terminated']);
    await untilListed(stack, `${query}&status=running`, []);
    await untilListed(stack, `${query}&changedSince=${since}`, ['agora:list-terminated']);
    expect((await list(stack, query)).sessions).toMatchObject([
      { status: 'failed', failure: { kind: 'terminated' } },
    ]);
  });

  test('says of what Temporal has ended by itself no more than that', async () => {
    const path = await startSession(stack, 'list-in-time');
    const { memo } = await stack.client.workflow.getHandle('agora:list-in-time').describe();
    const id = 'agora:list-timed-out';
    const handle = await stack.client.workflow.start('liveSession', {
      workflowId: id,
      taskQueue: 'nobody',
      workflowRunTimeout: '1s',
      memo: { ...memo, session: { ...Object(memo?.['session']), id } },
    });
    await expect(handle.result()).rejects.toThrow(WorkflowFailedError);
    expect((await stack.api('GET', `/v1/sessions/${id}`)).body).toMatchObject({
      status: 'failed',
      failure: { kind: 'internal', message: 'the workflow ended as TIMED_OUT' },
    });
    await stopSession(stack, path);
  });

  test('finds what has started or changed since', async () => {
    const { metadata, query } = labelled();
    const old = await startSession(stack, 'list-old', { metadata });
    await startSession(stack, 'list-still', { metadata });
    const since = new Date().toISOString();
    await startSession(stack, 'list-new', { metadata });
    await stopSession(stack, old);
    await untilListed(stack, `${query}&startedSince=${since}`, ['agora:list-new']);
    await untilListed(stack, `${query}&changedSince=${since}`, [
      'agora:list-new',
      'agora:list-old',
    ]);
    const { createdAt } = (await stack.api('GET', '/v1/sessions/agora:list-new')).body;
    const shifted = new Date(Date.parse(String(createdAt)) + 2 * 3_600_000).toISOString();
    const offset = encodeURIComponent(shifted.replace('Z', '+02:00'));
    await untilListed(stack, `${query}&startedSince=${offset}`, ['agora:list-new']);
    for (const name of ['list-new', 'list-still'])
      await stopSession(stack, `/v1/sessions/agora:${name}`);
  });

  test('has a session of several runs once', async () => {
    const { metadata, query } = labelled();
    const path = await startSession(stack, 'list-long', { metadata });
    await untilNextRun(stack, 'agora:list-long');
    await untilListed(stack, query, ['agora:list-long']);
    const { createdAt } = (await stack.api('GET', path)).body;
    await untilListed(stack, `${query}&startedSince=${String(createdAt)}`, ['agora:list-long']);
    const later = new Date(Date.parse(String(createdAt)) + 1).toISOString();
    await untilListed(stack, `${query}&startedSince=${later}`, []);
    await stopSession(stack, path);
  });

  test('has each start of the same id', async () => {
    const { metadata, query } = labelled();
    for (const _ of [1, 2]) {
      await stopSession(stack, await startSession(stack, 'list-again', { metadata }));
    }
    await untilListed(stack, query, ['agora:list-again', 'agora:list-again']);
  });

  test('has nothing of what was erased', async () => {
    const { metadata, query } = labelled();
    const path = await startSession(stack, 'list-erased', { metadata });
    await stopSession(stack, path);
    await untilListed(stack, query, ['agora:list-erased']);
    expect((await stack.api('DELETE', path)).status).toBe(204);
    await untilListed(stack, query, []);
  });
});

describe.concurrent('a label', () => {
  const long = 'x'.repeat(512);
  test.for<[string, Record<string, string>, string[], boolean]>([
    ['is found', { team: 'support' }, ['team=support'], true],
    ['is found with another', { team: 'support', floor: '3' }, ['team=support', 'floor=3'], true],
    ['is not found where one is missing', { team: 'support' }, ['team=support', 'floor=3'], false],
    ['minds the case', { team: 'Support' }, ['team=support'], false],
    ['is not found by its beginning', { team: 'support desk' }, ['team=support'], false],
    ['may have spaces', { team: 'support desk' }, ['team=support desk'], true],
    ['may have an equals sign', { note: 'a=b' }, ['note=a=b'], true],
    ['may begin with one', { '=note': 'a' }, ['=note=a'], true],
    ['may be empty', { team: '' }, ['team='], true],
    ['may have quotes', { note: `it's "so" \\ '` }, [`note=it's "so" \\ '`], true],
    ['may have any letter', { équipe: 'größe 日本 🎙' }, ['équipe=größe 日本 🎙'], true],
    ['may be long', { ['n'.repeat(64)]: long }, [`${'n'.repeat(64)}=${long}`], true],
    ['minds its end', { note: long }, [`note=${long.slice(1)}y`], false],
  ])('%s', async ([, metadata, labels, isFound]) => {
    const own = labelled();
    const channel = `label-${own.metadata.suite}`;
    const path = await startSession(stack, channel, { metadata: { ...own.metadata, ...metadata } });
    const query = [own.query, ...labels.map((label) => `metadata=${encodeURIComponent(label)}`)];
    await untilListed(stack, own.query, [`agora:${channel}`]);
    expect((await list(stack, query.join('&'))).ids).toEqual(isFound ? [`agora:${channel}`] : []);
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
    await untilListed(stack, `${own.query}&metadata=label-59=${'v'.repeat(40)}59`, [
      'agora:label-many',
    ]);
    await untilListed(stack, `${own.query}&metadata=label-59=${'v'.repeat(40)}58`, []);
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
