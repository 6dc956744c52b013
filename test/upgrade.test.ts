import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { audio } from './support/audio.ts';
import { changedCode, edit } from './support/changed-code.ts';
import { goldenHistories, replay } from './support/histories.ts';
import { callsOf, gapsMs, rulesBroken, tasksOf, updatesOf } from './support/ledger.ts';
import {
  AUDIO_BUCKET,
  eventually,
  prepareStack,
  startSession,
  stopSession,
  untilSession,
  type Service,
  type Stack,
} from './support/stack.ts';
import { commandsOf, inTerminal } from './support/terminal.ts';

/** What ran before: this code, or that of an older commit in a folder of its own. */
const OLD = process.env['UPGRADE_FROM'] ?? fileURLToPath(new URL('..', import.meta.url));
const CHANGE = 'look-before-update';

let stack: Stack;
beforeAll(async () => {
  stack = await prepareStack({ transcribe: { jobMs: 600_000 } });
  await stack.startApi();
});
afterAll(() => stack.stop());

test('a change behind `patched` replays what once ran, and one without does not', async () => {
  const golden = goldenHistories();
  const folder = changedCode();
  const replayed = await replay(folder, golden);
  expect(Object.entries(replayed).filter(([, error]) => error !== undefined)).toEqual([]);

  edit(folder, 'src/workflows/live-run.ts', (text) => text.replace(`patched('${CHANGE}')`, 'true'));
  const one = golden.filter(({ name }) => name === 'refused-change');
  expect(await replay(folder, one)).toEqual({
    'refused-change': expect.stringContaining('[TMPRL1100] Nondeterminism error'),
  });
});

/** What a session has done so far, by the names of its activities; `patched` = a marker of the change. */
async function doneBy(id: string): Promise<string[]> {
  const { events } = await stack.client.workflow.getHandle(id).fetchHistory();
  return (events ?? []).flatMap((event) => {
    if (event.markerRecordedEventAttributes) return ['patched'];
    const name = event.activityTaskScheduledEventAttributes?.activityType?.name;
    return name ? [name] : [];
  });
}

/** The process that has taken the last step of a workflow: `<pid>@<host>`. */
async function lastWorkerOf(id: string): Promise<string> {
  const { events } = await stack.client.workflow.getHandle(id).fetchHistory();
  const steps = (events ?? []).map((event) => event.workflowTaskCompletedEventAttributes?.identity);
  return steps.findLast((identity) => identity) ?? '';
}

async function replaceWorker(worker: Service, folder: string): Promise<Service> {
  await worker.end('SIGTERM');
  return stack.startWorker(folder);
}

async function startRecording(): Promise<{ id: string; path: string; job: string }> {
  await stack.s3.put(AUDIO_BUCKET, 'given/upgraded.mp3', audio(1), 'audio/mpeg');
  const media = `s3://${AUDIO_BUCKET}/given/upgraded.mp3`;
  const body = { provider: 'amazon-transcribe', languageCode: 'en-GB', media };
  const started = await stack.api('POST', '/v1/sessions', body);
  const id = String(started.body['id']);
  const path = `/v1/sessions/${id}`;
  await untilSession(stack, path, { status: 'transcribing' });
  return { id, path, job: stack.transcribe.ledger().jobs.at(-1)?.name ?? '' };
}

test('what began on the old code ends on the new', { timeout: 180_000 }, async () => {
  const NEW = changedCode();
  let worker = await stack.startWorker(OLD);
  const path = await startSession(stack, 'upgraded');
  const recording = await startRecording();
  await stack.api('PATCH', path, { languages: ['fr-FR'] }, { prefer: 'wait=30' });
  await stack.api('PATCH', path, { subscribeAudioUids: ['100'] });

  worker = await replaceWorker(worker, NEW);
  await untilSession(stack, path, { appliedRevision: 2 });
  await stack.transcribe.completeJob(recording.job);
  await untilSession(stack, recording.path, { status: 'completed', failure: null });
  expect(await lastWorkerOf(recording.id)).toContain(`${worker.process.pid}@`);

  // Another worker has to begin with a history of both.
  worker = await replaceWorker(worker, NEW);
  const change = { languages: ['de-DE'] };
  expect((await stack.api('PATCH', path, change, { prefer: 'wait=30' })).status).toBe(200);
  await stopSession(stack, path);
  expect(await lastWorkerOf('agora:upgraded')).toContain(`${worker.process.pid}@`);
  await worker.end('SIGTERM');

  const done = (await doneBy('agora:upgraded')).filter((name) => name !== 'watchTask');
  const changed = ['lookAtTask', 'updateTask'];
  expect(done).toEqual(['startTask', 'updateTask', 'patched', ...changed, ...changed, 'stopTask']);
  expect(updatesOf(stack, 'upgraded').map(({ query }) => query['sequenceId'])).toEqual([
    '1',
    '2',
    '3',
  ]);
  expect(tasksOf(stack, 'upgraded')).toMatchObject([
    { languages: ['de-DE'], subscribeAudioUids: ['100'], status: 'STOPPED' },
  ]);
  for (const gap of gapsMs(stack, 'upgraded')) expect(gap).toBeGreaterThanOrEqual(5_000);
  expect(rulesBroken(stack, 'upgraded')).toEqual([]);
  expect(callsOf(stack, 'upgraded', 'join', 'leave')).toEqual(['join', 'leave']);
});

