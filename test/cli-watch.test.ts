import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { defaults, getSession } from '../src/cli/api-client.ts';
import { answerOf } from '../src/cli/connection.ts';
import { screen } from '../src/cli/watch-view.ts';
import { startCommand, type Running } from './support/command-line.ts';
import {
  eventually,
  prepareStack,
  startSession,
  startStack,
  stopSession,
  untilSession,
  type Stack,
} from './support/stack.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.stop());

function watch(id: string, ...flags: string[]): Running {
  return startCommand(['watch', id, ...flags], { DURASCRIBE_URL: stack.url });
}

async function untilPrinted({ out }: Running, words: RegExp): Promise<void> {
  await eventually(() => expect(out()).toMatch(words));
}

test('a watched session is told change by change, until it is stopped', async () => {
  const path = await startSession(stack, 'watched');
  const watching = watch('agora:watched');
  await untilPrinted(watching, /^\S+Z running: agora watched$/m);
  await untilPrinted(watching, /^\S+Z next: \S/m);
  // The second one has to wait for the vendor.
  await stack.api('PATCH', path, { languages: ['fr-FR'] }, { prefer: 'wait=20' });
  await stack.api('PATCH', path, { languages: ['de-DE'] });
  await untilPrinted(watching, /change 2 accepted: languages de-DE/);
  await untilPrinted(watching, /next update in \d s/);
  await untilPrinted(watching, /change 2 applied/);
  await stopSession(stack, path);
  const { code, out, err } = await watching.ended;
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toMatch(/stopped: agora watched\n(.*\n)*.* ended: requested\n/);
  expect(out).not.toContain('\u001B');
  expect(out.match(/change 2 applied/g)).toHaveLength(1);
});

test('a watch ends with the session, and says how to come by a transcript that is there or to come', async () => {
  const body = { provider: 'videosdk', roomId: 'abc-watched', language: 'en-US' };
  await stack.api('POST', '/v1/sessions', body, { prefer: 'wait=20' });
  const path = '/v1/sessions/videosdk:abc-watched';
  const words = / its transcript: durascribe transcript videosdk:abc-watched --wait\n$/;
  const watching = watch('videosdk:abc-watched');
  await untilPrinted(watching, /running: videosdk/);
  await stopSession(stack, path);
  expect(await watching.ended).toMatchObject({ code: 0, out: expect.stringMatching(words) });
  await untilSession(stack, path, { transcript: { words: expect.any(Number) } });
  const later = await watch('videosdk:abc-watched').ended;
  expect(later).toMatchObject({ code: 0, out: expect.stringMatching(words) });
});

test('a watch outlives the API, and says so', async () => {
  const other = await prepareStack();
  onTestFinished(() => other.stop());
  const [api] = await Promise.all([other.startApi(), other.startWorker()]);
  const path = await startSession(other, 'api-away');
  const watching = startCommand(['watch', 'agora:api-away'], { DURASCRIBE_URL: other.url });
  await untilPrinted(watching, /running: agora api-away/);
  await api.end();
  await untilPrinted(watching, /the API is away.*ECONNREFUSED/);
  await other.startApi();
  await untilPrinted(watching, /the API is back/);
  await stopSession(other, path);
  const { code, out } = await watching.ended;
  expect(code).toBe(0);
  expect(out.match(/running: agora api-away/g)).toHaveLength(1);
  expect(out.match(/the API is away/g)).toHaveLength(1);
});

test('a watched session that fails ends the watch with 1', async () => {
  const fault = {
    channel: 'failing',
    operation: 'join',
    fault: { kind: 'status', status: 400, message: 'not this one' },
    times: 1,
  } as const;
  stack.simulator.inject(fault);
  const body = { provider: 'agora', channel: 'failing', languages: ['en-US'] };
  await stack.api('POST', '/v1/sessions', body, { prefer: 'wait=20' });
  const { code, out } = await watch('agora:failing').ended;
  expect({ code, out }).toMatchObject({
    code: 1,
    out: expect.stringMatching(/failed \(rejected\): /),
  });
});

test('scripts are given the session at every change', async () => {
  const path = await startSession(stack, 'scripted');
  const watching = watch('agora:scripted', '--json');
  await untilPrinted(watching, /"running"/);
  await stopSession(stack, path);
  const { code, out } = await watching.ended;
  const sessions: unknown[] = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(code).toBe(0);
  expect(sessions[0]).toMatchObject({ id: 'agora:scripted', status: 'running' });
  expect(sessions.at(-1)).toMatchObject({ status: 'stopped', endReason: 'requested' });
});

test('a terminal shows the changes, and below them how the session is, in one place', async () => {
  const path = await startSession(stack, 'drawn-with-a-name-that-is-wider-than-the-terminal');
  defaults.baseUrl = stack.url;
  const id = decodeURIComponent(path.split('/').at(-1) ?? '');
  const { data: session } = await answerOf(getSession(id));
  const terminal = Object.assign(new PassThrough({ encoding: 'utf8' }), { columns: 30 });
  const view = screen(terminal);
  view.tell('first');
  view.show(session, null);
  view.tell('second');
  view.show({ ...session, status: 'stopping' }, null);
  view.show({ ...session, status: 'stopped' }, null);
  const shown = shownBy(String(terminal.read()));
  expect(shown.map((row) => row.replace(/^\S+Z /, ''))).toEqual([
    'first',
    'second',
    '',
    'stopped',
    ...shown.slice(4),
  ]);
  expect(shown.slice(4, -1).join('').replaceAll(' ', '')).toContain(id);
  for (const row of shown.slice(4)) expect(row.length).toBeLessThan(30);
});

const ESCAPE = String.fromCodePoint(27);
const SENT = new RegExp(`(${ESCAPE}\\[(\\d*)([AGJm]))|\\n|[^${ESCAPE}\\n]+`, 'g');

/** The rows of a terminal that was sent `text`, of which it knows what a redrawn place needs. */
function shownBy(text: string): string[] {
  const rows = [''];
  let row = 0;
  for (const [part, , count, command] of text.matchAll(SENT)) {
    if (part === '\n') rows[++row] ??= '';
    else if (command === undefined) rows[row] += part;
    else if (command === 'A') row -= Number(count);
    else if (command === 'J') rows.splice(row, rows.length, '');
  }
  return rows;
}
