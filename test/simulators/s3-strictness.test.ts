import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import { SIMULATED_S3 } from '../../simulators/credentials.ts';
import { BUCKET, s3Caller } from './s3-caller.ts';

const MINUTE_MS = 60_000;
const STREAMED = { 'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER' };
const put = { method: 'PUT', key: 'a', body: 'hello' };
const get = { method: 'GET', key: 'a' };

describe('a signature', () => {
  test('is needed', async () => {
    const { send } = await s3Caller();
    const reply = await send(get);
    expect(reply).toMatchObject({ status: 403, code: 'AccessDenied' });
    expect(reply.text).toContain(`<Resource>/${BUCKET}/a</Resource>`);
  });

  test("by Amazon's signer is accepted, in the headers and in the query", async () => {
    const { send, signed } = await s3Caller();
    expect(await send(await signed(put))).toMatchObject({ status: 200 });
    const odd = { ...put, key: 'a%20b%2B%C3%A9%21%27%28%2A%29' };
    expect(await send(await signed(odd))).toMatchObject({ status: 200 });
    expect(await send(await signed(get, { expiresInSeconds: 60 }))).toMatchObject({
      status: 200,
      text: 'hello',
    });
  });

  test('is for this request and no other', async () => {
    const { send, signed } = await s3Caller();
    const request = await signed({ ...put, query: { 'x-id': 'PutObject' } });
    const others = [
      { ...request, key: 'b' },
      { ...request, query: { 'x-id': 'Put' } },
      { ...request, headers: { ...request.headers, 'x-amz-date': '20200101T000000Z' } },
    ];
    const replies = await Promise.all(others.map((other) => send(other)));
    expect(replies.map(({ code }) => code)).toEqual([
      'SignatureDoesNotMatch',
      'SignatureDoesNotMatch',
      'AuthorizationHeaderMalformed',
    ]);
    const presigned = await signed(get, { expiresInSeconds: 60 });
    const longer = { ...presigned, query: { ...presigned.query, 'X-Amz-Expires': '61' } };
    expect(await send(longer)).toMatchObject({ code: 'SignatureDoesNotMatch' });
  });

  test('covers every x-amz header', async () => {
    const { send, signed } = await s3Caller();
    const request = await signed(put);
    const headers = { ...request.headers, 'x-amz-meta-added': 'later' };
    expect(await send({ ...request, headers })).toMatchObject({
      status: 403,
      code: 'AccessDenied',
    });
  });

  test('is for the region', async () => {
    const { send, signed } = await s3Caller();
    const reply = await send(await signed(get, { region: 'eu-west-1' }));
    expect(reply).toMatchObject({ status: 400, code: 'AuthorizationHeaderMalformed' });
    expect(reply.text).toContain(`${SIMULATED_S3.region}/s3/aws4_request`);
  });

  test('ages', async () => {
    const { advance, send, signed } = await s3Caller();
    const request = await signed(get);
    const presigned = await signed(get, { expiresInSeconds: 60 });
    advance(MINUTE_MS + 1_000);
    expect(await send(request)).toMatchObject({ code: 'NoSuchKey' });
    expect(await send(presigned)).toMatchObject({ status: 403, code: 'AccessDenied' });
    advance(15 * MINUTE_MS);
    expect(await send(request)).toMatchObject({ status: 403, code: 'RequestTimeTooSkewed' });
  });
});

describe('content', () => {
  const wrong = Buffer.alloc(4).toString('base64');
  test.each([
    [{ 'x-amz-content-sha256': sha256('other') }, 'XAmzContentSHA256Mismatch'],
    [{ 'content-md5': wrong }, 'BadDigest'],
    [{ 'x-amz-checksum-crc32': wrong }, 'BadDigest'],
    [{ 'x-amz-checksum-sha256': wrong }, 'BadDigest'],
    [{ 'x-amz-checksum-crc64nvme': wrong }, 'NotImplemented'],
  ])('that is not as %o says is not kept: %s', async (headers, code) => {
    const { send, signed, simulator } = await s3Caller();
    expect(await send(await signed({ ...put, headers }))).toMatchObject({ code });
    expect(simulator.keys(BUCKET)).toEqual([]);
  });

  test.each([
    ['5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n', undefined],
    ['2\r\nhe\r\n3\r\nllo\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n', undefined],
    ['5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n', 'BadDigest'],
    ['5\r\nhello\r\n0\r\n\r\n', 'MalformedTrailerError'],
    ['4\r\nhell\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n', 'IncompleteBody'],
    ['5\r\nhello\r\n', 'IncompleteBody'],
    ['6\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n', 'IncompleteBody'],
    ['hello', 'IncompleteBody'],
  ])('in the chunks %j is judged: %s', async (body, code) => {
    expect(crc32('hello').toString(16)).toBe('3610a686');
    const { send, signed, simulator } = await s3Caller();
    const headers = {
      ...STREAMED,
      'x-amz-decoded-content-length': '5',
      'x-amz-trailer': 'x-amz-checksum-crc32',
    };
    expect((await send(await signed({ ...put, body, headers }))).code).toBe(code);
    expect(simulator.keys(BUCKET)).toEqual(code === undefined ? ['a'] : []);
  });

  test('of a length that nobody tells is refused', async () => {
    const { send, signed } = await s3Caller();
    const request = await signed({ ...put, headers: STREAMED });
    expect(await send(request)).toMatchObject({ status: 411, code: 'MissingContentLength' });
  });

  test('in chunks that are signed one by one is not understood', async () => {
    const { send, signed } = await s3Caller();
    const headers = { 'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD' };
    expect(await send(await signed({ ...put, headers }))).toMatchObject({ code: 'NotImplemented' });
  });
});

