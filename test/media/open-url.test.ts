import { createServer } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { openUrl } from '../../src/media/open-url.ts';
import type { OpenUrlOptions } from '../../src/media/open-url.ts';
import { listen } from '../support/listen.ts';

const PUBLIC = { anyPublic: true, listed: [] };

const secretHeaders = async () => ({ authorization: 'Bearer hidden-token' });

function open(url: string, changes: Partial<OpenUrlOptions> = {}) {
  const { signal } = new AbortController();
  const hosts = { anyPublic: false, listed: [new URL(url).origin] };
  return openUrl(`${url}?key=hidden-key`, {
    hosts,
    headers: secretHeaders,
    vendor: 'Acme',
    signal,
    ...changes,
  });
}

/** The error of a promise, which holds nothing that is secret. */
async function errorOf(failing: Promise<unknown>): Promise<unknown> {
  const error: unknown = await failing.then(
    () => 'nothing failed',
    (reason: unknown) => reason,
  );
  expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('hidden');
  return error;
}

describe('a file', () => {
  test('is read with its size and type, and asked for with the headers', async () => {
    const heard: unknown[] = [];
    const url = await listen(({ url: path, headers }, response) => {
      heard.push(path, headers.authorization, headers['accept-encoding']);
      response.writeHead(200, { 'content-type': 'audio/mpeg', 'content-length': 5 }).end('audio');
    });
    const { stream, bytes, contentType } = await open(`${url}/a.mp3`);
    expect([bytes, contentType]).toEqual([5, 'audio/mpeg']);
    expect(String(await buffer(stream))).toBe('audio');
    expect(heard).toEqual(['/a.mp3?key=hidden-key', 'Bearer hidden-token', 'identity']);
  });

  test('may come without a size', async () => {
    const url = await listen((_request, response) => {
      response.write('au');
      response.end('dio');
    });
    const { stream, bytes, contentType } = await open(url);
    expect([bytes, contentType]).toEqual([null, null]);
    expect(String(await buffer(stream))).toBe('audio');
  });

  test.each([
    [404, 'not-found'],
    [401, 'rejected'],
    [403, 'rejected'],
    [410, 'rejected'],
    [304, 'rejected'],
    [429, 'throttled'],
    [408, 'unavailable'],
    [500, 'unavailable'],
    [503, 'unavailable'],
  ])('that answers %i is %s', async (status, kind) => {
    const url = await listen((_request, response) => {
      response.writeHead(status, { 'retry-after': '7' }).end();
    });
    const error = await errorOf(open(url));
    expect(error).toMatchObject({ kind, message: `Acme answered ${status} to a download` });
    const isForLater = status === 429 || kind === 'unavailable';
    expect(error).toHaveProperty('facts', isForLater ? { retryAfterMs: 7_000 } : {});
  });

  test('of a host that is not there is unavailable', async () => {
    const url = await listen(() => {});
    const nobody = url.replace(/\d+$/, '1');
    expect(await errorOf(open(nobody))).toMatchObject({
      kind: 'unavailable',
      message: 'no answer from Acme: ECONNREFUSED',
    });
  });

  test('that breaks off is unavailable', async () => {
    const url = await listen((_request, response) => {
      response.writeHead(200, { 'content-length': 500 }).write('some', () => {
        response.destroy();
      });
    });
    const { stream } = await open(url);
    expect(await errorOf(buffer(stream))).toMatchObject({
      kind: 'unavailable',
      message: 'a download broke off at Acme: ECONNRESET',
    });
  });
});

describe('a stall', () => {
  test('before the answer is unavailable', async () => {
    const url = await listen(() => {});
    expect(await errorOf(open(url, { stallMs: 50 }))).toMatchObject({
      kind: 'unavailable',
      message: 'Acme sent nothing for 0.05 s',
    });
  });

  test('within the file is unavailable', async () => {
    const url = await listen((_request, response) => {
      response.writeHead(200, { 'content-length': 500 }).write('some');
    });
    const { stream } = await open(url, { stallMs: 50 });
    expect(await errorOf(buffer(stream))).toMatchObject({
      kind: 'unavailable',
      message: 'Acme sent nothing for 0.05 s',
    });
  });

  test('is none while it is us who are slow', async () => {
    const bytes = 8_000_000;
    const url = await listen((_request, response) => {
      response.writeHead(200, { 'content-length': bytes }).end(Buffer.alloc(bytes));
    });
    const { stream } = await open(url, { stallMs: 2_000 });
    let read = 0;
    for await (const piece of stream) {
      if (read === 0) await sleep(3_000);
      read += Buffer.from(piece).length;
    }
    expect(read).toBe(bytes);
  });
});

