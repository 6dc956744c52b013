import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseText } from 'media-captions';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run, type Ran } from './support/command-line.ts';
import { eventually, startSession, startStack, stopSession, type Stack } from './support/stack.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
const folder = mkdtempSync(join(tmpdir(), 'durascribe-'));
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await stack.stop();
});

/** Runs `durascribe …`. */
async function durascribe(command: string, input?: string): Promise<Ran> {
  return run(command.split(' '), { DURASCRIBE_URL: stack.url }, input);
}

describe.concurrent('durascribe start', () => {
  test('starts what its flags say', async () => {
    const { code, out, err } = await durascribe(
      'start agora all --language en-US --language es-ES,fr-FR --uid 100 --uid 200 --metadata team=a ' +
        '--metadata note=b=c --max-idle 60 --max-duration 120 --id mine --wait',
    );
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^mine {2}running\n/);
    const { body } = await stack.api('GET', '/v1/sessions/mine');
    expect(body).toMatchObject({
      channel: 'all',
      desired: { languages: ['en-US', 'es-ES', 'fr-FR'], subscribeAudioUids: ['100', '200'] },
      metadata: { team: 'a', note: 'b=c' },
    });
    const again = await durascribe('start agora all --language en-US --id mine');
    expect(again).toMatchObject({ code: 1, err: expect.stringContaining('Give this one another') });
  });

  test('takes from a file, or its input, what no flag covers', async () => {
    const file = join(folder, 'more.json');
    writeFileSync(file, '{"languages":["en-US"],"keywords":["Durascribe"]}');
    const first = await durascribe(`start agora data --language de-DE --data @${file} --json`);
    expect(JSON.parse(first.out)).toMatchObject({
      id: 'agora:data',
      desired: { languages: ['de-DE'], keywords: ['Durascribe'] },
    });
    const whole =
      '{"provider":"agora","channel":"data","languages":["de-DE"],"keywords":["Durascribe"]}';
    const again = await durascribe('start --data @-', whole);
    expect(again).toMatchObject({ code: 0, err: 'It was there already.\n' });
  });

  test('starts a room at VideoSDK, and a recording', async () => {
    const room = await durascribe(
      'start videosdk abc-start-room --language en-US --summary --json --wait',
    );
    expect(JSON.parse(room.out)).toMatchObject({
      id: 'videosdk:abc-start-room',
      status: 'running',
    });
    const media = await durascribe(
      'start media s3://media/nothing.mp3 --language en-GB --channels 2 --json',
    );
    expect(JSON.parse(media.out)).toMatchObject({ channels: 2, media: 's3://media/nothing.mp3' });
  });

  test('prints every fault of what it was given, and what to do', async () => {
    const { code, err } = await durascribe(
      'start agora faults --language nonsense! --uid abc --callback-url nowhere --data {"more":1}',
    );
    expect(code).toBe(1);
    for (const field of ['languages.0', 'subscribeAudioUids', 'callbackUrl', 'more']) {
      expect(err).toMatch(new RegExp(`^ {2}${field}.* \\S`, 'm'));
    }
    expect(err).toContain('--help');
  });

  test("prints a vendor's refusal in its words", async () => {
    stack.simulator.inject({
      channel: 'refused',
      operation: 'join',
      fault: { kind: 'status', status: 400, message: 'not this one' },
      times: 1,
    });
    const { code, err } = await durascribe('start agora refused --language en-US --wait');
    expect({ code, err }).toMatchObject({ code: 1, err: expect.stringContaining('(422)') });
  });
});

