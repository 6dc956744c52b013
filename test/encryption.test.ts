import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { Client } from '@temporalio/client';
import type { Payload } from '@temporalio/common';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { findTemporalBinary } from '../scripts/temporal-binary.mjs';
import { parseConfig } from '../src/config.ts';
import { startEmbeddedServer, type EmbeddedServer } from '../src/temporal/embedded-server.ts';
import { dataConverterWith, encryptionCodec } from '../src/temporal/encryption.ts';
import { historyText, readableText } from './support/histories.ts';
import { callsOf } from './support/ledger.ts';
import {
  eventually,
  prepareStack,
  startSession,
  startStack,
  stopSession,
  untilSession,
  type Stack,
} from './support/stack.ts';

const entry = (id: string) => `${id}:${randomBytes(32).toString('base64')}`;
const [OLD, NEW] = [entry('2026'), entry('2027')];
const keysOf = (set: string) => parseConfig({ DURASCRIBE_ENCRYPTION_KEYS: set }).encryptionKeys;
const codecOf = (set: string) => encryptionCodec(keysOf(set));

const HELLO: Payload = {
  metadata: { encoding: Buffer.from('json/plain'), other: Buffer.from('kept') },
  data: Buffer.from('"hello"'),
};

/** Without what tells a Buffer from any other bytes. */
const plain = (payloads: readonly Payload[]) =>
  payloads.map(({ metadata, data }) => ({
    metadata: Object.fromEntries(
      Object.entries(metadata ?? {}).map(([name, value]) => [name, Buffer.from(value).toString()]),
    ),
    data: Buffer.from(data ?? []).toString(),
  }));

async function encryptedHello(set = NEW): Promise<Payload & { readonly data: Uint8Array }> {
  const [payload] = await codecOf(set).encode([HELLO]);
  if (!payload?.data) throw new Error('there is no payload');
  return { ...payload, data: payload.data };
}

describe('a payload', () => {
  test('is unreadable but for the key id, and comes back whole', async () => {
    const payload = await encryptedHello();
    expect(plain([payload])[0]?.metadata).toEqual({
      encoding: 'binary/encrypted',
      'encryption-key-id': '2027',
    });
    expect(Buffer.from(payload.data).toString('latin1')).not.toMatch(/hello|json|kept/);
    expect(plain(await codecOf(NEW).decode([payload]))).toEqual(plain([HELLO]));
  });

  test('is never encrypted the same way twice', async () => {
    const [one, other] = await Promise.all([encryptedHello(), encryptedHello()]);
    expect(Buffer.from(one.data).equals(Buffer.from(other.data))).toBe(false);
  });

  test('without anything in it is one, too', async () => {
    const codec = codecOf(NEW);
    expect(plain(await codec.decode(await codec.encode([{}])))).toEqual(plain([{}]));
    expect(await codec.encode([])).toEqual([]);
  });

  test('is encrypted by the first key, and read by whichever there is', async () => {
    const old = await encryptedHello(OLD);
    expect(plain(await codecOf(`${NEW},${OLD}`).decode([old]))).toEqual(plain([HELLO]));
    expect(plain([await encryptedHello(`${NEW},${OLD}`)])[0]?.metadata).toMatchObject({
      'encryption-key-id': '2027',
    });
  });

  test('in the clear is read with keys, and without any nothing is encrypted', async () => {
    expect(await codecOf(NEW).decode([HELLO])).toEqual([HELLO]);
    expect(await encryptionCodec([]).encode([HELLO])).toEqual([HELLO]);
  });

  test('of a key that is not there is an error that names it and what to do', async () => {
    const payload = await encryptedHello();
    for (const codec of [codecOf(OLD), encryptionCodec([])]) {
      await expect(codec.decode([payload])).rejects.toThrow(
        /the key "2027", which this process does not have: add it to DURASCRIBE_ENCRYPTION_KEYS/,
      );
    }
  });

  test.for([0, 11, 12, 20, -1])('that was changed at byte %i is an error', async (at) => {
    const payload = await encryptedHello();
    const data = Buffer.from(payload.data);
    const index = at < 0 ? data.length + at : at;
    data[index] = (data[index] ?? 0) ^ 1;
    const decoding = codecOf(NEW).decode([{ ...payload, data }]);
    await expect(decoding).rejects.toThrow(/is not what the key "2027" has encrypted/);
    await expect(decoding).rejects.not.toThrow(/hello/);
  });

  test.for([0, 5, 12, 27])('that was cut to %i bytes is an error', async (length) => {
    const payload = await encryptedHello();
    const cut = { ...payload, data: payload.data.subarray(0, length) };
    await expect(codecOf(NEW).decode([cut])).rejects.toThrow(/"2027"/);
  });

  test('of another key under the same id is an error', async () => {
    const payload = await encryptedHello();
    await expect(codecOf(entry('2027')).decode([payload])).rejects.toThrow(/another key under/);
  });
});

