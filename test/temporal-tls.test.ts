import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import {
  eventually,
  prepareStack,
  startSession,
  startStack,
  stopSession,
  untilSession,
} from './support/stack.ts';
import { startService } from './support/service.ts';
import { makeCertificates, startTlsFront, type TlsFront } from './support/tls-front.ts';

const API_KEY = 'an-api-key-of-the-tests';
/** Each starts processes of its own, which takes its time on a machine that has much else to do. */
const TIMEOUT_MS = 180_000;

const folder = mkdtempSync(join(tmpdir(), 'durascribe-tls-'));
const { ca, server, client } = makeCertificates(folder);
const temporal = inject('temporalAddress');
const TRUST = { TEMPORAL_TLS_SERVER_CA_CERT_PATH: ca };
const CERTIFICATE = {
  ...TRUST,
  TEMPORAL_TLS_CLIENT_CERT_PATH: client.cert,
  TEMPORAL_TLS_CLIENT_KEY_PATH: client.key,
};
let withCertificates: TlsFront;
let withKeys: TlsFront;
beforeAll(async () => {
  withCertificates = await startTlsFront({ temporal, server, clientCa: ca });
  withKeys = await startTlsFront({ temporal, server, apiKey: API_KEY });
});
afterAll(async () => {
  await withCertificates.close();
  await withKeys.close();
  rmSync(folder, { recursive: true });
});

/** A session from its start to its end, changed between, by processes with this in their environment. */
async function liveThrough(environment: NodeJS.ProcessEnv): Promise<void> {
  const stack = await startStack({ environment });
  onTestFinished(() => stack.stop());
  expect((await stack.api('GET', '/readyz')).status).toBe(200);
  const path = await startSession(stack, 'by-tls');
  await stack.api('PATCH', path, { languages: ['fr-FR'] });
  await untilSession(stack, path, { applied: { languages: ['fr-FR'] } });
  expect(await stopSession(stack, path)).toMatchObject({ status: 'stopped' });
  expect(stack.simulator.ledger().violations).toEqual([]);
}

test(
  'sessions live at a Temporal that wants client certificates',
  async () => {
    await liveThrough({ TEMPORAL_ADDRESS: withCertificates.address, ...CERTIFICATE });
    expect([...withCertificates.clients]).toEqual(['client']);
  },
  TIMEOUT_MS,
);

test(
  'sessions live at a Temporal that wants an API key',
  async () => {
    const { address, namespaces } = withKeys;
    await liveThrough({ TEMPORAL_ADDRESS: address, TEMPORAL_API_KEY: API_KEY, ...TRUST });
    // By it, Temporal Cloud finds the namespace of a call to an address that many share.
    expect([...namespaces]).toEqual(['default']);
  },
  TIMEOUT_MS,
);

type Refusal = {
  readonly without: string;
  readonly environment: () => NodeJS.ProcessEnv;
  readonly reason: RegExp;
};
const REFUSALS: readonly Refusal[] = [
  {
    without: 'a certificate of its own',
    environment: () => ({ TEMPORAL_ADDRESS: withCertificates.address, ...TRUST }),
    // The server hangs up, which may be heard before why.
    reason: /TEMPORAL_TLS_/,
  },
  {
    without: 'trust in the server',
    environment: () => ({ TEMPORAL_ADDRESS: withKeys.address, TEMPORAL_API_KEY: API_KEY }),
    reason: /TEMPORAL_TLS_.*UnknownIssuer/,
  },
  {
    without: 'the right API key',
    environment: () => ({
      TEMPORAL_ADDRESS: withKeys.address,
      TEMPORAL_API_KEY: 'another-key',
      ...TRUST,
    }),
    reason: /TEMPORAL_API_KEY.*Request unauthorized/,
  },
];

test.each(REFUSALS)(
  'without $without a worker does not start and says why, and an API lives but is not ready',
  async ({ environment, reason }) => {
    const stack = await prepareStack({ environment: environment() });
    onTestFinished(() => stack.stop());
    const worker = startService('src/worker.ts', stack.environment);
    onTestFinished(() => worker.end());
    await stack.startApi();
    await eventually(() => expect(worker.process.exitCode).toBe(1));
    expect(worker.output()).toMatch(reason);
    expect(worker.output()).not.toContain('another-key');
    expect((await stack.api('GET', '/readyz')).status).toBe(503);
    expect((await stack.api('GET', '/healthz')).status).toBe(200);
  },
  TIMEOUT_MS,
);