describe('a redirect', () => {
  test('within its own host is followed, with the headers', async () => {
    const url = await listen(({ url: path, headers }, response) => {
      if (path === '/there') response.end(headers.authorization);
      else response.writeHead(302, { location: '/there' }).end();
    });
    const { stream } = await open(`${url}/here`);
    expect(String(await buffer(stream))).toBe('Bearer hidden-token');
  });

  test('to another host is refused, and not asked for', async () => {
    const asked: unknown[] = [];
    const other = await listen((request, response) => {
      asked.push(request.headers);
      response.end();
    });
    const url = await listen((_request, response) => {
      response.writeHead(307, { location: `${other}/there?key=hidden` }).end();
    });
    const hosts = { anyPublic: true, listed: [url, other] };
    expect(await errorOf(open(url, { hosts }))).toMatchObject({
      kind: 'rejected',
      message: `Acme redirects a download to another host, ${new URL(other).host}`,
    });
    expect(asked).toEqual([]);
  });

  test.each([
    [undefined, 'too often'],
    ['http://', 'nowhere'],
    ['http://user:hidden@HOST/', 'to another host'],
  ])('to %s is refused', async (location, why) => {
    let asked = 0;
    const url = await listen(({ headers }, response) => {
      asked += 1;
      const to = location?.replace('HOST', headers.host ?? '');
      response.writeHead(301, to === undefined ? { location: '/' } : { location: to }).end();
    });
    expect(await errorOf(open(url))).toMatchObject({
      kind: 'rejected',
      message: expect.stringContaining(why),
    });
    expect(asked).toBe(why === 'too often' ? 4 : 1);
  });
});

describe('a private address', () => {
  test('that is not listed is refused before anything is asked', async () => {
    let asked = 0;
    const url = await listen((_request, response) => {
      asked += 1;
      response.end();
    });
    const notAsked = vi.fn<typeof secretHeaders>(secretHeaders);
    expect(await errorOf(open(url, { hosts: PUBLIC, headers: notAsked }))).toMatchObject({
      kind: 'rejected',
      message: 'not fetched: recordings are fetched by https only',
    });
    expect(asked).toBe(0);
    expect(notAsked).not.toHaveBeenCalled();
  });

  test.each(['localhost', '127.0.0.1', '[::1]', '[::ffff:127.0.0.1]', '0.0.0.0', '2130706433'])(
    'by https at %s is not connected to',
    async (host) => {
      let connections = 0;
      const server = createServer((socket) => {
        connections += 1;
        socket.destroy();
      });
      await new Promise<void>((resolve) => server.listen(0, resolve));
      onTestFinished(() => void server.close());
      const address = server.address();
      const port = typeof address === 'object' ? address?.port : 0;
      const error = await errorOf(open(`https://${host}:${port}/`, { hosts: PUBLIC }));
      expect(error).toMatchObject({ kind: 'rejected' });
      expect(error).toHaveProperty(
        'message',
        expect.stringMatching(/^not fetched: \S+ is at a private address$/),
      );
      expect(connections).toBe(0);
    },
  );

  test.each([
    '169.254.169.254',
    '10.0.0.1',
    '192.168.1.1',
    '172.16.0.1',
    '100.64.0.1',
    '[fd00:ec2::254]',
    '[fe80::1]',
    '168.63.129.16',
  ])('%s is refused, listed as a host though it is', async (host) => {
    const hosts = { anyPublic: true, listed: [host] };
    expect(await errorOf(open(`https://${host}/`, { hosts, stallMs: 500 }))).toMatchObject({
      kind: 'rejected',
      message: expect.stringContaining('is at a private address'),
    });
  });
});

describe('a signal', () => {
  test.each(['before', 'while it waits', 'within the file'])('ends it: %s', async (when) => {
    const stopping = new AbortController();
    const reason = new Error('stopped by the test');
    const url = await listen((_request, response) => {
      if (when === 'while it waits') stopping.abort(reason);
      else response.write('some');
    });
    if (when === 'before') stopping.abort(reason);
    const reading = open(url, { signal: stopping.signal }).then(({ stream }) => {
      stream.once('data', () => stopping.abort(reason));
      return buffer(stream);
    });
    expect(await errorOf(reading)).toBe(reason);
  });
});
