import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseConfig } from '../src/config.ts';
import { prepareStack, startStack, type Service, type Stack } from './support/stack.ts';

const WRITE_KEY = 'write-key-of-the-tests';
const OLD_KEY = 'old-write-key-of-the-tests';
const READ_KEY = 'read-key-of-the-tests';
const PLAIN_KEY = 'key-without-a-name-1';
const KEYS = `backend:${WRITE_KEY},backend:write:${OLD_KEY}, dashboard:read:${READ_KEY},${PLAIN_KEY}`;

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const keysOf = (keys: string) => parseConfig({ DURASCRIBE_API_KEYS: keys }).apiKeys;
const START = { provider: 'agora', channel: 'guarded', languages: ['en-US'] };

describe('with keys', () => {
  let stack: Stack;
  let api: Service;
  beforeAll(async () => {
    // At every address of this machine, which nobody may have without keys.
    const environment = { DURASCRIBE_API_KEYS: KEYS, DURASCRIBE_HOST: '0.0.0.0' };
    stack = await prepareStack({ environment });
    [api] = await Promise.all([stack.startApi(), stack.startWorker()]);
  });
  afterAll(() => stack.stop());

  test.for<[string, Record<string, string>, string]>([
    ['no key', {}, 'no-key'],
    ['an unknown key', bearer('not-a-key-of-the-tests'), 'unknown-key'],
    ['the beginning of a key', bearer(WRITE_KEY.slice(0, -1)), 'unknown-key'],
    ['a name and a key', bearer(`backend:${WRITE_KEY}`), 'unknown-key'],
    ['another scheme', { authorization: `Basic ${WRITE_KEY}` }, 'no-key'],
    ['an empty header', { authorization: '' }, 'no-key'],
  ])('%s is a 401 problem', async ([, headers, kind]) => {
    for (const [method, path] of [
      ['GET', '/v1/sessions'],
      ['POST', '/v1/sessions'],
      ['GET', '/v1/sessions/agora:guarded'],
      ['POST', '/v1/sessions/agora:guarded/stop'],
      ['GET', '/v1/sessions/agora:guarded/transcript'],
      ['POST', '/api/transcription/start.json'],
    ] as const) {
      const body = method === 'POST' ? {} : undefined;
      const answer = await stack.api(method, path, body, headers);
      const problem = { status: 401, type: `urn:durascribe:problem:${kind}` };
      expect([path, answer]).toMatchObject([path, { status: 401, body: problem }]);
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
    }
  });

  test('every key for writing starts, and the same keys read', async () => {
    const statuses = [];
    for (const key of [WRITE_KEY, OLD_KEY, PLAIN_KEY]) {
      statuses.push((await stack.api('POST', '/v1/sessions', START, bearer(key))).status);
    }
    expect(statuses).toEqual([201, 200, 200]);
    const path = '/v1/sessions/agora:guarded';
    expect((await stack.api('GET', path, undefined, bearer(WRITE_KEY))).status).toBe(200);
    expect((await stack.api('POST', `${path}/stop`, undefined, bearer(OLD_KEY))).status).toBe(202);
  });

  test('a key for reading reads, and is a 403 problem for all else', async () => {
    const read = bearer(READ_KEY);
    expect((await stack.api('GET', '/v1/sessions', undefined, read)).status).toBe(200);
    for (const [method, path, body] of [
      ['POST', '/v1/sessions', START],
      ['PATCH', '/v1/sessions/agora:guarded', { languages: ['fr-FR'] }],
      ['POST', '/v1/sessions/agora:guarded/stop', undefined],
      ['DELETE', '/v1/sessions/agora:guarded', undefined],
      ['POST', '/api/transcription/start.json', { channel: 'guarded' }],
    ] as const) {
      const answer = await stack.api(method, path, body, read);
      expect([path, answer]).toMatchObject([path, { status: 403, body: { status: 403 } }]);
      expect(answer.headers.get('www-authenticate')).toContain('insufficient_scope');
    }
  });

  test('what vendors and operators ask for needs no key', async () => {
    expect((await stack.api('GET', '/healthz')).status).toBe(200);
    expect((await stack.api('GET', '/readyz')).status).toBe(200);
    expect((await stack.api('GET', '/openapi.json')).status).toBe(200);
    expect((await fetch(`${stack.url}/docs/`)).status).toBe(200);
    // A webhook has a proof of its own.
    const event = await stack.api('POST', '/webhooks/transcription', {});
    expect(event.headers.get('www-authenticate')).toBeNull();
    expect((await stack.api('GET', '/v1/nothing')).status).toBe(404);
  });

  const start = (key: string, channel: string) =>
    stack.api(
      'POST',
      '/v1/sessions',
      { ...START, channel },
      {
        ...bearer(key),
        'idempotency-key': 'one',
      },
    );

  test('callers have Idempotency-Keys of their own, and two keys of one name the same ones', async () => {
    expect((await start(WRITE_KEY, 'of-backend')).status).toBe(201);
    expect((await start(PLAIN_KEY, 'of-another')).status).toBe(201);
    expect((await start(OLD_KEY, 'of-backend')).status).toBe(201);
    expect((await start(OLD_KEY, 'of-another')).status).toBe(422);
  });

  test('who guesses is held back soon, and a known key is not', async () => {
    const guess = () => stack.api('GET', '/v1/sessions', undefined, bearer('guess-a-key'));
    const answers = await Promise.all(Array.from({ length: 61 }, guess));
    expect(new Set(answers.map(({ status }) => status))).toContain(429);
    expect((await stack.api('GET', '/v1/sessions', undefined, bearer(READ_KEY))).status).toBe(200);
  });

  test('the log names who asked, and has no key', () => {
    const log = api.output();
    for (const name of ['backend', 'dashboard', 'key-4']) expect(log).toContain(`"key":"${name}"`);
    for (const key of [WRITE_KEY, OLD_KEY, READ_KEY, PLAIN_KEY, 'not-a-key-of-the-tests']) {
      expect(log).not.toContain(key);
    }
  });
});

