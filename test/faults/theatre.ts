import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { SIMULATED_S3 } from '../../simulators/credentials.ts';
import { startEmbeddedServer, type EmbeddedServer } from '../../src/temporal/embedded-server.ts';
import { listedReceivers, type Receiver } from '../support/receiver.ts';
import {
  CAPTIONS_BUCKET,
  eventually,
  prepareStack,
  type Service,
  type Stack,
} from '../support/stack.ts';

const NOTIFICATION_SECRET = 'a-notification-secret';
const PATIENCE_MS = 60_000;
/**
 * Vonage tries twice, and does not publish how far apart. A recording that it gives up is no session, and no promise: so
 * longer than one process is away here, beside all else that CI runs. Two of them stand in for each other in test/topology.
 */
const WEBHOOK_GAP_MS = 10_000;

/** The whole product, each process of which can be killed, and a receiver of its callbacks. */
export type Theatre = {
  readonly stack: Stack;
  readonly callbackUrl: string;
  /** SIGKILL, and a new process in its place. */
  killWorker(): Promise<void>;
  killApi(): Promise<void>;
  killTemporal(): Promise<void>;
  /** What an operator does in the Temporal UI, as soon as Temporal is there to take it. */
  cancel(sessionId: string): Promise<void>;
  terminate(sessionId: string): Promise<void>;
  /** Waits until the receiver was told of the end of the session, in one event. */
  toldOfEnd(sessionId: string): Promise<void>;
  close(): Promise<void>;
};

/** A Temporal server with a file, worker, API and simulators, all of this theatre's own, and more `environment`. */
export async function openTheatre(environment: NodeJS.ProcessEnv = {}): Promise<Theatre> {
  const folder = mkdtempSync(join(tmpdir(), 'durascribe-faults-'));
  const dbFile = join(folder, 'temporal.sqlite');
  let temporal: EmbeddedServer = await startEmbeddedServer({ dbFile });
  const receivers = await listedReceivers(1);
  const receiver: Receiver = receivers.one();
  await receiver.up();
  const { url: callbackUrl } = receiver;
  const stack = await prepareStack({
    temporalAddress: temporal.address,
    vonage: { delivery: { retryGapMs: WEBHOOK_GAP_MS } },
    environment: {
      ...receivers.environment,
      DURASCRIBE_WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 1).toString('base64')}`,
      DURASCRIBE_JOB_POLL_SECONDS: '2',
      DURASCRIBE_RECONCILE_SECONDS: '10',
      AGORA_LEGACY: 'true',
      AGORA_CAPTION_STORAGE_REGION: '0',
      AGORA_CAPTION_STORAGE_BUCKET: CAPTIONS_BUCKET,
      AGORA_CAPTION_STORAGE_ACCESS_KEY: SIMULATED_S3.accessKeyId,
      AGORA_CAPTION_STORAGE_SECRET_KEY: SIMULATED_S3.secretAccessKey,
      AGORA_NOTIFICATION_SECRET: NOTIFICATION_SECRET,
      VONAGE_TRANSCRIPTION: JSON.stringify({ languageCode: 'en-GB', callbackUrl }),
      ...environment,
    },
  });
  stack.simulator.setNotifications({
    url: `${stack.url}/webhooks/agora`,
    secret: NOTIFICATION_SECRET,
  });
  let worker: Service;
  let api: Service;
  [worker, api] = await Promise.all([stack.startWorker(), stack.startApi()]);
  return {
    stack,
    callbackUrl,
    killWorker: async () => {
      await worker.end('SIGKILL');
      worker = await stack.startWorker();
    },
    killApi: async () => {
      await api.end('SIGKILL');
      api = await stack.startApi();
    },
    killTemporal: async () => {
      await temporal.kill();
      const port = Number(temporal.address.split(':')[1]);
      // What is killed may hold its port for a moment more.
      await eventually(async () => {
        temporal = await startEmbeddedServer({ dbFile, port });
      }, PATIENCE_MS);
    },
    cancel: (sessionId) =>
      eventually(async () => {
        await stack.client.workflow.getHandle(sessionId).cancel();
      }, PATIENCE_MS),
    terminate: (sessionId) =>
      eventually(async () => {
        await stack.client.workflow.getHandle(sessionId).terminate('by the fault matrix');
      }, PATIENCE_MS),
    toldOfEnd: (sessionId) =>
      eventually(() => {
        const ends = receiver.received.filter(
          ({ type, data }) => type === 'session.ended' && data['id'] === sessionId,
        );
        // A callback may come twice, but then it is the same one.
        expect(new Set(ends.map(({ id }) => id)).size).toBe(1);
      }, PATIENCE_MS),
    close: async () => {
      await Promise.all([stack.stop(), receivers.close()]);
      await temporal.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