describe('the keys', () => {
  test('are taken with their ids, in their order', () => {
    const keys = keysOf(` ${NEW} , ${OLD}`);
    expect(keys.map(({ id }) => id)).toEqual(['2027', '2026']);
    expect(JSON.stringify(keys)).not.toContain(NEW.slice(5, 20));
  });

  test('that are wrong are all told at once, without any of them', () => {
    const secret = randomBytes(32).toString('base64');
    const short = randomBytes(16).toString('base64');
    const wrong = [secret, `:${secret}`, `a b:${secret}`, `c:${secret}!`, `d:${short}`, OLD, OLD];
    const read = () => keysOf(wrong.join(','));
    expect(read).toThrow(/DURASCRIBE_ENCRYPTION_KEYS: entry 1 must begin with an id/);
    for (const [index, fault] of [
      [2, 'must begin with an id'],
      [3, 'must begin with an id'],
      [4, 'must have base64'],
      [5, 'must have 32 bytes'],
      [7, 'has the id of an earlier one'],
    ] as const) {
      expect(read).toThrow(new RegExp(`entry ${index} ${fault}`));
    }
    expect(read).not.toThrow(/entry 6/);
    for (const one of [secret, short, OLD]) expect(read).not.toThrow(one);
    expect(() => keysOf(',')).toThrow(/must have a key, or not be set/);
  });
});

describe('a session', () => {
  let stack: Stack;
  let server: EmbeddedServer;
  beforeAll(async () => {
    // A Temporal of its own: who lists what all tests share has none of these keys.
    server = await startEmbeddedServer();
    const environment = { DURASCRIBE_ENCRYPTION_KEYS: OLD };
    stack = await prepareStack({ temporalAddress: server.address, environment });
  });
  afterAll(async () => {
    await stack.stop();
    await server.stop();
  });

  test('goes on when a new key takes over', { timeout: 120_000 }, async () => {
    const before = await Promise.all([stack.startWorker(), stack.startApi()]);
    const path = await startSession(stack, 'rotating', { metadata: { team: 'support' } });
    await Promise.all(before.map((service) => service.end()));
    const rotated = { DURASCRIBE_ENCRYPTION_KEYS: `${NEW},${OLD}` };
    await Promise.all([stack.startWorker('', rotated), stack.startApi(rotated)]);
    await untilSession(stack, path, { status: 'running', metadata: { team: 'support' } });
    const change = { languages: ['fr-FR'] };
    const { body } = await stack.api('PATCH', path, change, { prefer: 'wait=20' });
    expect(body).toMatchObject({ appliedRevision: 1, applied: change });
    expect(callsOf(stack, 'rotating', 'update')).toHaveLength(1);
    await stopSession(stack, path);
    const history = await stack.client.workflow.getHandle('agora:rotating').fetchHistory();
    const ids = new Set(readableText(JSON.parse(historyToJSON(history))).match(/MjAyN[gw]==/g));
    expect(ids).toEqual(new Set(['MjAyNg==', 'MjAyNw==']));
  });
});