describe('without keys', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await prepareStack();
    await stack.startApi();
  });
  afterAll(() => stack.stop());

  const ask = (path: string, headers: Record<string, string>) =>
    new Promise<number | undefined>((resolve, reject) => {
      const asked = request(stack.url + path, { method: 'POST', headers }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode));
      });
      asked.on('error', reject).end();
    });
  const STOP = '/v1/sessions/agora:none/stop';

  test.for<[string, () => Record<string, string>]>([
    ['a page of another site', () => ({ 'sec-fetch-site': 'cross-site' })],
    ['a page of another port', () => ({ 'sec-fetch-site': 'same-site' })],
    ['a page of another site in an old browser', () => ({ origin: 'https://example.com' })],
    ['a page without an origin', () => ({ origin: 'null' })],
    [
      'a page whose name leads here',
      () => ({ host: 'example.com', 'sec-fetch-site': 'same-origin' }),
    ],
    ['a name that begins like ours', () => ({ host: '127.0.0.1.example.com' })],
  ])('%s is not served', async ([, headers]) => {
    for (const path of [STOP, '/v1/sessions', '/api/transcription/stop.json']) {
      expect([path, await ask(path, headers())]).toEqual([path, 403]);
    }
  });

  test.for<[string, () => Record<string, string>]>([
    ['a program', () => ({})],
    ['our own page', () => ({ 'sec-fetch-site': 'same-origin', origin: stack.url })],
    ['our own page in an old browser', () => ({ origin: stack.url })],
    ['who types an address', () => ({ 'sec-fetch-site': 'none' })],
    ['localhost', () => ({ host: 'localhost:3000' })],
    ['IPv6', () => ({ host: '[::1]:3000' })],
    ['a proxy of this machine', () => ({ host: '127.0.0.2' })],
  ])('%s is served', async ([, headers]) => {
    expect(await ask(STOP, headers())).toBe(404);
  });

  test('webhooks come by any name', async () => {
    expect(await ask('/webhooks/transcription', { host: 'tunnel.example.com' })).toBe(401);
  });
});

describe('too many requests', () => {
  let stack: Stack;
  const ask = (key: string) => stack.api('GET', '/v1/sessions/agora:none', undefined, bearer(key));
  beforeAll(async () => {
    const environment = {
      DURASCRIBE_API_KEYS: `one:${WRITE_KEY},two:${OLD_KEY}`,
      DURASCRIBE_RATE_LIMIT_PER_MINUTE: '5',
    };
    stack = await startStack({ environment });
  });
  afterAll(() => stack.stop());

  test('are a 429 problem for one key, and nothing to another', async () => {
    const statuses = [];
    for (let asked = 0; asked < 5; asked += 1) statuses.push((await ask(WRITE_KEY)).status);
    expect(statuses).toEqual([404, 404, 404, 404, 404]);
    const refused = await ask(WRITE_KEY);
    expect(refused).toMatchObject({ status: 429, body: { status: 429 } });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(60);
    expect((await ask(OLD_KEY)).status).toBe(404);
    for (let asked = 0; asked < 8; asked += 1) {
      expect((await stack.api('GET', '/healthz')).status).toBe(200);
    }
  });

  test('who has no key is held back by address', async () => {
    const statuses = [];
    for (let asked = 0; asked < 6; asked += 1) {
      statuses.push((await stack.api('GET', '/v1/sessions')).status);
    }
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429]);
  });
});

describe('the configuration', () => {
  test('takes keys with a name and a scope, or without', () => {
    expect(keysOf(KEYS)).toMatchObject([
      { name: 'backend', scope: 'write' },
      { name: 'backend', scope: 'write' },
      { name: 'dashboard', scope: 'read' },
      { name: 'key-4', scope: 'write' },
    ]);
    expect(JSON.stringify(keysOf(KEYS))).not.toContain(WRITE_KEY);
  });

  test.for<[string]>([
    [','],
    ['short'],
    [`name:short`],
    [`:${WRITE_KEY}`],
    [`read:${WRITE_KEY}`],
    [`name:admin:${WRITE_KEY}`],
    [`a:b:write:${WRITE_KEY}`],
    [`a name:${WRITE_KEY}`],
    [`${WRITE_KEY}!`],
    [`one:${WRITE_KEY},two:${WRITE_KEY}`],
  ])('refuses %s without showing it', ([keys]) => {
    expect(() => keysOf(keys)).toThrow(/DURASCRIBE_API_KEYS/);
    expect(() => keysOf(keys)).not.toThrow(WRITE_KEY);
  });

  test('lets the API be reached from elsewhere only with keys', () => {
    const DURASCRIBE_HOST = '0.0.0.0';
    expect(() => parseConfig({ DURASCRIBE_HOST })).toThrow(/DURASCRIBE_HOST: must be a loopback/);
    expect(() => parseConfig({ DURASCRIBE_HOST, DURASCRIBE_API_KEYS: '' })).toThrow(/loopback/);
    expect(() => parseConfig({ DURASCRIBE_HOST, DURASCRIBE_API_KEYS: ',' })).toThrow(/API_KEYS/);
    expect(parseConfig({ DURASCRIBE_HOST, DURASCRIBE_API_KEYS: KEYS }).host).toBe('0.0.0.0');
  });
});
