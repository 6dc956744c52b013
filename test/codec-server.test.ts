import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encryptionCodec } from '../src/temporal/encryption.ts';
import { parseConfig } from '../src/config.ts';
import { ENCRYPTION_KEY, prepareStack, type Answer, type Stack } from './support/stack.ts';

const WRITE_KEY = 'write-key-of-an-operator';
const READ_KEY = 'read-key-of-an-operator';
const KEYS = `operator:write:${WRITE_KEY},reader:read:${READ_KEY}`;
const UI = 'https://temporal.example.com';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const written = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const CLEAR = { metadata: { encoding: base64('json/plain') }, data: base64('"hello"') };

/** As Temporal keeps it. */
async function encrypted(keys = ENCRYPTION_KEY): Promise<typeof CLEAR> {
  const { encryptionKeys } = parseConfig({ DURASCRIBE_ENCRYPTION_KEYS: keys });
  const encoding = Buffer.from('json/plain');
  const hello = { metadata: { encoding }, data: Buffer.from('"hello"') };
  const [payload] = await encryptionCodec(encryptionKeys).encode([hello]);
  const entries = Object.entries(payload?.metadata ?? {}).map(
    ([name, value]) => [name, Buffer.from(value).toString('base64')] as const,
  );
  const metadata = { encoding: '', ...Object.fromEntries(entries) };
  return { metadata, data: Buffer.from(payload?.data ?? []).toString('base64') };
}

/** The cookie of an answer as a browser sends it back. */
function cookieOf({ headers }: Answer): string {
  return headers.get('set-cookie')?.split(';')[0] ?? '';
}

describe('with keys of the API', () => {
  let stack: Stack;
  beforeAll(async () => {
    const environment = {
      DURASCRIBE_API_KEYS: KEYS,
      DURASCRIBE_TEMPORAL_UI_URL: `${UI}/`,
      DURASCRIBE_PUBLIC_URL: 'https://calls.example.com',
    };
    stack = await prepareStack({ environment });
    await stack.startApi();
  });
  afterAll(() => stack.stop());

  const decode = (payloads: unknown, headers: Record<string, string>) =>
    stack.api('POST', '/codec/decode', { payloads }, { origin: UI, ...headers });
  const pass = (key = WRITE_KEY) => stack.api('POST', '/codec/pass', undefined, bearer(key));

  test('payloads are decrypted, in their order, and those in the clear left alone', async () => {
    const { status, body } = await decode([CLEAR, await encrypted()], bearer(WRITE_KEY));
    expect({ status, body }).toEqual({ status: 200, body: { payloads: [CLEAR, CLEAR] } });
  });

  test('what was encrypted there is decrypted there', async () => {
    const ask = { payloads: [CLEAR, { data: CLEAR.data }, {}] };
    const encoded = await stack.api('POST', '/codec/encode', ask, bearer(WRITE_KEY));
    expect(JSON.stringify(encoded.body)).not.toContain(CLEAR.data);
    const { body } = await decode(encoded.body['payloads'], bearer(WRITE_KEY));
    const empty = { metadata: {}, data: '' };
    expect(body).toEqual({ payloads: [CLEAR, { ...empty, data: CLEAR.data }, empty] });
  });

  test('what no key of this API has encrypted is a problem that names the missing one', async () => {
    const other = await encrypted(`other:${Buffer.alloc(32, 1).toString('base64')}`);
    const { status, body } = await decode([other], bearer(WRITE_KEY));
    expect({ status, body }).toMatchObject({
      status: 422,
      body: { detail: expect.stringContaining('the key "other"') },
    });
  });

  test('a large payload is taken, as Temporal takes it', async () => {
    const large = { ...CLEAR, data: base64('x'.repeat(2 * 1_024 * 1_024)) };
    expect((await decode([large], bearer(WRITE_KEY))).status).toBe(200);
  });

  test('more payloads than Temporal has in one place are refused, for they would hold up everybody', async () => {
    const payloads = Array.from({ length: 10_000 }, () => CLEAR);
    expect((await decode(payloads, bearer(WRITE_KEY))).status).toBe(200);
    payloads.push(CLEAR);
    for (const path of ['/codec/decode', '/codec/encode']) {
      const { status } = await stack.api('POST', path, { payloads }, bearer(WRITE_KEY));
      expect(status).toBe(400);
    }
  });

  test('nobody decrypts without a key for writing', async () => {
    expect((await decode([CLEAR], {})).status).toBe(401);
    expect((await decode([CLEAR], bearer(READ_KEY))).status).toBe(403);
    expect((await pass(READ_KEY)).status).toBe(403);
    expect((await pass('not-a-key-of-the-tests')).status).toBe(401);
  });

  test('a pass decrypts, and does nothing else', async () => {
    const given = await pass();
    expect(given.status).toBe(204);
    const attributes = given.headers.get('set-cookie')?.split('; ').slice(1);
    expect(attributes).toEqual([
      'Path=/codec/decode',
      'Max-Age=43200',
      'HttpOnly',
      'SameSite=Strict',
      'Secure',
    ]);
    const cookie = cookieOf(given);
    expect((await decode([CLEAR], { cookie: `a=b; ${cookie}; c=d` })).status).toBe(200);
    for (const [method, path] of [
      ['POST', '/codec/encode'],
      ['POST', '/codec/pass'],
      ['GET', '/v1/sessions'],
      ['POST', '/v1/sessions'],
    ] as const) {
      const body = method === 'POST' ? {} : undefined;
      expect((await stack.api(method, path, body, { cookie })).status).toBe(401);
    }
  });

  test('a pass that was changed is none', async () => {
    const cookie = cookieOf(await pass());
    const [name = '', token = ''] = cookie.split(/=(.*)/);
    const [head = '', claims = '', signature = ''] = token.split('.');
    const { exp, ...endless } = JSON.parse(Buffer.from(claims, 'base64url').toString());
    expect(exp).toBe(endless.iat + 43_200);
    for (const forged of [
      `${head}.${written(endless)}.${signature}`,
      `${head}.${written({ ...endless, exp: exp + 1 })}.${signature}`,
      `${written({ alg: 'none', kid: 'tests' })}.${claims}.`,
      `${written({ alg: 'HS256', kid: 'other' })}.${claims}.${signature}`,
      `${head}.${claims}.${signature.slice(0, -4)}AAAA`,
      'no-token',
      '',
    ]) {
      expect((await decode([CLEAR], { cookie: `${name}=${forged}` })).status).toBe(401);
    }
  });

  test('every process knows the pass of another, until its key is no more', async () => {
    const cookie = cookieOf(await pass());
    const answers = [];
    for (const keys of [KEYS, `operator:write:another-key-of-operator`]) {
      const other = await prepareStack({ environment: { DURASCRIBE_API_KEYS: keys } });
      await other.startApi();
      const payloads = [await encrypted()];
      answers.push(await other.api('POST', '/codec/decode', { payloads }, { cookie }));
      await other.stop();
    }
    expect(answers.map(({ status }) => status)).toEqual([200, 401]);
  });

  test('only the page of the Temporal UI may read an answer, errors too', async () => {
    for (const [origin, allowed] of [
      [UI, UI],
      ['https://example.com', null],
      ['null', null],
      [`${UI}.example.com`, null],
    ] as const) {
      for (const headers of [bearer(WRITE_KEY), {}]) {
        const answer = await decode([CLEAR], { ...headers, origin });
        expect(answer.headers.get('access-control-allow-origin')).toBe(allowed);
        expect(answer.headers.get('access-control-allow-credentials')).toBe(allowed && 'true');
        expect(answer.headers.get('vary')).toBe('origin');
        expect(answer.headers.get('cache-control')).toBe('no-store');
      }
      const preflight = await stack.api('OPTIONS', '/codec/decode', undefined, {
        origin,
        'access-control-request-method': 'POST',
      });
      expect(preflight.status).toBe(204);
      expect(preflight.headers.get('access-control-allow-origin')).toBe(allowed);
      expect(preflight.headers.get('access-control-allow-headers')).toBe(
        allowed && 'x-namespace, content-type, authorization',
      );
    }
    const elsewhere = await stack.api('GET', '/v1/sessions', undefined, { origin: UI });
    expect(elsewhere.headers.get('access-control-allow-origin')).toBeNull();
    const noPass = await stack.api('POST', '/codec/pass', undefined, {
      ...bearer(WRITE_KEY),
      origin: UI,
    });
    expect(noPass.headers.get('access-control-allow-origin')).toBeNull();
  });

  test('the page that asks for a pass needs no key, and gets nothing from elsewhere', async () => {
    const page = await fetch(`${stack.url}/codec`);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('content-security-policy')).toMatch(/default-src 'none'.*sha256-/);
    expect(await page.text()).not.toMatch(/(?:src|href)="(?!data:)/);
  });
});

