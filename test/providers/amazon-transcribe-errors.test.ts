import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { SIMULATED_S3 } from '../../simulators/credentials.ts';
import { amazonTranscribe } from '../../src/providers/amazon-transcribe/provider.ts';
import type { BatchProvider } from '../../src/providers/port.ts';
import { JOB_MS } from '../simulators/transcribe-caller.ts';
import {
  CALL,
  CALL_JOB,
  NOWHERE,
  scene,
  settingsAt,
  thrownBy,
  withEnvironment,
} from './amazon-transcribe-scene.ts';

const JOB = { id: CALL_JOB, channel: null, startedAt: '' };
const CALLS: { [name: string]: (provider: BatchProvider) => Promise<unknown> } = {
  start: (provider) => provider.start(CALL),
  look: (provider) => provider.look(JOB),
  stop: (provider) => provider.stop(CALL.sessionId),
  forget: (provider) => provider.forget(CALL.sessionId),
};
type Answer = { readonly status: number; readonly type?: string; readonly message?: string };
const SECRETS = [SIMULATED_S3.secretAccessKey, SIMULATED_S3.accessKeyId, 'Signature=', 'T0KEN'];

describe.each(Object.entries(CALLS))('a %s', (_name, call) => {
  test.each<[Answer, string]>([
    [{ status: 429 }, 'throttled'],
    [{ status: 400, type: 'ThrottlingException', message: 'Rate exceeded' }, 'throttled'],
    [{ status: 429, type: 'LimitExceededConcurrentJobException' }, 'throttled'],
    [{ status: 500 }, 'unavailable'],
    [{ status: 503 }, 'unavailable'],
    [{ status: 400, type: 'ValidationException' }, 'rejected'],
    [{ status: 403, type: 'AccessDeniedException' }, 'rejected'],
  ])('that is answered %o is %s', async (fault, kind) => {
    const { provider, simulator } = await scene();
    simulator.inject({ operation: 'any', fault: { kind: 'status', ...fault } });
    const error = await thrownBy(call(provider));
    expect(error).toMatchObject({ kind, message: fault.message ?? 'an injected fault' });
    expect(error.facts.isUnsent).toBeFalsy();
    expect(simulator.ledger().calls).toHaveLength(1);
  });

  test('that is throttled tells when to come back', async () => {
    const { provider, simulator } = await scene();
    const fault = { kind: 'status', status: 429, retryAfterSeconds: 7 } as const;
    simulator.inject({ operation: 'any', fault });
    expect((await thrownBy(call(provider))).facts.retryAfterMs).toBe(7_000);
  });

  test.each(['reset', 'lost-response'] as const)(
    'without an answer (%s) may have happened',
    async (kind) => {
      const { provider, simulator } = await scene();
      simulator.inject({ operation: 'any', fault: { kind } });
      const error = await thrownBy(call(provider));
      expect(error.kind).toBe('unavailable');
      expect(error.message).toMatch(/^no answer from Amazon Transcribe: E[A-Z]+$/);
      expect(error.facts.isUnsent).toBe(false);
    },
  );

  test('that nobody listens to has not happened', async () => {
    const { s3Url } = await scene();
    const error = await thrownBy(call(amazonTranscribe(settingsAt(NOWHERE, s3Url))));
    expect(error).toMatchObject({ kind: 'unavailable', facts: { isUnsent: true } });
  });

  test.each<[{ accessKeyId?: string; secretAccessKey?: string }, string]>([
    [{ secretAccessKey: 'wrong' }, 'InvalidSignatureException'],
    [{ accessKeyId: 'SOMEBODYELSE' }, 'UnrecognizedClientException'],
  ])('with the credentials %o is rejected', async (credentials, name) => {
    const { url, s3Url } = await scene();
    const error = await thrownBy(call(amazonTranscribe(settingsAt(url, s3Url, credentials))));
    const message = `Amazon Transcribe does not take the credentials: ${name}`;
    expect(error).toMatchObject({ kind: 'rejected', message });
  });

  test('tells no secret that an answer echoes', async () => {
    const { provider, simulator } = await scene();
    const echo = `Credential=${SIMULATED_S3.accessKeyId}/20260101, Signature=${'ab'.repeat(32)} AKIAIOSFODNN7EXAMPLE ${SIMULATED_S3.secretAccessKey}`;
    for (const type of ['ValidationException', 'InternalFailureException']) {
      const fault = { kind: 'status', status: 400, type, message: `no: ${echo}` } as const;
      simulator.inject({ operation: 'any', fault });
      const { message } = await thrownBy(call(provider));
      expect(message).toMatch(/^no: (?:\[secret\],? ?)+$/);
    }
    const message = `The Canonical String should have been x-amz-security-token:T0KEN ${echo}`;
    const type = 'SignatureDoesNotMatch';
    simulator.inject({ operation: 'any', fault: { kind: 'status', status: 403, type, message } });
    const error = await thrownBy(call(provider));
    for (const secret of SECRETS) expect(error.message).not.toContain(secret);
  });
});

test('a validation is refused in the words of AWS', async () => {
  const { provider } = await scene();
  const media = { uri: 'ftp://audio/call.wav', channel: null };
  const error = await thrownBy(provider.start({ ...CALL, media }));
  expect(error.kind).toBe('rejected');
  expect(error.message).toContain("at 'media.mediaFileUri' failed to satisfy constraint");
});

test('too many jobs are a throttle', async () => {
  const { provider } = await scene({ concurrentJobs: 1 });
  await provider.start(CALL);
  const message = expect.stringContaining('too many jobs');
  const starting = provider.start({ ...CALL, sessionId: 'other' });
  await expect(starting).rejects.toMatchObject({ kind: 'throttled', message });
});

