import { describe, expect, test } from 'vitest';
import type { DownloadFault } from '../../simulators/vonage/faults.ts';
import { newApplicationKey } from '../../simulators/vonage/application-key.ts';
import { listen } from '../support/listen.ts';
import { recorded, rulesBroken } from './vonage-application.ts';
import type { Application } from './vonage-application.ts';

const SOON = { interval: 5 };
const DAY_MS = 86_400_000;

describe('a download', () => {
  test('needs the token of the application', async () => {
    const { application, url } = await recorded();
    const nowSeconds = Math.floor(Date.now() / 1000);
    const other = newApplicationKey();
    const tokens = [
      null,
      'nonsense',
      await application.token({ applicationId: 'another' }),
      await application.token({ privateKey: other.privateKey }),
      await application.token({ expiresInSeconds: -1 }),
      await application.token({ claims: { iat: nowSeconds + 3_600 } }),
      await application.token({ claims: { exp: undefined } }),
      await application.token({ claims: { jti: undefined } }),
    ];
    for (const token of tokens) {
      const response = await application.download(url, token);
      expect(response.status).toBe(401);
      expect(await response.json()).toMatchObject({ error_title: 'Unauthorized' });
    }
    expect(rulesBroken(application)).toEqual(tokens.map(() => 'download-token'));
    expect((await application.download(url)).status).toBe(200);
  });

  test('gives the file, of the size that was announced', async () => {
    const { application, url, size } = await recorded({ durationSeconds: 36 });
    const response = await application.download(url);
    expect(response.headers.get('content-type')).toBe('audio/mpeg');
    expect(Number(response.headers.get('content-length'))).toBe(size);
    expect((await response.bytes()).length).toBe(size);
    await expect
      .poll(() => application.simulator.ledger().downloads, SOON)
      .toMatchObject([
        {
          path: new URL(url).pathname,
          conversationUuid: expect.stringMatching(/^CON-/),
          status: 200,
          bytesSent: size,
          complete: true,
          durationMs: expect.any(Number),
        },
      ]);
  });

  test('is found under the path of the SDK too, and nowhere else', async () => {
    const { application, url } = await recorded();
    expect((await application.download(url.replace('/v1/', '/v3/'))).status).toBe(200);
    expect((await application.download(`${application.url}/v1/files/none`)).status).toBe(404);
    expect(rulesBroken(application)).toEqual([]);
    expect((await application.download(`${application.url}/v2/files`)).status).toBe(404);
    expect(rulesBroken(application)).toEqual(['route']);
  });

  test('is refused until the file is there, and after 30 days', async () => {
    const { application, url } = await recorded({ availableAfterMs: 5_000 });
    expect((await application.download(url)).status).toBe(404);
    application.advance(5_000);
    expect((await application.download(url)).status).toBe(200);
    application.advance(30 * DAY_MS);
    expect((await application.download(url)).status).toBe(404);
  });

  test('of a gigabyte is never in memory as a whole', async () => {
    const sizeBytes = 1_000_000_000;
    const { application, url, size } = await recorded({ sizeBytes });
    expect(size).toBeGreaterThanOrEqual(sizeBytes);
    expect(size).toBeLessThan(sizeBytes + 200);
    const response = await application.download(url);
    const highestBefore = process.memoryUsage().rss;
    let bytes = 0;
    for await (const piece of response.body ?? []) bytes += piece.length;
    expect(bytes).toBe(size);
    expect(process.memoryUsage().rss - highestBefore).toBeLessThan(200_000_000);
  });

  test('gives a part only where that is switched on', async () => {
    const ignored = await recorded();
    const range = { range: 'bytes=100-299' };
    expect((await ignored.application.download(ignored.url, undefined, range)).status).toBe(200);

    const { application, url, size } = await recorded({}, { ranges: 'served' });
    const whole = await (await application.download(url)).bytes();
    const part = await application.download(url, undefined, range);
    expect(part.status).toBe(206);
    expect(part.headers.get('content-range')).toBe(`bytes 100-299/${size}`);
    expect(await part.bytes()).toEqual(whole.slice(100, 300));
    const rest = await application.download(url, undefined, { range: `bytes=${size - 1}-` });
    expect(await rest.bytes()).toEqual(whole.slice(-1));
    const beyond = await application.download(url, undefined, { range: `bytes=${size}-` });
    expect(beyond.status).toBe(416);
  });
});

