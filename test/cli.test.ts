import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { API_CLIENT, apiClient } from '../scripts/api-client.ts';
import { freePort } from '../src/local/ports.ts';
import { run, type Ran } from './support/command-line.ts';
import { listen } from './support/listen.ts';
import { startSession, startStack, type Stack } from './support/stack.ts';

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
async function durascribe(command: string, environment = {}): Promise<Ran> {
  return run(command.split(' '), {
    DURASCRIBE_URL: stack.url,
    DURASCRIBE_API_KEY: KEY,
    ...environment,
  });
}

function temporaryFile(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
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

test("a command ends with 3 where the answer is somebody else's JSON, or that it is elsewhere, and follows nobody", async () => {
  const stranger = await listen((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"id":"x"}');
  });
  for (const command of ['list', 'show x', 'explain x', 'watch x', 'stop x', 'deliveries x']) {
    const { code, err } = await durascribe(`${command} --url ${stranger}`);
    expect({ command, code, err }).toMatchObject({
      code: 3,
      err: expect.stringContaining(stranger),
    });
    expect(err).not.toMatch(/^ {4}at /m);
  }
  const asked: (string | undefined)[] = [];
  const old = await listen(({ method }, response) => {
    asked.push(method);
    response.writeHead(301, { location: `${stranger}/new` }).end();
  });
  const moved = await durascribe(`start agora room --language en-US --url ${old}`);
  expect(moved).toMatchObject({
    code: 3,
    err: expect.stringContaining(`moved to ${stranger}/new`),
  });
  expect(moved.err).toContain('DURASCRIBE_URL');
  expect(asked).toEqual(['POST']);
});

test('a transcript goes to a terminal without what a terminal obeys, and to a pipe as it is', async () => {
  const said = 'Hello\u001B[2J\u001B]0;title\u0007, this is\u202E Anna\n';
  const url = await listen((_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end(said);
  });
  const piped = await durascribe(`transcript x --url ${url}`);
  expect(piped).toMatchObject({ code: 0, out: said });
  const terminal = '--import=data:text/javascript,process.stdout.isTTY=true';
  const shown = await durascribe(`transcript x --url ${url}`, { NODE_OPTIONS: terminal });
  expect(shown).toMatchObject({ code: 0, out: 'Hello, this is Anna\n' });
});

test.each(['list', 'doctor'])('%s ends with 2 where .env is a folder', async (command) => {
  const home = join(folder, command);
  mkdirSync(join(home, '.env'), { recursive: true });
  const { code, out, err } = await run([command], { DURASCRIBE_URL: stack.url }, '', home);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toMatch(/^durascribe: \.env .*\n$/);
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
    'transcript agora:room --output x.doc',
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
    expect(refused).toMatchObject({
      code: 1,
      err: expect.stringContaining("is not one of the API's"),
    });
    const none = await durascribe('list', { DURASCRIBE_API_KEY: '' });
    expect(none).toMatchObject({ code: 1, err: expect.stringContaining('Set DURASCRIBE_API_KEY') });
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
    await startSession(stack, 'colours', { metadata: { title: 'a\u001B[2Jb\u0007c\u202Ed' } });
    const piped = await durascribe('show agora:colours');
    expect(piped.out).toContain('title=ab cd');
    const coloured = await durascribe('show agora:colours', { FORCE_COLOR: '1' });
    expect(coloured.out).toContain('\u001B[32mrunning\u001B[39m');
    const plain = await durascribe('show agora:colours', { NO_COLOR: '1' });
    expect(plain.out).not.toContain('\u001B');
  });
});