test('a hanging answer is waited for no longer than 10 s', { timeout: 20_000 }, async () => {
  const url = await answering((response) => {
    // Headers at once, and a body that never ends.
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' }).write('{');
  });
  const startedAtMs = Date.now();
  const [silent, endless] = await Promise.all([
    thrownBy(amazonTranscribe(settingsAt(await answering(() => undefined), NOWHERE)).look(JOB)),
    thrownBy(amazonTranscribe(settingsAt(url, NOWHERE)).look(JOB)),
  ]);
  expect(Date.now() - startedAtMs).toBeLessThan(12_000);
  const message = 'no answer from Amazon Transcribe: none within 10 s';
  expect(silent).toMatchObject({ kind: 'unavailable', message, facts: { isUnsent: false } });
  expect(endless).toMatchObject({ kind: 'unavailable' });
});

test.each([
  [200, '<html>', 'unavailable', "Amazon Transcribe answered in a form that we don't know"],
  [200, '{}', 'unavailable', "Amazon Transcribe answered in a form that we don't know"],
  [403, '<html>', 'rejected', 'Amazon Transcribe answered 403'],
  [502, '<html>', 'unavailable', 'Amazon Transcribe answered 502'],
  [429, '', 'throttled', 'Amazon Transcribe answered 429'],
])('an answer %d of a proxy, %j, is %s', async (status, body, kind, message) => {
  const url = await answering((response) => void response.writeHead(status).end(body));
  const error = await thrownBy(amazonTranscribe(settingsAt(url, NOWHERE)).start(CALL));
  expect(error).toMatchObject({ kind, message });
});

test('a clock that the SDK has just set right is worth another try', async () => {
  const date = new Date(Date.now() + 3_600_000).toUTCString();
  const url = await answering((response) => {
    const type = 'InvalidSignatureException';
    const headers = { date, 'x-amzn-errortype': type };
    response
      .writeHead(403, headers)
      .end(JSON.stringify({ __type: type, message: 'Signature expired: …' }));
  });
  const provider = amazonTranscribe(settingsAt(url, NOWHERE));
  await expect(provider.look(JOB)).rejects.toMatchObject({ kind: 'unavailable' });
});

test('without credentials nothing is sent', async () => {
  withEnvironment({
    AWS_ACCESS_KEY_ID: undefined,
    AWS_SECRET_ACCESS_KEY: undefined,
    AWS_PROFILE: undefined,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
    AWS_CONFIG_FILE: '/nonexistent',
  });
  const { url, s3Url, simulator } = await scene();
  const error = await thrownBy(amazonTranscribe(settingsAt(url, s3Url, null)).start(CALL));
  const message = 'there are no credentials for Amazon Transcribe: CredentialsProviderError';
  expect(error).toMatchObject({ kind: 'rejected', message });
  expect(simulator.ledger().calls).toEqual([]);
});

test('credentials and endpoint may be those of the environment', async () => {
  const { url, s3, simulator, advance } = await scene();
  withEnvironment({
    AWS_ACCESS_KEY_ID: SIMULATED_S3.accessKeyId,
    AWS_SECRET_ACCESS_KEY: SIMULATED_S3.secretAccessKey,
    AWS_ENDPOINT_URL_TRANSCRIBE: url,
    AWS_ENDPOINT_URL_S3: s3.app.listeningOrigin,
  });
  const { transcripts, region } = settingsAt(url, '', null);
  const settings = { region, endpoint: null, transcripts: { ...transcripts, endpoint: null } };
  const provider = amazonTranscribe(settings);
  await provider.start(CALL);
  await advance(JOB_MS);
  expect(await provider.read(JOB, CALL.options)).not.toBeNull();
  const message = `no: ${SIMULATED_S3.accessKeyId}`;
  const fault = { kind: 'status', status: 400, message } as const;
  simulator.inject({ operation: 'get', fault });
  await expect(provider.look(JOB)).rejects.toMatchObject({ message: 'no: [secret]' });
});

describe('a bucket', () => {
  test.each([
    [{ status: 500 }, 'unavailable'],
    [{ status: 503, code: 'SlowDown' }, 'throttled'],
    [{ status: 403, code: 'AccessDenied' }, 'rejected'],
  ])('that answers %o is %s', async (fault, kind) => {
    const { provider, s3 } = await scene();
    s3.inject({ operation: 'any', fault: { kind: 'status', ...fault }, times: 9 });
    expect(await thrownBy(provider.read(JOB, CALL.options))).toMatchObject({ kind });
  });

  test('that nobody serves is unavailable', async () => {
    const { url } = await scene();
    const error = await thrownBy(
      amazonTranscribe(settingsAt(url, NOWHERE)).read(JOB, CALL.options),
    );
    const message = 'no answer from the bucket of the transcripts: ECONNREFUSED';
    expect(error).toMatchObject({ kind: 'unavailable', message });
  });

  test('that does not exist is an error, not an absent file', async () => {
    const { url, s3Url } = await scene();
    const { transcripts, ...settings } = settingsAt(url, s3Url);
    const bucket = 'no-such-bucket';
    const provider = amazonTranscribe({ ...settings, transcripts: { ...transcripts, bucket } });
    for (const call of [provider.read(JOB, CALL.options), provider.forget(CALL.sessionId)]) {
      expect(await thrownBy(call)).toMatchObject({ kind: 'rejected' });
    }
  });
});

/** A server that answers everything alike. */
async function answering(answer: (response: ServerResponse) => void): Promise<string> {
  const server = createServer((_request, response) => answer(response));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening');
  return `http://127.0.0.1:${address.port}`;
}
