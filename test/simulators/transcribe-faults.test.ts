import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { receiver } from './receiver.ts';
import type { Received } from './receiver.ts';
import { JOB_MS, transcribeCaller } from './transcribe-caller.ts';
import type { Caller } from './transcribe-caller.ts';

const SECRET = 'shh';
const SOON = { interval: 5 };

describe('faults', () => {
  test.each([
    [500, 'InternalFailureException'],
    [429, 'LimitExceededException'],
    [503, 'ServiceUnavailableException'],
  ])('answer with %s and do nothing', async (status, name) => {
    const caller = await transcribeCaller();
    caller.simulator.inject({ operation: 'start', fault: { kind: 'status', status } });
    await expect(caller.start()).rejects.toThrow(
      expect.objectContaining({
        name,
        $metadata: expect.objectContaining({ httpStatusCode: status }),
      }),
    );
    expect(caller.simulator.ledger().jobs).toEqual([]);
    await caller.start();
    const { calls, violations, throttled } = caller.simulator.ledger();
    expect(calls).toMatchObject([{ status, fault: 'status' }, { status: 200 }]);
    expect({ violations, throttled }).toMatchObject({ violations: [], throttled: { start: 0 } });
  });

  test('close the connection before, or after, what was asked is done', async () => {
    const caller = await transcribeCaller();
    caller.simulator.inject({ operation: 'start', fault: { kind: 'reset' } });
    await expect(caller.start()).rejects.toThrow('socket hang up');
    caller.simulator.inject({ operation: 'start', fault: { kind: 'lost-response' } });
    expect(caller.simulator.ledger().jobs).toEqual([]);
    await expect(caller.start()).rejects.toThrow('socket hang up');
    await expect(caller.start()).rejects.toThrow(
      expect.objectContaining({ name: 'ConflictException' }),
    );
    expect(await caller.get()).toMatchObject({ TranscriptionJobStatus: 'IN_PROGRESS' });
    expect(caller.simulator.ledger().calls.map(({ status }) => status)).toEqual([
      null,
      null,
      409,
      200,
    ]);
  });

  test('strike the calls they name, as often as they say', async () => {
    const caller = await transcribeCaller();
    const fault = { kind: 'status', status: 500 } as const;
    caller.simulator.inject({ operation: 'any', jobName: 'b', fault, times: 2, after: 1 });
    await caller.start({ TranscriptionJobName: 'a' });
    await caller.start({ TranscriptionJobName: 'b' });
    await expect(caller.get('b')).rejects.toThrow('an injected fault');
    await expect(caller.remove('b')).rejects.toThrow('an injected fault');
    await expect(caller.get('b')).resolves.toBeDefined();
  });

  test('make answers late, or stale', async () => {
    const caller = await transcribeCaller();
    caller.simulator.inject({ operation: 'start', fault: { kind: 'latency', ms: 50 } });
    const askedAtMs = performance.now();
    await caller.start();
    expect(performance.now() - askedAtMs).toBeGreaterThan(45);
    await caller.advance(JOB_MS);
    caller.simulator.inject({ operation: 'get', fault: { kind: 'stale' } });
    const stale = await caller.get();
    expect(stale.TranscriptionJobStatus).toBe('IN_PROGRESS');
    expect(stale.CompletionTime).toBeUndefined();
    expect((await caller.get()).TranscriptionJobStatus).toBe('COMPLETED');
  });
});

describe('control', () => {
  test('ends a job at once, in either way, and not twice', async () => {
    const caller = await transcribeCaller();
    await caller.start({ TranscriptionJobName: 'good' });
    await caller.start({ TranscriptionJobName: 'bad' });
    await caller.simulator.completeJob('good');
    caller.simulator.failJob('bad', 'Unsupported media format.');
    expect((await caller.get('good')).TranscriptionJobStatus).toBe('COMPLETED');
    expect(await caller.get('bad')).toMatchObject({
      TranscriptionJobStatus: 'FAILED',
      FailureReason: 'Unsupported media format.',
    });
    expect(() => caller.simulator.failJob('bad', 'again')).toThrow('job bad is FAILED');
    await expect(caller.simulator.completeJob('none')).rejects.toThrow('no job none');
  });

  test('is to be had over HTTP too', async () => {
    const caller = await transcribeCaller();
    const fault = { operation: 'get', fault: { kind: 'status', status: 503 } };
    expect((await caller.control('POST', '/faults', fault)).status).toBe(204);
    expect((await caller.control('POST', '/faults', { operation: 'get' })).status).toBe(400);
    const onEvent = { operation: 'get', fault: { kind: 'lost' } };
    expect((await caller.control('POST', '/faults', onEvent)).status).toBe(400);
    await caller.start({ TranscriptionJobName: 'a' });
    await caller.start({ TranscriptionJobName: 'b' });
    await expect(caller.get('a')).rejects.toThrow('an injected fault');
    await caller.control('POST', '/faults', fault);
    expect((await caller.control('DELETE', '/faults')).status).toBe(204);
    await expect(caller.get('a')).resolves.toBeDefined();
    expect((await caller.control('POST', '/jobs/a/complete')).status).toBe(204);
    expect((await caller.control('POST', '/jobs/b/fail', { reason: 'why not' })).status).toBe(204);
    expect((await caller.control('POST', '/jobs/b/fail', { reason: 'again' })).status).toBe(409);
    const ledger = await (await caller.control('GET', '/ledger?job=b')).json();
    expect(ledger).toMatchObject({
      calls: [{ operation: 'start', jobName: 'b', body: { LanguageCode: 'en-GB' } }],
      jobs: [{ name: 'b', status: 'FAILED', failureReason: 'why not', outputKeys: [] }],
      violations: [],
      deliveries: [],
    });
  });
});

