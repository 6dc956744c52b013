import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { S3Simulator } from '../../simulators/s3/simulator.ts';
import { agoraCaller } from './agora-caller.ts';
import {
  BUCKET,
  captionConfig,
  captionedCaller,
  captionedJoin,
  ended,
  KEYS,
  SOON,
  storage,
  textOf,
} from './agora-captions-caller.ts';
import { startBody, startedTask, stop, v4StartBody } from './legacy-caller.ts';

const HELLO = {
  uid: '4711',
  text: 'Salt & <pepper>\n\nplease',
  startSeconds: 58,
  endSeconds: 62.25,
};
const BYE = { uid: '1', text: 'Bye', startSeconds: 120.5, endSeconds: 122 };
const TOO_LATE = { uid: '1', text: 'Are you there?', startSeconds: 121, endSeconds: 122 };

describe('the captions of a task', () => {
  test('are one segment for each slice and a playlist of them, below the prefix', async () => {
    const { caller, s3 } = await captionedCaller();
    const agentId = await ended(caller, 130_000);
    await expect
      .poll(() => s3.keys(BUCKET), SOON)
      .toEqual([
        `a/b/${agentId}_room.m3u8`,
        `a/b/${agentId}_room_00000.vtt`,
        `a/b/${agentId}_room_00001.vtt`,
        `a/b/${agentId}_room_00002.vtt`,
      ]);
    expect(await textOf(s3, `a/b/${agentId}_room.m3u8`)).toBe(
      [
        '#EXTM3U',
        '#EXT-X-VERSION:3',
        '#EXT-X-TARGETDURATION:60',
        '#EXT-X-MEDIA-SEQUENCE:0',
        '#EXTINF:60.000,',
        `${agentId}_room_00000.vtt`,
        '#EXTINF:60.000,',
        `${agentId}_room_00001.vtt`,
        '#EXTINF:10.000,',
        `${agentId}_room_00002.vtt`,
        '#EXT-X-ENDLIST\n',
      ].join('\n'),
    );
    await expect
      .poll(() => caller.simulator.ledger('room').captions.at(-1), SOON)
      .toEqual({
        at: expect.any(String),
        agentId,
        channel: 'room',
        fileName: `${agentId}_room.m3u8`,
        bucket: BUCKET,
        key: `a/b/${agentId}_room.m3u8`,
        status: 'uploaded',
      });
    expect(JSON.stringify(caller.simulator.ledger())).not.toContain(KEYS.secretKey);
  });

  test('tell times of the system clock, in as many hours as it takes', async () => {
    const { caller, s3 } = await captionedCaller();
    const agentId = await ended(caller, 2_000);
    const startedAt = caller.simulator.ledger().tasks[0]?.startedAt ?? '';
    const [cue] = await cuesOf(s3, `a/b/${agentId}_room_00000.vtt`);
    const [, hours, rest] = /^(\d{6}):(\d\d:\d\d\.\d{3}) --> /.exec(cue ?? '') ?? [];
    expect(Number(hours)).toBe(Math.floor(Date.parse(startedAt) / 3_600_000));
    expect(rest).toBe(startedAt.slice(14, -1));
  });

  test('can tell times since the start; a cue over a border stands in both slices', async () => {
    const captions = { timestamps: 'relative', speech: () => [BYE, HELLO, TOO_LATE] } as const;
    const { caller, s3 } = await captionedCaller({ captions });
    const agentId = await ended(caller, 121_000);
    const cue = '00:00:58.000 --> 00:01:02.250\n<v 4711>Salt &amp; &lt;pepper&gt;\nplease';
    expect(await cuesOf(s3, `a/b/${agentId}_room_00000.vtt`)).toEqual([cue]);
    expect(await cuesOf(s3, `a/b/${agentId}_room_00001.vtt`)).toEqual([cue]);
    // What is left of it is cut where the task ends.
    expect(await cuesOf(s3, `a/b/${agentId}_room_00002.vtt`)).toEqual([
      '00:02:00.500 --> 00:02:01.000\n<v 1>Bye',
    ]);
  });

  test('are of those whom the task listens to, even in the shortest one', async () => {
    const { caller, s3 } = await captionedCaller({ captions: { timestamps: 'relative' } });
    const rtcConfig = { subscribeAudioUids: ['5'] };
    const short = await ended(caller, 0, captionedJoin({ rtcConfig }));
    expect(await cuesOf(s3, `a/b/${short}_room_00000.vtt`)).toEqual([
      '00:00:00.000 --> 00:00:00.001\n<v 5>Hello, can you hear me?',
    ]);
    const all = await ended(caller, 9_000, captionedJoin({ name: 'session-2' }));
    const voices = (await cuesOf(s3, `a/b/${all}_room_00000.vtt`)).map(
      (cue) => /<v (\d+)>/.exec(cue)?.[1],
    );
    expect(voices).toEqual(['100', '200', '100', '200']);
  });

  test('are written for each language of a translation', async () => {
    const { caller, s3 } = await captionedCaller();
    const languages = [{ source: 'en-US', target: ['de-DE', 'fr-FR'] }];
    const agentId = await ended(caller, 1_000, captionedJoin({ translateConfig: { languages } }));
    await expect
      .poll(() => s3.keys(BUCKET).map((key) => key.replace(agentId, 'ID')), SOON)
      .toEqual([
        'a/b/ID_room.m3u8',
        'a/b/ID_room_00000.vtt',
        'a/b/de-DE_ID_room.m3u8',
        'a/b/de-DE_ID_room_00000.vtt',
        'a/b/fr-FR_ID_room.m3u8',
        'a/b/fr-FR_ID_room_00000.vtt',
      ]);
    expect(await cuesOf(s3, `a/b/de-DE_${agentId}_room_00000.vtt`)).toEqual([
      expect.stringContaining('<v 100>[de-DE] Hello'),
    ]);
  });

  test('come after the delay, whatever ended the task, unless it vanished', async () => {
    const { caller, s3 } = await captionedCaller({ captions: { uploadDelayMs: 200 } });
    const vanished = await caller.join(captionedJoin());
    caller.simulator.endTask(vanished, 'vanished');
    const idle = await caller.join(captionedJoin({ name: 'session-2' }));
    const endedAtMs = performance.now();
    caller.simulator.endTask(idle, 'idle');
    await expect
      .poll(() => s3.keys(BUCKET), SOON)
      .toEqual([`a/b/${idle}_room.m3u8`, `a/b/${idle}_room_00000.vtt`]);
    expect(performance.now() - endedAtMs).toBeGreaterThanOrEqual(195);
  });

  test('are not written without the option, nor are the keys of the storage kept', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'agora-captions-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const stateFile = path.join(folder, 'state.json');
    const caller = await agoraCaller({ stateFile });
    const agentId = await ended(caller, 1_000);
    expect(caller.simulator.ledger().captions).toEqual([]);
    await expect(caller.simulator.uploadLate(`${agentId}_room.m3u8`)).rejects.toThrow('configured');
    await caller.simulator.close();
    expect(await readFile(stateFile, 'utf8')).not.toContain(KEYS.secretKey);
  });

  test('are written of legacy tasks too, of both shapes, without notifications', async () => {
    const notifications = { url: 'http://127.0.0.1:9', secret: 'shh' };
    const { caller, s3 } = await captionedCaller({ simulator: { notifications } });
    const v6 = await startedTask(caller, startBody({ captionConfig: captionConfig() }));
    await stop(caller, v6);
    const output = {
      destinations: ['AgoraRTCDataStream', 'Storage'],
      cloudStorage: [{ format: 'HLS', storageConfig: captionConfig().storage }],
    };
    const v4 = await startedTask(caller, v4StartBody({ output }), 'other');
    await stop(caller, v4);
    await expect
      .poll(() => s3.keys(BUCKET), SOON)
      .toEqual(
        [v6, v4]
          .flatMap(({ taskId }) => [`a/b/${taskId}_room.m3u8`, `a/b/${taskId}_room_00000.vtt`])
          .toSorted(),
      );
    expect(caller.simulator.ledger().notifications).toEqual([]);
  });

  test('are written by the next simulator of the same state, if need be', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'agora-captions-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const { s3, endpoint } = await storage();
    const options = { stateFile: path.join(folder, 'state.json') };
    const first = await agoraCaller({ ...options, captions: { endpoint, uploadDelayMs: 60_000 } });
    const agentId = await ended(first, 1_000);
    await first.simulator.close();
    expect(s3.keys(BUCKET)).toEqual([]);
    await agoraCaller({ ...options, captions: { endpoint, uploadDelayMs: 0 } });
    await expect
      .poll(() => s3.keys(BUCKET), SOON)
      .toEqual([`a/b/${agentId}_room.m3u8`, `a/b/${agentId}_room_00000.vtt`]);
  });
});

async function cuesOf(s3: S3Simulator, key: string): Promise<string[]> {
  const [header, ...cues] = (await textOf(s3, key)).trimEnd().split('\n\n');
  expect(header).toBe('WEBVTT');
  return cues;
}
