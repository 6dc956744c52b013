import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { BUCKET, newBucket, PREFIX, recordedCall } from './archiving.ts';
import type { Bucket, Recorded } from './archiving.ts';

const SCRIPT = fileURLToPath(new URL('./archive-process.ts', import.meta.url));
const Done = z.object({ bytes: z.number(), peakBytes: z.number() });

test('what a killed process left unfinished, the next attempt clears away', async () => {
  const bucket = await newBucket();
  const recording = await recordedCall({ sizeBytes: 40_000_000 }, 'wav', 3);
  const fault = { kind: 'stalled', bytes: 30_000_000 } as const;
  recording.application.simulator.inject({ operation: 'download', fault });
  const child = spawn(process.execPath, await argumentsFor(recording, bucket, 3));
  await expect.poll(() => bucket.s3.unfinishedUploads(BUCKET), { timeout: 20_000 }).toHaveLength(3);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(bucket.s3.unfinishedUploads(BUCKET)).toHaveLength(3);

  await recording.archive(bucket);
  expect(bucket.s3.unfinishedUploads(BUCKET)).toEqual([]);
  expect(bucket.s3.keys(BUCKET, PREFIX)).toHaveLength(3);
});

test.each([
  ['an MP3', 'mp3', 2],
  ['a WAV that is split', 'wav', 3],
] as const)(
  '%s of 1 GB takes less than 64 MB more than one of 20 MB',
  async (_name, format, channels) => {
    const folder = mkdtempSync(join(tmpdir(), 'durascribe-media-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const bucket = await newBucket(folder);
    const small = await peakOf(bucket, 20_000_000, format, channels);
    const large = await peakOf(bucket, 1_000_000_000, format, channels);
    expect(large - small).toBeLessThan(64_000_000);
  },
  180_000,
);

/** The peak of the memory of a process that archives so much, in bytes. */
async function peakOf(
  bucket: Bucket,
  sizeBytes: number,
  format: 'mp3' | 'wav',
  channels: number,
): Promise<number> {
  const recording = await recordedCall({ sizeBytes }, format, channels);
  const given = await argumentsFor(recording, bucket, channels);
  const { stdout } = await promisify(execFile)(process.execPath, given);
  const { bytes, peakBytes } = Done.parse(JSON.parse(stdout));
  expect(bytes).toBe(recording.size);
  return peakBytes;
}

async function argumentsFor(
  { application, url }: Recorded,
  bucket: Bucket,
  channels: number,
): Promise<string[]> {
  const token = await application.token();
  const where = { s3Url: bucket.url, bucket: BUCKET, prefix: PREFIX };
  return [SCRIPT, JSON.stringify({ url, token, channels, ...where })];
}