describe('events', () => {
  test('tell that a job ended, with the secret', async () => {
    const { caller, received } = await observedCaller();
    await caller.finished({ TranscriptionJobName: 'good' });
    await expect.poll(() => received, SOON).toHaveLength(1);
    expect(received[0]?.headers['x-durascribe-event-secret']).toBe(SECRET);
    expect(received[0]?.body).toEqual({
      version: '0',
      id: expect.any(String),
      'detail-type': 'Transcribe Job State Change',
      source: 'aws.transcribe',
      account: '111122223333',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      region: 'us-east-1',
      resources: [],
      detail: { TranscriptionJobName: 'good', TranscriptionJobStatus: 'COMPLETED' },
    });
    await caller.start({ TranscriptionJobName: 'bad' });
    caller.simulator.failJob('bad', 'why not');
    await expect
      .poll(() => received[1]?.body['detail'], SOON)
      .toEqual({
        TranscriptionJobName: 'bad',
        TranscriptionJobStatus: 'FAILED',
        FailureReason: 'why not',
      });
  });

  test('can be lost, duplicated and late', async () => {
    const { caller, received } = await observedCaller();
    const { simulator } = caller;
    simulator.inject({ operation: 'event', jobName: 'lost', fault: { kind: 'lost' } });
    simulator.inject({ operation: 'event', jobName: 'twice', fault: { kind: 'duplicated' } });
    simulator.inject({ operation: 'event', jobName: 'late', fault: { kind: 'delayed', ms: 50 } });
    for (const name of ['lost', 'late', 'twice']) {
      await caller.start({ TranscriptionJobName: name });
      simulator.failJob(name, 'why not');
    }
    await expect.poll(() => received.map(jobIn), SOON).toEqual(['twice', 'twice', 'late']);
    expect(received[0]?.body['id']).toBe(received[1]?.body['id']);
    await expect
      .poll(() => simulator.ledger().deliveries.map(({ status }) => status), SOON)
      .toEqual([null, 200, 200, 200]);
    expect(simulator.ledger('lost').deliveries).toMatchObject([{ fault: 'lost', attempt: 1 }]);
  });

  test('are sent again until they are received', async () => {
    const { caller, received } = await observedCaller(503, 204);
    await caller.finished();
    await expect.poll(() => received, SOON).toHaveLength(2);
    await expect
      .poll(() => caller.simulator.ledger().deliveries, SOON)
      .toMatchObject([
        { attempt: 1, status: 503 },
        { attempt: 2, status: 204, jobName: 'job', jobStatus: 'COMPLETED' },
      ]);
  });

  test('can be switched off', async () => {
    const { caller, received } = await observedCaller();
    expect((await caller.control('DELETE', '/events')).status).toBe(204);
    await caller.finished({ TranscriptionJobName: 'unheard' });
    const { url } = await receiver();
    expect((await caller.control('PUT', '/events', { url })).status).toBe(400);
    const heard = await receiver();
    await caller.control('PUT', '/events', { url: heard.url, secret: 'other' });
    await caller.finished({ TranscriptionJobName: 'heard' });
    await expect.poll(() => heard.received.map(jobIn), SOON).toEqual(['heard']);
    expect(received).toEqual([]);
  });
});

test('jobs outlive a restart, and those in progress go on', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'transcribe-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const stateFile = path.join(folder, 'state.json');
  const before = await transcribeCaller({ stateFile });
  await before.finished({ TranscriptionJobName: 'done', OutputBucketName: undefined });
  await before.start({ TranscriptionJobName: 'going' });
  await before.simulator.close();

  const after = await transcribeCaller({ stateFile });
  expect(after.simulator.ledger('going').calls).toMatchObject([{ operation: 'start' }]);
  expect((await after.get('going')).TranscriptionJobStatus).toBe('IN_PROGRESS');
  await expect(after.start({ TranscriptionJobName: 'done' })).rejects.toThrow('already exists');
  const { Transcript } = await after.get('done');
  expect((await fetch(String(Transcript?.TranscriptFileUri))).status).toBe(200);
  await after.advance(10 * JOB_MS);
  expect((await after.get('going')).TranscriptionJobStatus).toBe('COMPLETED');
});

async function observedCaller(
  ...statuses: readonly number[]
): Promise<{ caller: Caller; received: Received[] }> {
  const { url, received } = await receiver(...statuses);
  const caller = await transcribeCaller({ events: { url, secret: SECRET, retryGapsMs: [5] } });
  return { caller, received };
}

function jobIn({ body }: Received): unknown {
  const { detail } = body;
  return typeof detail === 'object' && detail !== null && 'TranscriptionJobName' in detail
    ? detail.TranscriptionJobName
    : undefined;
}