describe.concurrent('durascribe', () => {
  test('changes a session and waits until that is applied', async () => {
    await startSession(stack, 'changed', { subscribeAudioUids: ['100', '200'] });
    const change =
      'update agora:changed --languages fr-FR,de-DE --replace-uid 200=300 --add-uid 400';
    const { code, out } = await durascribe(`${change} --wait --json`);
    expect({ code, session: JSON.parse(out) }).toMatchObject({
      code: 0,
      session: {
        applied: { languages: ['fr-FR', 'de-DE'], subscribeAudioUids: ['100', '300', '400'] },
      },
    });
    const words = await durascribe('show agora:changed');
    expect(words.out).toMatch(/^ +revision +1, applied$/m);
    const nothing = await durascribe('update agora:changed');
    expect(nothing).toMatchObject({ code: 1, err: expect.stringMatching(/^ {2}\S/m) });
    expect(nothing.err).not.toMatch(/^ {3}/m);
  });

  test('explains, stops and erases a session', async () => {
    await startSession(stack, 'ended');
    const explained = await durascribe('explain agora:ended');
    expect(explained).toMatchObject({ code: 0, out: expect.stringMatching(/^Next: \S/m) });
    const early = await durascribe('erase agora:ended');
    expect(early).toMatchObject({ code: 1, err: expect.stringContaining('Stop it first') });
    const stopped = await durascribe('stop agora:ended --wait');
    expect(stopped).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^agora:ended {2}stopped/),
    });
    expect(await durascribe('deliveries agora:ended')).toMatchObject({ code: 0 });
    expect(await durascribe('erase agora:ended')).toMatchObject({ code: 0, err: '' });
  });

  test('lists sessions as a table, whatever the length of their names, and all pages', async () => {
    const label = 'test=list';
    const metadata = { test: 'list' };
    const channels = ['l', 'list-with-a-long-name', 'list-ended'];
    for (const channel of channels) await startSession(stack, channel, { metadata });
    await stopSession(stack, '/v1/sessions/agora%3Alist-ended');
    let out = '';
    await eventually(async () => {
      ({ out } = await durascribe(`list --metadata ${label} --all`));
      expect(out).toMatch(/(agora:.*running.*\n){2}agora:list-ended +stopped .*requested/);
    });
    const [head = '', ...rows] = out.trimEnd().split('\n');
    expect(rows).toHaveLength(3);
    for (const row of rows) {
      expect(row.slice(head.indexOf('STATUS') - 1)).toMatch(/^ (running|stopped) /);
      expect(row.slice(head.indexOf('CREATED') - 1)).toMatch(/^ \d{4}-\d\d-\d\dT[\d:]+Z/);
      expect(row.slice(head.indexOf('ROOM') - 1)).toMatch(/^ l/);
    }
    const first = await durascribe(`list --metadata ${label} --page-size 1`);
    const token = /--page-token (\S+)/.exec(first.err)?.[1];
    expect(token).toBeTypeOf('string');
    const next = await durascribe(`list --metadata ${label} --page-size 1 --page-token ${token}`);
    expect(next.code).toBe(0);
    expect(next.out).not.toBe(first.out);
    const all = await durascribe(`list --metadata ${label} --page-size 1 --all --json`);
    expect(JSON.parse(all.out)).toMatchObject({ sessions: { length: 3 }, nextPageToken: null });
  });

  test('writes a transcript to a file as its name says, and waits for it', async () => {
    await durascribe('start videosdk abc-said-room --language en-US --wait');
    const early = await durascribe('transcript videosdk:abc-said-room');
    expect(early).toMatchObject({ code: 1, out: '', err: expect.stringContaining('--wait') });
    await durascribe('stop videosdk:abc-said-room --wait');
    const file = join(folder, 'said.vtt');
    const written = await durascribe(`transcript videosdk:abc-said-room --wait --output ${file}`);
    expect(written).toMatchObject({ code: 0, out: '' });
    const { errors } = await parseText(readFileSync(file, 'utf8'), { type: 'vtt', errors: true });
    expect(errors).toEqual([]);
    expect(readFileSync(file, 'utf8')).toMatch(/^WEBVTT/);
    const json = await durascribe('transcript videosdk:abc-said-room --json');
    expect(JSON.parse(json.out)).toMatchObject({ provider: 'videosdk' });
    const nowhere = await durascribe(
      'transcript videosdk:abc-said-room --output /nowhere/said.txt',
    );
    expect(nowhere).toMatchObject({ code: 1, err: expect.stringContaining('/nowhere/said.txt') });
  });
});