describe('with keys', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack();
  });
  afterAll(() => stack.stop());

  test('nothing of a session is readable in what Temporal keeps of it', async () => {
    const more = { metadata: { team: 'support' }, subscribeAudioUids: ['4711'] };
    const path = await startSession(stack, 'unreadable', more);
    const { client, environment } = stack;
    const handle = client.workflow.getHandle('agora:unreadable');
    const { raw } = await handle.describe();
    expect(JSON.stringify(raw.workflowExecutionInfo?.memo)).not.toMatch(/4711|fr-FR/);
    const kept = await stack.api('PATCH', path, { languages: ['xx-XX'] }, { prefer: 'wait=20' });
    expect(kept).toMatchObject({ status: 422, body: { detail: expect.stringContaining('xx-XX') } });
    await stopSession(stack, path);
    const undecoded = readableText(JSON.parse(historyToJSON(await handle.fetchHistory())));
    expect(await historyText(stack, 'agora:unreadable')).toMatch(/4711[^]*xx-XX/);
    expect(undecoded).not.toMatch(/4711|xx-XX|en-US|is not supported|watching/);
    expect(undecoded).not.toContain(environment['AGORA_APP_CERTIFICATE']);
  });

  test('a message in the clear is taken', async () => {
    const path = await startSession(stack, 'foreign');
    const foreign = new Client({ connection: stack.client.connection }).workflow;
    await foreign.getHandle('agora:foreign').signal('requestChange', { languages: ['fr-FR'] });
    await untilSession(stack, path, { applied: { languages: ['fr-FR'] } });
    await foreign.getHandle('agora:foreign').signal('requestStop', { reason: 'over' });
    await untilSession(stack, path, { status: 'stopped', endReason: 'requested' });
  });

  test('a message of a key that nobody has holds a session up until a reset leaves it out', async () => {
    const path = await startSession(stack, 'blocked');
    const { connection } = stack.client;
    const dataConverter = dataConverterWith(keysOf(OLD));
    const foreign = new Client({ connection, dataConverter }).workflow.getHandle('agora:blocked');
    await foreign.signal('requestChange', { languages: ['fr-FR'] });
    const { workflow } = stack.client;
    await eventually(async () => {
      const { raw } = await workflow.getHandle('agora:blocked').describe();
      expect(raw.pendingWorkflowTask?.attempt).toBeGreaterThan(1);
    });
    const temporal = findTemporalBinary(process.env);
    if (temporal === undefined) throw new Error('there is no temporal');
    const address = stack.environment['TEMPORAL_ADDRESS'];
    const command = `workflow reset --address ${address} --workflow-id agora:blocked --type LastWorkflowTask --reapply-exclude Signal --reason unreadable`;
    await promisify(execFile)(temporal, command.split(' '));
    expect(await stopSession(stack, path)).toMatchObject({ status: 'stopped' });
  });

  test('the schedule of the reconciliations is unreadable, and is read', async () => {
    const environment = { DURASCRIBE_RECONCILE_SECONDS: '86400' };
    const scheduling = await startStack({ environment });
    onTestFinished(() => scheduling.stop());
    const { client, taskQueue } = scheduling;
    const schedule = client.schedule.getHandle(`reconcile:${taskQueue}`);
    const { action, raw } = await schedule.describe();
    expect(action).toMatchObject({ staticSummary: expect.stringContaining('stops what sessions') });
    expect(readableText(raw.schedule?.action)).not.toMatch(/stops what|graceSeconds|providers/);
  });

  test('a process without the key says which is missing, and what it holds up goes on with it', async () => {
    const queue = await prepareStack();
    onTestFinished(() => queue.stop());
    const api = await queue.startApi();
    const without = await queue.startWorker('', { DURASCRIBE_ENCRYPTION_KEYS: NEW });
    const body = { provider: 'agora', channel: 'keyless', languages: ['en-US'] };
    expect((await queue.api('POST', '/v1/sessions', body)).status).toBe(201);
    await eventually(() => expect(without.output()).toContain('the key \\"tests\\"'));
    await Promise.all([without.end(), api.end()]);
    const reader = await queue.startApi({ DURASCRIBE_ENCRYPTION_KEYS: NEW });
    const unreadable = { status: 503, detail: expect.stringContaining('the key "tests"') };
    for (const path of ['/v1/sessions/agora:keyless', '/v1/sessions?channel=keyless']) {
      await eventually(async () =>
        expect((await queue.api('GET', path)).body).toMatchObject(unreadable),
      );
    }
    await reader.end();
    await Promise.all([queue.startWorker(), queue.startApi()]);
    await untilSession(queue, '/v1/sessions/agora:keyless', { status: 'running' });
    await stopSession(queue, '/v1/sessions/agora:keyless');
  });
});

test('sessions from before there were keys go on with them', { timeout: 120_000 }, async () => {
  // A Temporal of its own, where nobody else's sessions are encrypted.
  const server = await startEmbeddedServer();
  onTestFinished(() => server.stop());
  const environment = { DURASCRIBE_ENCRYPTION_KEYS: '' };
  const stack = await prepareStack({ temporalAddress: server.address, environment });
  onTestFinished(() => stack.stop());
  const before = await Promise.all([stack.startWorker(), stack.startApi()]);
  expect(before[0].output()).not.toContain('in the clear');
  const path = await startSession(stack, 'earlier');
  await Promise.all(before.map((service) => service.end()));
  const encrypting = { DURASCRIBE_ENCRYPTION_KEYS: NEW };
  await Promise.all([stack.startWorker('', encrypting), stack.startApi(encrypting)]);
  await untilSession(stack, path, { status: 'running' });
  expect(await stopSession(stack, path)).toMatchObject({ status: 'stopped' });
  const history = await stack.client.workflow.getHandle('agora:earlier').fetchHistory();
  expect(readableText(JSON.parse(historyToJSON(history)))).toMatch(/en-US[^]*MjAyNw==/);
});
