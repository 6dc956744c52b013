import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseText } from 'media-captions';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { API_CLIENT, apiClient } from '../scripts/api-client.ts';
import { freePort } from '../src/local/ports.ts';
import { run, type Ran } from './support/command-line.ts';
import { listen } from './support/listen.ts';
import {
  startSession,
  startStack,
  stopSession,
  untilSession,
  type Stack,
} from './support/stack.ts';

const KEY = 'a-key-that-nobody-may-see-1234';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ environment: { DURASCRIBE_API_KEYS: `tests:${KEY}` } });
  const { api } = stack;
  const authorization = `Bearer ${KEY}`;
  stack = {
    ...stack,
    api: (method, path, body, headers) => api(method, path, body, { authorization, ...headers }),
  };
});
const folder = mkdtempSync(join(tmpdir(), 'durascribe-'));
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await stack.stop();
});

/** Runs `durascribe …`. */
async function durascribe(command: string, environment = {}, input?: string): Promise<Ran> {
  const known = { DURASCRIBE_URL: stack.url, DURASCRIBE_API_KEY: KEY, ...environment };
  return run(command.split(' '), known, input);
}

function temporaryFile(name: string, text?: string): string {
  const file = join(folder, name);
  if (text !== undefined) writeFileSync(file, text);
  return file;
}

test('the client is what the OpenAPI document gives today (npm run api-client)', async () => {
  expect(readFileSync(API_CLIENT, 'utf8')).toBe(await apiClient());
});

test('a command ends with 3 where nobody answers, or somebody else', async () => {
  const port = await freePort('127.0.0.1');
  const nobody = await durascribe('list', { DURASCRIBE_URL: `http://127.0.0.1:${port}` });
  expect(nobody).toMatchObject({ code: 3, err: expect.stringContaining('ECONNREFUSED') });
  expect(nobody.err).toContain('DURASCRIBE_URL');
  const other = await listen((_, response) => void response.writeHead(404).end('<p>Not here</p>'));
  expect(await durascribe(`list --url ${other}`)).toMatchObject({ code: 3 });
  const page = await listen((_, response) => void response.end('<p>Welcome</p>'));
  expect(await durascribe(`list --url ${page}`)).toMatchObject({ code: 3 });
});

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
    const file = temporaryFile('more.json', '{"languages":["en-US"],"keywords":["Durascribe"]}');
    const first = await durascribe(`start agora data --language de-DE --data @${file} --json`);
    expect(JSON.parse(first.out)).toMatchObject({
      id: 'agora:data',
      desired: { languages: ['de-DE'], keywords: ['Durascribe'] },
    });
    const whole =
      '{"provider":"agora","channel":"data","languages":["de-DE"],"keywords":["Durascribe"]}';
    const again = await durascribe('start --data @-', {}, whole);
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
  test.each([
    '',
    'nonsense',
    'start',
    'start nobody room',
    'start agora',
    'show',
    'show one two',
    'list --nonsense',
    'list --status happy',
    'list --page-size many',
    'start agora room --metadata team',
    'start agora room --data {',
    'start agora room --data []',
    'start agora room --data @/nowhere',
    'update agora:room --replace-uid 1',
    'list --url ftp://nowhere',
    'list --key-file /nowhere',
  ])('ends "%s" with 2: it is no command', async (command) => {
    const { code, out, err } = await durascribe(command);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).not.toMatch(/^ {4}at /m);
    expect(err.length).toBeGreaterThan(10);
  });

  test('ends with 1 for a session that is not there', async () => {
    for (const command of [
      'show',
      'watch',
      'stop',
      'explain',
      'transcript',
      'erase',
      'deliveries',
    ]) {
      const { code, err } = await durascribe(`${command} nobody`);
      expect({ command, code, err }).toMatchObject({
        code: 1,
        err: expect.stringContaining('(404)'),
      });
    }
  });

  test('takes a key from the environment or a file, and prints none', async () => {
    const wrong = 'another-key-that-nobody-may-see';
    const refused = await durascribe('list', { DURASCRIBE_API_KEY: wrong });
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('--key-file') });
    const none = await durascribe('list', { DURASCRIBE_API_KEY: '' });
    expect(none).toMatchObject({ code: 1, err: expect.stringContaining('(401)') });
    const file = temporaryFile('key', `${KEY}\n`);
    const right = await durascribe(`list --key-file ${file}`, { DURASCRIBE_API_KEY: wrong });
    expect(right).toMatchObject({ code: 0 });
    const broken = temporaryFile('broken', `${wrong}\n${wrong}`);
    const unusable = await durascribe(`list --key-file ${broken}`);
    expect(unusable).toMatchObject({ code: 2, err: expect.stringContaining(broken) });
    const address = await durascribe(`list --url ${stack.url.replace('//', `//user:${wrong}@`)}`);
    expect(address.code).toBe(2);
    for (const { out, err } of [refused, none, right, unusable, address]) {
      expect(out + err).not.toMatch(/nobody-may-see/);
    }
  });

  test('prints colours where they are wanted, and nothing that a vendor sends to a terminal', async () => {
    await startSession(stack, 'colours', { metadata: { title: 'a\u001B[2Jb\u0007c' } });
    const piped = await durascribe('show agora:colours');
    expect(piped.out).toContain('title=ab c');
    const coloured = await durascribe('show agora:colours', { FORCE_COLOR: '1' });
    expect(coloured.out).toContain('\u001B[32mrunning\u001B[39m');
    const plain = await durascribe('show agora:colours', { NO_COLOR: '1' });
    expect(plain.out).not.toContain('\u001B');
  });

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
    expect(await durascribe('update agora:changed')).toMatchObject({ code: 1 });
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
    await expect
      .poll(async () => ({ out } = await durascribe(`list --metadata ${label} --all`)).out, {
        timeout: 30_000,
      })
      .toMatch(/(agora:.*running.*\n){2}agora:list-ended +stopped .*requested/);
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
    const path = '/v1/sessions/videosdk%3Aabc-said-room';
    await untilSession(stack, path, { status: 'running' });
    await durascribe('stop videosdk:abc-said-room --wait');
    const file = temporaryFile('said.vtt');
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
