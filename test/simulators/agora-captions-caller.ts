import { expect, onTestFinished } from 'vitest';
import type { AgoraSimulatorOptions } from '../../simulators/agora/simulator.ts';
import { createS3Simulator } from '../../simulators/s3/simulator.ts';
import type { S3Simulator } from '../../simulators/s3/simulator.ts';
import { agoraCaller, joinBody } from './agora-caller.ts';
import type { Caller, Json } from './agora-caller.ts';

export const BUCKET = 'captions';
export const KEYS = { accessKey: 'AKIDSIMULATED', secretKey: 'simulated-secret' };
/** Agora's number of the region that the S3 simulator is in. */
const EU_CENTRAL_1 = 7;
export const SOON = { interval: 5 };
type Captions = NonNullable<AgoraSimulatorOptions['captions']>;
type Options = {
  readonly captions?: Partial<Captions>;
  readonly simulator?: Partial<AgoraSimulatorOptions>;
};

/** A simulator that writes captions at once, and where it writes them. */
export async function captionedCaller({ captions, simulator }: Options = {}): Promise<{
  caller: Caller;
  s3: S3Simulator;
}> {
  const { s3, endpoint } = await storage();
  const caller = await agoraCaller({
    captions: { endpoint, uploadDelayMs: 0, ...captions },
    startingMs: 0,
    ...simulator,
  });
  return { caller, s3 };
}

export async function storage(): Promise<{ s3: S3Simulator; endpoint: string }> {
  const s3 = createS3Simulator({
    accessKeyId: KEYS.accessKey,
    secretAccessKey: KEYS.secretKey,
    region: 'eu-central-1',
    folder: null,
    buckets: [BUCKET],
  });
  const endpoint = await s3.app.listen({ port: 0, host: '127.0.0.1' });
  onTestFinished(() => s3.close());
  return { s3, endpoint };
}

export function captionConfig(changes: Json = {}): { storage: Json } {
  const where = { vendor: 1, region: EU_CENTRAL_1, bucket: BUCKET, fileNamePrefix: ['a', 'b'] };
  return { storage: { ...where, ...KEYS, ...changes } };
}

export function captionedJoin(changes: Json = {}): Json {
  return joinBody({ captionConfig: captionConfig(), ...changes });
}

/** A task that was left `afterMs` after it was started. */
export async function ended(
  caller: Caller,
  afterMs: number,
  body = captionedJoin(),
): Promise<string> {
  const agentId = await caller.join(body);
  caller.advance(afterMs);
  await caller.api('POST', `/agents/${agentId}/leave`);
  return agentId;
}

/** The text of an object, as soon as there is one. */
export async function textOf(s3: S3Simulator, key: string): Promise<string> {
  await expect.poll(() => s3.keys(BUCKET), SOON).toContain(key);
  return String((await s3.get(BUCKET, key))?.body);
}
