import { describe, expect, test } from 'vitest';
import { SIMULATED_VIDEOSDK } from '../../simulators/credentials.ts';
import type { TaskStart } from '../../src/domain/task.ts';
import { agora } from '../../src/providers/agora/provider.ts';
import { agoraLegacy } from '../../src/providers/agora-legacy/provider.ts';
import { videosdk } from '../../src/providers/videosdk/provider.ts';
import { listen } from '../support/listen.ts';
import { settingsAt } from './agora-settings.ts';
import { NOBODY } from './vendor.ts';

const AT = '2026-11-21T08:00:00.000Z';
const SECONDS = Date.parse(AT) / 1_000;
const START: TaskStart = {
  sessionId: 'x:room',
  firstRunId: '0191-first',
  generation: 1,
  channel: 'room',
  configuration: { languages: ['en-US'], subscribeAudioUids: ['1'] },
  options: {},
  maxIdleSeconds: 300,
  maxDurationSeconds: 3_600,
  key: 'token',
  otherTasks: [],
  unansweredSince: AT,
  triedUntil: '2100-01-01T00:00:00.000Z',
};

/** A vendor that answers every call with the next of `answers`, and with the last one from then on. */
async function answering(...answers: readonly unknown[]): Promise<string> {
  const left = [...answers];
  return listen((request, response) => {
    request.resume();
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(left.length > 1 ? left.shift() : left[0]));
  });
}

const entry = (id: unknown, roomId: unknown, status = 'running') => ({
  id,
  status,
  start: AT,
  extension: { extensionConfig: { roomId } },
});
const OURS = entry('ours', 'room');

const at = (baseUrl: string) => videosdk({ ...SIMULATED_VIDEOSDK, baseUrl, webhookUrl: null });
const page = (list: readonly unknown[], cursor: unknown) => ({ data: { list }, meta: { cursor } });

describe('VideoSDK', () => {
  test.for([
    ['that tells no page', { currentPage: '1', lastPage: '1' }, entry('other', 'elsewhere')],
    ['of a last page that is none', { lastPage: null }, entry('other', 'elsewhere')],
    ['of pages in no form', [], entry('other', 'elsewhere')],
    ['with an entry that is none', { lastPage: 1 }, 'none'],
    ['with an entry without an id', { lastPage: 1 }, entry(undefined, 'elsewhere')],
    ['with an id that is a number', { lastPage: 1 }, entry(7, 'elsewhere')],
    ['with a room that is a number', { lastPage: 1 }, entry('other', 7)],
    ['with an extension that is a list', { lastPage: 1 }, { ...OURS, id: 'other', extension: [] }],
    [
      'with an extension that is a text',
      { lastPage: 1 },
      { ...OURS, id: 'other', extension: { extensionConfig: '' } },
    ],
  ] as const)('a list %s still tells our transcription', async ([, pageInfo, odd]) => {
    const provider = at(await answering({ pageInfo, transcriptions: [odd, OURS] }));
    expect(await provider.find(START, NOBODY)).toMatchObject({ id: 'ours' });
    const running = (await provider.running?.()) ?? [];
    expect(running.map(({ task }) => task.id)).toContain('ours');
  });

  test('a list that tells no time is asked for one, entry by entry', async () => {
    const { start, ...untimed } = OURS;
    const provider = at(await answering({ transcriptions: [untimed] }, { ...untimed, start }));
    expect(await provider.find(START, NOBODY)).toMatchObject({ id: 'ours' });
  });

  test('what may be ours is no reason to start once more, and what can not be is none against it', async () => {
    for (const odd of ['none', entry(7, 'room'), entry('a', 7)]) {
      const provider = at(await answering({ transcriptions: [odd] }));
      await expect(provider.find(START, NOBODY)).rejects.toMatchObject({ kind: 'unavailable' });
    }
    for (const other of [entry(7, 'elsewhere'), entry(7, 'room', 'completed')]) {
      const provider = at(await answering({ transcriptions: [other] }));
      expect(await provider.find(START, NOBODY)).toBeNull();
    }
  });
});

test('a list of Agora tells every agent that can be read, whatever its cursor is', async () => {
  const url = await answering(
    page(['none', { start_ts: SECONDS }, { agent_id: 7 }], 42),
    page([{ agent_id: 'ours', start_ts: SECONDS }], null),
    { data: { list: [] }, meta: [] },
  );
  expect(await agora(settingsAt(url)).find(START, NOBODY)).toMatchObject({ id: 'ours' });
});

test('a task of the legacy API that tells no status runs', async () => {
  const url = await answering({ taskId: 'a', createTs: SECONDS, status: null });
  const provider = agoraLegacy({ ...settingsAt(url), bodyShape: 'v6' });
  const task = await provider.start(START);
  expect(task).toMatchObject({ id: 'a' });
  expect(await provider.look(task, 'room')).toBeNull();
});
