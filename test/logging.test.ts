import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { sessionOfWorkflow } from '../src/domain/identity.ts';
import { ProviderError } from '../src/providers/errors.ts';
import { createLogger } from '../src/telemetry/logging.ts';

const ENVIRONMENT = { AGORA_CUSTOMER_SECRET: 'a-secret-of-agora', AGORA_APP_ID: 'an-app-id' };

/** The line of the log that `fields` become. */
async function written(fields: object): Promise<{ text: string; line: Record<string, unknown> }> {
  const texts: string[] = [];
  const log = await createLogger('test', ENVIRONMENT, { write: (text) => void texts.push(text) });
  log.info(fields, 'an event');
  return { text: texts.join(''), line: JSON.parse(texts.join('')) };
}

test.for<[string, object, string]>([
  ['a secret of the environment', { words: 'it was a-secret-of-agora' }, 'it was [secret]'],
  ['one in base64', { words: btoa('id:a-secret-of-agora') }, '[secret]'],
  ['basic credentials', { words: 'sent Basic YTpiYmJiYmI=' }, 'sent [credentials]'],
  ['a JWT', { words: 'with eyJhbGci.eyJzdWIi.c2lnbmVk.' }, 'with [credentials].'],
  [
    'the query of a URL',
    { words: 'at https://a.example/b?token=x&y=1 now' },
    'at https://a.example/b?[query] now',
  ],
])('%s is in no line', async ([, fields, shown]) => {
  const { line } = await written(fields);
  expect(line['words']).toContain(shown);
  expect(line).toMatchObject({ msg: 'an event', name: 'test' });
});

test('what is named like a secret is not written, whatever its value', async () => {
  const headers = { authorization: 'anything', 'content-type': 'text/plain' };
  const { text } = await written({
    headers,
    request: { cookie: 'anything' },
    a: { b: { body: 'anything' } },
  });
  expect(text).not.toContain('anything');
});

test('an error of ours has its stack, and that of another one only its words', async () => {
  const { line: ours } = await written({ err: new TypeError('undefined is not a function') });
  expect(ours['err']).toMatchObject({ type: 'TypeError', stack: expect.stringContaining('at ') });
  const refused = new ProviderError('rejected', 'not these languages');
  const { line: theirs } = await written({ err: new Error('it broke', { cause: refused }) });
  expect(theirs['err']).toMatchObject({
    stack: expect.any(String),
    cause: { type: 'ProviderError', message: 'not these languages' },
  });
  const { line: system } = await written({
    err: Object.assign(new Error('x'), { code: 'ECONNREFUSED' }),
  });
  expect(system['err']).toEqual({ type: 'Error', message: 'x', code: 'ECONNREFUSED' });
  expect(JSON.stringify(theirs['err'])).toContain('not these languages');
});

test.for<[string, string | null]>([
  ['agora:room-1', 'agora:room-1'],
  ['of-the-caller', 'of-the-caller'],
  ['vonage-call:CON-1', 'vonage-call:CON-1'],
  ['erase:agora:room-1', 'agora:room-1'],
  ['transcript:agora:a:b:01a1fe6a-df50-790a-b058-a027779b5145', 'agora:a:b'],
  ['callback:agora:a:b:01a1fe6a-df50-790a-b058-a027779b5145:12', 'agora:a:b'],
  ['key:0123', null],
  ['reconcile:transcription:2026-11-21T00:00:00Z', null],
])('the workflow %s is about the session %s', ([workflowId, sessionId]) => {
  expect(sessionOfWorkflow(workflowId)).toBe(sessionId);
});

test('at a terminal the log is for eyes, and elsewhere JSON', async () => {
  const worker = fileURLToPath(new URL('../src/worker.ts', import.meta.url));
  const env = {
    PATH: process.env['PATH'],
    DURASCRIBE_PORT: 'none',
    NODE: process.execPath,
    WORKER: worker,
  };
  const run = async (command: string) => {
    const { stdout } = await promisify(execFile)('sh', ['-c', command], { env });
    return stdout;
  };
  const piped = await run('"$NODE" "$WORKER" || true');
  expect(JSON.parse(piped)).toMatchObject({ level: 60, name: 'worker' });
  const seen = await run(`script --quiet --command '"$NODE" "$WORKER"' /dev/null || true`);
  expect(seen).toMatch(/FATAL.*The environment is not right/);
  expect(seen).not.toContain('{');
});