test('what has taken the new path waits for the new code', { timeout: 180_000 }, async () => {
  const NEW = changedCode();
  let worker = await stack.startWorker(NEW);
  const path = await startSession(stack, 'rolled-back');
  const change = { languages: ['fr-FR'] };
  expect((await stack.api('PATCH', path, change, { prefer: 'wait=30' })).status).toBe(200);
  worker = await replaceWorker(worker, OLD);
  expect((await stack.api('POST', `${path}/stop`)).status).toBe(202);
  await eventually(() => expect(worker.output()).toContain('[TMPRL1100] Nondeterminism error'));
  expect(tasksOf(stack, 'rolled-back')).toMatchObject([{ endedAt: null }]);
  expect(await asThePageSays('temporal workflow list')).toContain('agora:rolled-back');
  worker = await replaceWorker(worker, NEW);
  await untilSession(stack, path, { status: 'stopped', endReason: 'requested' });
  await worker.end('SIGTERM');
  expect(rulesBroken(stack, 'rolled-back')).toEqual([]);
});

/** Runs the page's command that begins so, for the tests' deployment, and for this session and build. */
async function asThePageSays(words: string, { id = '', build = '1.5.0' } = {}): Promise<string> {
  const command = commandsOf('changing-workflows.md').find((one) => one.startsWith(words));
  if (command === undefined) throw new Error(`the page has no command that begins so: ${words}`);
  const ours = command
    .replaceAll(/\bdurascribe\b/g, stack.taskQueue)
    .replace('agora:room-1', id)
    .replace('1.5.0', build);
  return inTerminal(stack, ours);
}

/** The same until it is taken: a version is not there at once with all of its queues. */
async function untilTaken(words: string, build: string): Promise<void> {
  await eventually(async () => {
    await asThePageSays(`temporal worker deployment ${words}`, { build });
  });
}

/** The build that a session has last been worked on by. */
async function buildOf(id: string): Promise<string | null | undefined> {
  const { raw } = await stack.client.workflow.getHandle(id).describe();
  return raw.workflowExecutionInfo?.versioningInfo?.deploymentVersion?.buildId;
}

test(
  'sessions move to the current version, but for those that are pinned',
  { timeout: 180_000 },
  async () => {
    const version = (DURASCRIBE_BUILD_ID: string) => ({
      DURASCRIBE_DEPLOYMENT: stack.taskQueue,
      DURASCRIBE_BUILD_ID,
    });
    const override =
      'temporal workflow update-options --workflow-id agora:room-1 --versioning-override-behavior';
    // The first version takes over from workers without one.
    const without = await stack.startWorker();
    const moving = await startSession(stack, 'moving');
    await stack.startWorker('', version('1.4.0'));
    await untilTaken('set-current-version', '1.4.0');
    await without.end('SIGTERM');
    const pinned = await startSession(stack, 'pinned');
    await asThePageSays(`${override} pinned`, { id: 'agora:pinned' });
    await stack.startWorker(changedCode(), version('1.5.0'));
    await untilTaken('set-ramping-version', '1.5.0');
    await untilTaken('set-current-version', '1.5.0');
    const fresh = await startSession(stack, 'fresh');
    const change = { languages: ['fr-FR'] };
    for (const path of [moving, pinned, fresh]) {
      const { status } = await stack.api('PATCH', path, change, { prefer: 'wait=30' });
      expect(status).toBe(200);
    }
    const builds = ['moving', 'pinned', 'fresh'].map((channel) => buildOf(`agora:${channel}`));
    expect(await Promise.all(builds)).toEqual(['1.5.0', '1.4.0', '1.5.0']);
    expect(await doneBy('agora:moving')).toContain('patched');
    expect(await doneBy('agora:pinned')).not.toContain('patched');
    const described = await asThePageSays('temporal worker deployment describe');
    expect(described).toMatch(/1\.4\.0\s+draining/i);
    await asThePageSays(`${override} unspecified`, { id: 'agora:pinned' });
    for (const path of [moving, pinned, fresh]) await stopSession(stack, path);
    expect(await buildOf('agora:pinned')).toBe('1.5.0');
  },
);