describe('a request', () => {
  test.each([
    [{ ...get, query: { acl: '' } }, 'NotImplemented'],
    [{ ...get, query: { versionId: '1' } }, 'NotImplemented'],
    [{ ...put, headers: { 'x-amz-copy-source': '/b/k' } }, 'NotImplemented'],
    [{ ...put, headers: { 'x-amz-server-side-encryption': 'AES256' } }, 'NotImplemented'],
    [{ ...put, headers: { 'if-match': '"1"' } }, 'NotImplemented'],
    [{ ...put, method: 'PATCH' }, 'MethodNotAllowed'],
    [{ ...get, key: '' }, 'NotImplemented'],
    [{ ...get, key: 'x'.repeat(1_025) }, 'KeyTooLongError'],
    [{ ...get, key: '%zz' }, 'InvalidURI'],
    [{ method: 'POST', key: '', query: { delete: '' }, body: '<Delete/>' }, 'InvalidRequest'],
  ])('that is %j is refused as %s', async (request, code) => {
    const { send, signed } = await s3Caller();
    expect(await send(await signed(request))).toMatchObject({ code });
  });

  test.each([
    '<Delete><Object><Key>a</Key></Object>',
    '<Delete><Object><Key>a</Object></Key></Delete>',
    '<Delete></Delete>',
    '<Delete><Object><Key></Key></Object></Delete>',
    '<Delete><Object><Key>&unknown;</Key></Object></Delete>',
    '<Other><Object><Key>a</Key></Object></Other>',
    'no XML',
    '',
  ])('with the XML %j is refused', async (body) => {
    const { send, signed, simulator } = await s3Caller();
    await simulator.put(BUCKET, 'a', '');
    const headers = { 'content-md5': createHash('md5').update(body).digest('base64') };
    const request = { method: 'POST', key: '', query: { delete: '' }, body, headers };
    expect(await send(await signed(request))).toMatchObject({ status: 400, code: 'MalformedXML' });
    expect(simulator.keys(BUCKET)).toEqual(['a']);
  });
});

describe('a fault', () => {
  test.each([
    [{ status: 503 }, { name: 'SlowDown', $metadata: { httpStatusCode: 503 } }],
    [{ status: 500 }, { name: 'InternalError' }],
    [{ status: 403 }, { name: 'AccessDenied' }],
    [{ status: 503, code: 'ServiceUnavailable', message: 'later' }, { message: 'later' }],
  ])('of status %o looks like that of S3', async (status, error) => {
    const { sdk, simulator } = await s3Caller();
    simulator.inject({ operation: 'PutObject', fault: { kind: 'status', ...status } });
    await expect(sdk.send(write('a'))).rejects.toMatchObject(error);
    expect(simulator.keys(BUCKET)).toEqual([]);
    await sdk.send(write('a'));
  });

  test('strikes the operations and keys it is for, as often as it shall', async () => {
    const { sdk, simulator } = await s3Caller();
    const fault = { kind: 'status', status: 500 } as const;
    simulator.inject({ operation: 'PutObject', fault, keyPrefix: 'a/', after: 1, times: 2 });
    for (const key of ['b', 'a/1', 'a/2', 'c', 'a/3', 'a/4']) {
      await sdk.send(write(key)).catch(() => {});
    }
    expect(simulator.keys(BUCKET)).toEqual(['a/1', 'a/4', 'b', 'c']);
    simulator.inject({ operation: 'any', fault });
    simulator.clearFaults();
    await sdk.send(write('d'));
  });

  test('can cut the line before or after the deed', async () => {
    const { sdk, simulator } = await s3Caller();
    simulator.inject({ operation: 'any', fault: { kind: 'reset' } });
    simulator.inject({ operation: 'any', fault: { kind: 'lost-response' }, times: 2 });
    const outcomes = [];
    for (const key of ['reset', 'lost']) {
      outcomes.push(await sdk.send(write(key)).catch(({ name }: Error) => name));
    }
    outcomes.push(
      await sdk
        .send(new GetObjectCommand({ Bucket: BUCKET, Key: 'lost' }))
        .catch(({ name }: Error) => name),
    );
    expect(outcomes).toEqual([expect.any(String), expect.any(String), expect.any(String)]);
    expect(simulator.keys(BUCKET)).toEqual(['lost']);
  });

  test('can make the answer late', async () => {
    const { sdk, simulator } = await s3Caller();
    simulator.inject({ operation: 'PutObject', fault: { kind: 'latency', ms: 150 } });
    const startedAtMs = performance.now();
    await sdk.send(write('a'));
    expect(performance.now() - startedAtMs).toBeGreaterThan(140);
    expect(simulator.calls('PutObject')).toEqual([
      { operation: 'PutObject', bucket: BUCKET, key: 'a', fault: 'latency', status: 200 },
    ]);
  });
});

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function write(Key: string): PutObjectCommand {
  return new PutObjectCommand({ Bucket: BUCKET, Key, Body: 'x' });
}