describe('a faulty download', () => {
  test('may fail with a status, and say when to come back', async () => {
    const { application, url } = await recorded();
    const { simulator } = application;
    const throttled = { kind: 'status', status: 429, retryAfterSeconds: 7 } as const;
    simulator.inject({ operation: 'download', fault: throttled });
    simulator.inject({ operation: 'download', times: 2, fault: { kind: 'status', status: 503 } });
    const first = await application.download(url);
    expect(first.status).toBe(429);
    expect(first.headers.get('retry-after')).toBe('7');
    expect((await application.download(url)).status).toBe(503);
    expect((await application.download(url)).status).toBe(503);
    expect((await application.download(url)).status).toBe(200);
  });

  test('may be a page of HTML', async () => {
    const response = await faultyDownload({ kind: 'html' });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('text/html');
  });

  test('may lead to another host', async () => {
    const seen: unknown[] = [];
    const elsewhere = await listen((request, response) => {
      seen.push(request.headers.authorization);
      response.end();
    });
    const response = await faultyDownload({ kind: 'redirect', url: elsewhere });
    expect(response.status).toBe(302);
    expect(response.headers.get('location')).toBe(elsewhere);
    expect(seen).toEqual([]);
  });

  test('may have no length', async () => {
    const response = await faultyDownload({ kind: 'chunked' });
    expect(response.headers.get('content-length')).toBeNull();
    expect((await response.bytes()).length).toBeGreaterThan(200_000);
  });

  test('may end before its length', async () => {
    const response = await faultyDownload({ kind: 'truncated', bytes: 100_000 });
    await expect(response.bytes()).rejects.toThrow('terminated');
  });

  test('may end orderly, but short', async () => {
    const response = await faultyDownload({ kind: 'short', bytes: 1_000 });
    expect((await response.bytes()).length).toBe(1_000);
  });

  test('may stall', async () => {
    const { application, url } = await recorded();
    const fault = { kind: 'stalled', bytes: 1_000 } as const;
    application.simulator.inject({ operation: 'download', fault });
    const reader = (await application.download(url)).body?.getReader();
    expect((await reader?.read())?.value?.length).toBe(1_000);
    expect(application.simulator.ledger().downloads[0]).toMatchObject({ complete: false });
    await reader?.cancel();
    await expect
      .poll(() => application.simulator.ledger().downloads[0]?.durationMs, SOON)
      .toEqual(expect.any(Number));
  });

  test('may be slow, from the start or all along', async () => {
    const late = await recorded();
    await faulty(late.application, { kind: 'latency', ms: 60 });
    await late.application.download(late.url);
    const { application, url } = await recorded();
    await faulty(application, { kind: 'slow', ms: 20 });
    await (await application.download(url)).bytes();
    for (const { simulator } of [late.application, application]) {
      await expect
        .poll(() => simulator.ledger().downloads[0]?.durationMs, SOON)
        .toBeGreaterThanOrEqual(55);
    }
  });

  test('may be closed without an answer', async () => {
    const { application, url } = await recorded();
    await faulty(application, { kind: 'reset' });
    await expect(application.download(url)).rejects.toThrow('fetch failed');
    expect(application.simulator.ledger().downloads).toMatchObject([
      { status: null, fault: 'reset' },
    ]);
  });
});

async function faulty(application: Application, fault: DownloadFault): Promise<void> {
  const reply = await application.request('POST', '/faults', { operation: 'download', fault });
  expect(reply.status).toBe(204);
}

async function faultyDownload(fault: DownloadFault): Promise<Response> {
  const { application, url } = await recorded();
  await faulty(application, fault);
  return application.download(url);
}
