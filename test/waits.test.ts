import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requestKey } from '../src/http/idempotency.ts';
import { freePort } from '../src/local/ports.ts';
import { jobsOf } from '../src/providers/amazon-transcribe/job-request.ts';
import { claimId } from '../src/workflows/messages.ts';
import { tasksOf } from './support/ledger.ts';
import { deliveriesOf } from './support/receiver.ts';
import { givenRecording } from './support/sound.ts';
import {
  eventually,
  startSession,
  startStack,
  stopSession,
  untilSession,
  type Stack,
} from './support/stack.ts';

const page = read('../docs/faults/waits.md');
/** The rows of the page's tables. */
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('|') && !/^\| *(?:wait|-+) *\|/.test(line))
  .map((line) => line.split('|').slice(1, -1))
  .map((cells) => cells.map((cell) => cell.trim()));

/** Takes every request, and answers none. */
const mute = createServer(() => {});
let stack: Stack;
let muteUrl: string;
beforeAll(async () => {
  const port = await freePort('127.0.0.1');
  mute.listen(port, '127.0.0.1');
  muteUrl = `http://127.0.0.1:${port}`;
  stack = await startStack({
    environment: {
      DURASCRIBE_CALLBACK_HOSTS: muteUrl,
      DURASCRIBE_WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 1).toString('base64')}`,
    },
  });
});
afterAll(async () => {
  await stack.stop();
  mute.closeAllConnections();
  mute.close();
});

const RUNS_ON = { operation: 'get', fault: { kind: 'stale' }, times: 1_000 } as const;

async function startRecording(id: string): Promise<string> {
  const media = await givenRecording(stack, `${id}.mp3`);
  const body = { id, provider: 'amazon-transcribe', languageCode: 'en-GB', media };
  expect((await stack.api('POST', '/v1/sessions', body)).status).toBe(201);
  return `/v1/sessions/${id}`;
}

function read(path: string): string {
  return readFileSync(new URL(path, import.meta.url), 'utf8');
}

describe.concurrent('what is waited for', () => {
  test('a session whose longest duration comes while it cannot start is stopped', async () => {
    const channel = 'still starting';
    const fault = { kind: 'status', status: 503 } as const;
    stack.simulator.inject({ operation: 'join', channel, fault, times: 1_000 });
    const body = { provider: 'agora', channel, languages: ['en-US'], maxDurationSeconds: 3 };
    expect((await stack.api('POST', '/v1/sessions', body)).status).toBe(201);
    const over = { status: 'stopped', endReason: 'max-duration', task: null };
    await untilSession(stack, '/v1/sessions/agora:still%20starting', over);
    expect(tasksOf(stack, channel)).toEqual([]);
  });

  test('a recording whose job has gone fails', { timeout: 200_000 }, async () => {
    const fault = { kind: 'status', status: 404 } as const;
    const jobName = `${jobsOf('job-gone')}1`;
    stack.transcribe.inject({ operation: 'get', jobName, fault, times: 1_000 });
    const path = await startRecording('job-gone');
    await eventually(async () => {
      const { body } = await stack.api('GET', path);
      expect(body).toMatchObject({ failure: { message: expect.stringContaining('no longer') } });
    }, 180_000);
  });

  test('a recording is stopped once its vendor is back', async () => {
    stack.transcribe.inject({ ...RUNS_ON, jobName: `${jobsOf('to-be-deleted')}1` });
    const path = await startRecording('to-be-deleted');
    await untilSession(stack, path, { status: 'transcribing' });
    const fault = { kind: 'status', status: 500 } as const;
    stack.transcribe.inject({ operation: 'list', fault, times: 2 });
    await stopSession(stack, path);
    const lists = stack.transcribe.ledger().calls.filter(({ operation }) => operation === 'list');
    expect(lists).toHaveLength(3);
  });

  test('a receiver that hangs is given up after 15 s, and holds no session up', async () => {
    const path = await startSession(stack, 'mute', { callbackUrl: muteUrl });
    await stopSession(stack, path);
    const unanswered = { state: 'pending', tries: [{ error: 'no answer within 15 s' }] };
    await eventually(async () =>
      expect(await deliveriesOf(stack, path)).toMatchObject([unanswered, unanswered]),
    );
  });

  test('a key whose first request died on the way starts its session', async () => {
    const body = { provider: 'agora', channel: 'claimed', languages: ['en-US'] };
    const key = requestKey('died', body, '');
    await stack.client.workflow.start('startClaim', {
      workflowId: claimId(key?.key ?? ''),
      taskQueue: stack.taskQueue,
      memo: { body: key?.body },
    });
    const again = { 'idempotency-key': 'died', prefer: 'wait=20' };
    const answer = await stack.api('POST', '/v1/sessions', body, again);
    expect(answer).toMatchObject({ status: 201, body: { status: 'running' } });
    await stopSession(stack, '/v1/sessions/agora:claimed');
  });
});

test('each wait has a deadline, a second way out, and a test that there is', () => {
  expect(rows.length).toBeGreaterThan(30);
  for (const [wait, deadline, secondWayOut, tests = ''] of rows) {
    expect([wait, deadline, secondWayOut]).not.toContain('');
    for (const named of tests.split('<br>')) {
      const [, file = '', name = ''] = /^`(.+\.test\.ts)`: (.+)$/.exec(named) ?? [];
      expect({ wait, named, isThere: hasTest(file, name) }).toMatchObject({ isThere: true });
    }
  }
});

function hasTest(file: string, name: string): boolean {
  const isFile = file !== '' && existsSync(new URL(file, import.meta.url));
  return isFile && name !== '' && read(file).includes(name);
}

test('every workflow has a table, and every activity a row', () => {
  const workflows = [...read('../src/workflows/index.ts').matchAll(/export \{ (\w+) \}/g)];
  const folder = new URL('../src/workflows/', import.meta.url);
  const sources = readdirSync(folder).map((file) => read(`../src/workflows/${file}`));
  const activities = sources
    .flatMap((source) => [...source.matchAll(/const \{ ([^}]+) \} = proxyActivities/g)])
    .flatMap(([, names = '']) => names.split(', '));
  expect(workflows.length).toBeGreaterThan(5);
  expect(activities.length).toBeGreaterThan(12);
  for (const [, name] of workflows) expect(page).toContain(`## \`${name}\``);
  const waits = rows.map(([wait]) => wait).join('\n');
  for (const name of activities) expect(waits).toContain(`\`${name}\``);
});