describe('without keys of the API', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await prepareStack();
    await stack.startApi();
  });
  afterAll(() => stack.stop());

  const ask = (path: string, headers: Record<string, string>, body?: object) =>
    new Promise<number | undefined>((resolve, reject) => {
      const type = { 'content-type': 'application/json' };
      const options = { method: 'POST', headers: { ...type, ...headers } };
      const asked = request(stack.url + path, options, (response) => {
        response.resume().on('end', () => resolve(response.statusCode));
      });
      asked.on('error', reject).end(JSON.stringify(body ?? { payloads: [CLEAR] }));
    });
  const OF_UI = { origin: 'http://127.0.0.1:8233', 'sec-fetch-site': 'same-site' };

  test('the page of the Temporal UI of this machine decrypts, and gets at nothing else', async () => {
    expect(await ask('/codec/decode', OF_UI)).toBe(200);
    expect(await ask('/codec/encode', OF_UI)).toBe(200);
    expect(await ask('/v1/sessions/agora:none/stop', OF_UI)).toBe(403);
    expect(await ask('/codec/pass', OF_UI, {})).toBe(403);
    const other = { ...OF_UI, origin: 'http://127.0.0.1:8234' };
    expect(await ask('/codec/decode', other)).toBe(403);
    expect(await ask('/codec/decode', { ...OF_UI, host: 'example.com' })).toBe(403);
  });

  test('a pass is refused, as nobody needs one', async () => {
    expect(await ask('/codec/pass', {}, {})).toBe(422);
  });
});

test('where nothing is encrypted payloads come back as they are, and there is no pass', async () => {
  const environment = { DURASCRIBE_ENCRYPTION_KEYS: '', DURASCRIBE_API_KEYS: KEYS };
  const stack = await prepareStack({ environment });
  try {
    await stack.startApi();
    for (const path of ['/codec/decode', '/codec/encode']) {
      const { body } = await stack.api('POST', path, { payloads: [CLEAR] }, bearer(WRITE_KEY));
      expect(body).toEqual({ payloads: [CLEAR] });
    }
    const refused = await stack.api('POST', '/codec/pass', undefined, bearer(WRITE_KEY));
    expect(refused).toMatchObject({
      status: 422,
      body: { detail: expect.stringContaining('DURASCRIBE_ENCRYPTION_KEYS') },
    });
    const payloads = [await encrypted()];
    const unknown = await stack.api('POST', '/codec/decode', { payloads }, bearer(WRITE_KEY));
    expect(unknown).toMatchObject({
      status: 422,
      body: { detail: expect.stringContaining('the key "tests"') },
    });
  } finally {
    await stack.stop();
  }
});
