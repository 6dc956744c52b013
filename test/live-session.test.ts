import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  startSession,
  startStack,
  stopSession,
  untilSession,
  type Answer,
  type Stack,
} from './support/stack.ts';
import { keepHistory } from './support/histories.ts';
import { callsOf, gapsMs, rulesBroken, tasksOf, updatesOf } from './support/ledger.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.stop());

/** Stops a session that somebody starts again as soon as it has ended; returns what the stop told, and its run. */
async function stopAndRestart(channel: string): Promise<{ stopped: Answer; runId: unknown }> {
  const path = await startSession(stack, channel);
  const { runId } = (await stack.api('GET', path)).body;
  const again = { provider: 'agora', channel, languages: ['en-US'] };
  // Every 10 ms: the new run begins as soon as the old one has ended.
  const restarted = vi.waitFor(
    async () => expect((await stack.api('POST', '/v1/sessions', again)).status).toBe(201),
    { timeout: 20_000, interval: 10 },
  );
  const stopped = await stack.api('POST', `${path}/stop`, undefined, { prefer: 'wait=5' });
  await restarted;
  await stopSession(stack, path);
  return { stopped, runId };
}

describe.concurrent('a live Agora session', () => {
  test('lives from a start over HTTP to a stopped task', async () => {
    const path = await startSession(stack, 'story', { metadata: { team: 'support' } });
    expect((await stack.api('GET', path)).body).toMatchObject({
      id: 'agora:story',
      provider: 'agora',
      status: 'running',
      channel: 'story',
      desired: { languages: ['en-US'], subscribeAudioUids: ['all'] },
      applied: { languages: ['en-US'], subscribeAudioUids: ['all'] },
      revision: 0,
      appliedRevision: 0,
      sequenceId: 0,
      generation: 1,
      endedAt: null,
      metadata: { team: 'support' },
    });

    const change = { languages: ['fr-FR'], subscribeAudioUids: ['100'] };
    const accepted = await stack.api('PATCH', path, change);
    expect(accepted).toMatchObject({ status: 202, body: { revision: 1, desired: change } });
    await untilSession(stack, path, { appliedRevision: 1, applied: change, sequenceId: 1 });

    const stopped = await stopSession(stack, path);
    expect(stopped).toMatchObject({ status: 'stopped', endReason: 'requested', failure: null });
    expect(callsOf(stack, 'story', 'join', 'update', 'leave')).toEqual(['join', 'update', 'leave']);
    expect(tasksOf(stack, 'story')).toMatchObject([{ status: 'STOPPED', endCause: 'left' }]);
    expect(rulesBroken(stack, 'story')).toEqual([]);
    await keepHistory(stack, 'agora:story', 'stop-on-request');
  });

  test('takes a burst of 20 changes to its last state with one update', async () => {
    const path = await startSession(stack, 'burst');
    const uids = Array.from({ length: 20 }, (_, index) => String(100 + index));
    const answers = await Promise.all(
      uids.map((uid) =>
        stack.api('PATCH', path, { subscribeAudioUids: [uid], languages: ['de-DE'] }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(uids.map(() => 202));
    const session = await untilSession(stack, path, { revision: 20, appliedRevision: 20 });

    expect(tasksOf(stack, 'burst')).toMatchObject([session['desired']]);
    expect(updatesOf(stack, 'burst')).toHaveLength(1);
    expect(rulesBroken(stack, 'burst')).toEqual([]);
    await stopSession(stack, path);
    await keepHistory(stack, 'agora:burst', 'burst-of-changes');
  });

  test('spaces the updates of changes that keep coming, with sequence ids 1, 2, 3', async () => {
    const path = await startSession(stack, 'spacing');
    for (const uid of ['1', '2', '3']) {
      const change = { subscribeAudioUids: [uid] };
      const { status } = await stack.api('PATCH', path, change, { prefer: 'wait=20' });
      expect(status).toBe(200);
    }
    const updates = updatesOf(stack, 'spacing');
    expect(updates.map(({ query }) => query['sequenceId'])).toEqual(['1', '2', '3']);
    expect(updates.map(({ query }) => query['updateMask'])).toEqual(
      updates.map(() => 'rtcConfig.subscribeAudioUids'),
    );
    for (const gap of gapsMs(stack, 'spacing')) expect(gap).toBeGreaterThanOrEqual(5_000);
    expect(rulesBroken(stack, 'spacing')).toEqual([]);
    await stopSession(stack, path);
  });

  test('makes no call for a change that is undone before it was sent', async () => {
    const path = await startSession(stack, 'undone');
    await stack.api('PATCH', path, { languages: ['fr-FR'] });
    const { body } = await stack.api('PATCH', path, { languages: ['en-US'] });
    expect(body).toMatchObject({ revision: 2, appliedRevision: 2, nextUpdateAt: null });
    // The next real change goes out alone: nothing was sent for the undone one.
    await stack.api('PATCH', path, { subscribeAudioUids: ['7'] }, { prefer: 'wait=20' });
    expect(updatesOf(stack, 'undone')).toMatchObject([
      { query: { sequenceId: '1', updateMask: 'rtcConfig.subscribeAudioUids' } },
    ]);
    await stopSession(stack, path);
    await keepHistory(stack, 'agora:undone', 'undone-change');
  });

  test('leaves at once when it is stopped while a change waits, and sends no update after', async () => {
    const path = await startSession(stack, 'stop-wins');
    const { body: waiting } = await stack.api('PATCH', path, { languages: ['fr-FR'] });
    const body = await stopSession(stack, path);
    expect(body).toMatchObject({ status: 'stopped', revision: 1, appliedRevision: 0 });
    expect(String(body['endedAt']) < String(waiting['nextUpdateAt'])).toBe(true);
    expect(callsOf(stack, 'stop-wins', 'join', 'update', 'leave')).toEqual(['join', 'leave']);
    await keepHistory(stack, 'agora:stop-wins', 'stop-while-a-change-waits');
  });

  test("replaces a host's uid against the desired set, whoever changes it meanwhile", async () => {
    const path = await startSession(stack, 'host', { subscribeAudioUids: ['100', '200'] });
    const replace = { replaceAudioUid: { from: '200', to: '300' } };
    await Promise.all([
      stack.api('PATCH', path, replace),
      stack.api('PATCH', path, { addAudioUids: ['400'] }),
      stack.api('PATCH', path, { removeAudioUids: ['100', '999'] }),
    ]);
    await untilSession(stack, path, { appliedRevision: 3 });
    const [task] = tasksOf(stack, 'host');
    expect(task?.subscribeAudioUids?.toSorted()).toEqual(['300', '400']);
    expect(updatesOf(stack, 'host')).toHaveLength(1);
    await stopSession(stack, path);
  });

  test('is one session and one task when two start it at once', async () => {
    const body = { provider: 'agora', channel: 'twice', languages: ['en-US', 'es-ES'] };
    const wait = { prefer: 'wait=20' };
    const answers = await Promise.all([
      stack.api('POST', '/v1/sessions', body, wait),
      stack.api('POST', '/v1/sessions', { ...body, languages: ['es-ES', 'en-US'] }, wait),
    ]);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 201]));
    expect(new Set(answers.map(({ body: session }) => session['runId'])).size).toBe(1);
    expect(tasksOf(stack, 'twice')).toHaveLength(1);
    await stack.api('POST', '/v1/sessions/agora:twice/stop');
  });

  test("tells a refused change in the vendor's words and lives on", async () => {
    const path = await startSession(stack, 'refused');
    const refused = await stack.api('PATCH', path, { languages: ['xx-XX'] }, { prefer: 'wait=20' });
    expect(refused).toMatchObject({
      status: 422,
      body: { detail: expect.stringContaining('"xx-XX" is not supported') },
    });
    expect((await stack.api('GET', path)).body).toMatchObject({
      status: 'running',
      desired: { languages: ['en-US'] },
      revision: 1,
      appliedRevision: 0,
      lastRefusal: { revision: 1, message: expect.stringContaining('xx-XX') },
    });
    const same = await stack.api('PATCH', path, { languages: ['en-US'] }, { prefer: 'wait=20' });
    expect(same).toMatchObject({ status: 200, body: { revision: 2, appliedRevision: 2 } });
    const { status } = await stack.api(
      'PATCH',
      path,
      { languages: ['fr-FR'] },
      { prefer: 'wait=20' },
    );
    expect(status).toBe(200);
    await stopSession(stack, path);
    await keepHistory(stack, 'agora:refused', 'refused-change');
  });

  test("fails with the vendor's words when the vendor refuses its start", async () => {
    const body = { provider: 'agora', channel: 'bad-start', languages: ['xx-XX'] };
    const refused = await stack.api('POST', '/v1/sessions', body, { prefer: 'wait=20' });
    expect(refused).toMatchObject({
      status: 422,
      body: { detail: expect.stringContaining('"xx-XX" is not supported') },
    });
    expect((await stack.api('GET', '/v1/sessions/agora:bad-start')).body).toMatchObject({
      status: 'failed',
      endReason: 'failed',
      failure: { kind: 'rejected', message: expect.stringContaining('xx-XX') },
    });
    await keepHistory(stack, 'agora:bad-start', 'start-refused');
  });

  test('ends after its longest duration', async () => {
    const path = await startSession(stack, 'bounded', { maxDurationSeconds: 3 });
    await untilSession(stack, path, { status: 'stopped', endReason: 'max-duration' });
    await keepHistory(stack, 'agora:bounded', 'maximum-duration');
    expect(tasksOf(stack, 'bounded')).toMatchObject([{ endCause: 'left' }]);
  });

  test('begins a new run of the same id after it ended', async () => {
    const path = await startSession(stack, 'again');
    const { body: first } = await stack.api('POST', `${path}/stop`);
    const second = await stack.api(
      'POST',
      '/v1/sessions',
      { provider: 'agora', channel: 'again', languages: ['fr-FR'] },
      { prefer: 'wait=20' },
    );
    expect(second).toMatchObject({ status: 201, body: { status: 'running' } });
    expect(second.body['runId']).not.toBe(first['runId']);
    expect(tasksOf(stack, 'again').map(({ status }) => status)).toEqual([
      'STOPPED',
      expect.stringMatching(/STARTING|RUNNING/),
    ]);
    await stopSession(stack, path);
  });

  test('is waited for by its stop, whoever starts it again meanwhile', async () => {
    const channels = Array.from({ length: 8 }, (_, index) => `restarted-${index}`);
    for (const { stopped, runId } of await Promise.all(channels.map(stopAndRestart))) {
      expect(stopped).toMatchObject({ status: 200, body: { status: 'stopped', runId } });
    }
  });

  test('takes changes or says 409 while it stops', async () => {
    const path = await startSession(stack, 'closing');
    const answers = Array.from({ length: 40 }, (_, index) =>
      stack.api('PATCH', path, { subscribeAudioUids: [String(index + 1)] }),
    );
    await stopSession(stack, path);
    const statuses = (await Promise.all(answers)).map(({ status }) => status);
    expect(statuses.filter((status) => status !== 202 && status !== 409)).toEqual([]);
  });

  test('stops for a client that sends no body and calls it JSON', async () => {
    const path = await startSession(stack, 'empty-body');
    const json = { 'content-type': 'application/json', prefer: 'wait=20' };
    expect((await stack.api('POST', `${path}/stop`, '', json)).status).toBe(200);
  });

  test('applies a repeated Idempotency-Key once', async () => {
    const path = await startSession(stack, 'repeated');
    const key = { 'idempotency-key': 'the-same' };
    const first = await stack.api('PATCH', path, { languages: ['fr-FR'] }, key);
    await stack.api('PATCH', path, { languages: ['de-DE'] });
    const repeated = await stack.api('PATCH', path, { languages: ['fr-FR'] }, key);
    expect([first.body['revision'], repeated.body['revision']]).toEqual([1, 1]);
    expect((await stack.api('GET', path)).body).toMatchObject({
      desired: { languages: ['de-DE'] },
    });
    await stopSession(stack, path);
  });
});
