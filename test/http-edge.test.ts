import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { prepareStack, type Stack } from './support/stack.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await prepareStack();
  await stack.startApi();
});
afterAll(() => stack.stop());

test('what there is not is a 404, as a problem', async () => {
  for (const [method, path] of [
    ['GET', '/v1/sessions/agora:never-was'],
    ['PATCH', '/v1/sessions/agora:never-was'],
    ['POST', '/v1/sessions/agora:never-was/stop'],
    ['GET', '/v1/nothing'],
    ['GET', `/v1/sessions/${'x'.repeat(400)}`],
    ['GET', `/v1/sessions/${'x'.repeat(129)}`],
    ['GET', `/v1/sessions/${encodeURIComponent('größe')}`],
    ['DELETE', `/v1/sessions/${encodeURIComponent('größe')}`],
  ] as const) {
    const body = method === 'PATCH' ? { languages: ['fr-FR'] } : undefined;
    const answer = await stack.api(method, path, body);
    expect([path, answer]).toMatchObject([path, { status: 404, body: { status: 404 } }]);
  }
  const { body } = await stack.api('GET', '/');
  expect(body).toMatchObject({ status: 404, detail: expect.stringContaining('/docs is the page') });
});

test('a method that a path does not take is a 405 that names those that it takes', async () => {
  for (const [method, path, allow] of [
    ['PUT', '/healthz', 'GET, HEAD'],
    ['QUERY', '/v1/sessions/agora:never-was/stop', 'POST'],
    ['OPTIONS', '/v1/sessions/agora:never-was?runId=1', 'DELETE, GET, HEAD, PATCH'],
  ] as const) {
    const { status, headers, body } = await stack.api(method, path);
    expect([path, status, headers.get('allow')]).toEqual([path, 405, allow]);
    expect(body).toMatchObject({ status: 405 });
  }
});

test('a parameter that a path does not know is a 400, and so is a field of a stop', async () => {
  for (const [method, path, body] of [
    ['GET', '/v1/sessions/agora:never-was?run=1', undefined],
    ['GET', '/v1/sessions/agora:never-was/explain?run=1', undefined],
    ['GET', '/v1/sessions/agora:never-was/transcript?run=1', undefined],
    ['POST', '/v1/sessions/agora:never-was/stop', { run: '1' }],
  ] as const) {
    const answer = await stack.api(method, path, body);
    const unknown = [{ path: 'run', message: 'is not a known field' }];
    expect([path, answer]).toMatchObject([path, { status: 400, body: { errors: unknown } }]);
  }
});

test('a value that is not taken is refused in plain words', async () => {
  for (const [query, message] of [
    ['pageSize=0', 'must be 1 or more'],
    ['pageSize=101', 'must be 100 or less'],
    ['pageSize=many', 'must be a whole number'],
    ['pageSize=1.5', 'must be a whole number'],
  ] as const) {
    const { body } = await stack.api('GET', `/v1/sessions?${query}`);
    expect(body).toMatchObject({ errors: [{ path: 'pageSize', message }] });
  }
});

/** Sends what no client of HTTP would, and returns all that is answered until the end. */
async function sendRaw(text: string): Promise<string> {
  const { hostname, port } = new URL(stack.url);
  const socket = connect(Number(port), hostname);
  socket.end(text);
  let answer = '';
  for await (const part of socket.setEncoding('utf8')) answer += String(part);
  return answer;
}

test.for<[string, string, number]>([
  ['what is no request', 'what is this\r\n\r\n', 400],
  [
    'headers that are too large',
    `GET / HTTP/1.1\r\nHost: a\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`,
    431,
  ],
])('%s is answered with a problem', async ([, text, status]) => {
  const [head = '', body = ''] = (await sendRaw(text)).split('\r\n\r\n');
  expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(head.toLowerCase()).toContain('content-type: application/problem+json');
  expect(JSON.parse(body)).toMatchObject({ status, detail: expect.any(String) });
});

test('an earlier run is asked for by its runId, or it is a 400', async () => {
  const { status, body } = await stack.api('GET', '/v1/sessions/agora:never-was?runId=1');
  expect([status, body['errors']]).toEqual([400, [expect.objectContaining({ path: 'runId' })]]);
});
