import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { jobId } from '../src/providers/amazon-transcribe/job-request.ts';
import { SEARCH_ATTRIBUTES } from '../src/workflows/messages.ts';
import { noise, wavFile } from './media/wav-files.ts';
import { audio } from './support/audio.ts';
import { AUDIO_BUCKET, eventually, startStack, untilSession, type Stack } from './support/stack.ts';

const COMPLETED = { status: 'completed', transcript: { words: expect.any(Number) } };
const Jobs = z.array(z.object({ id: z.string() }));

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ transcribe: { startsPerSecond: 5, concurrentJobs: 20 } });
});
afterAll(() => stack.stop());

async function start(id: string, file: string, more: Record<string, unknown> = {}) {
  const media = `s3://${AUDIO_BUCKET}/given/${file}`;
  const body = { id, provider: 'amazon-transcribe', languageCode: 'en-GB', media, ...more };
  expect(await stack.api('POST', '/v1/sessions', body)).toMatchObject({ status: 201 });
  return untilSession(stack, `/v1/sessions/${id}`, COMPLETED);
}

describe.concurrent('the jobs of a recording', () => {
  test('are one where its start was not answered', async () => {
    const sessionId = 'lost-start';
    const media = { uri: '', channel: null };
    const jobName = jobId({ sessionId, attempt: 1, media, channels: null, options: {} });
    const fault = { kind: 'lost-response' } as const;
    stack.transcribe.inject({ operation: 'start', jobName, fault });
    await stack.s3.put(AUDIO_BUCKET, 'given/lost-start.mp3', audio(2), 'audio/mpeg');
    await start(sessionId, 'lost-start.mp3');
    const { calls, jobs } = stack.transcribe.ledger();
    const ofJob = calls.filter((call) => call.operation === 'start' && call.jobName === jobName);
    // The vendor may have throttled another try, too.
    expect(ofJob.length).toBeGreaterThan(1);
    expect(ofJob[0]?.fault).toBe('lost-response');
    expect(jobs.filter(({ name }) => name.includes(sessionId))).toHaveLength(1);
  });

  test('may fail to start while an operator cancels: that is not why the session ends', async () => {
    const id = 'cancelled-start';
    const media = { uri: '', channel: null };
    const jobName = jobId({ sessionId: id, attempt: 1, media, channels: null, options: {} });
    const fault = { kind: 'hang', ms: 3_000, effect: false } as const;
    stack.transcribe.inject({ operation: 'start', jobName, fault });
    await stack.s3.put(AUDIO_BUCKET, 'given/cancelled.mp3', audio(2), 'audio/mpeg');
    const body = {
      id,
      provider: 'amazon-transcribe',
      languageCode: 'en-GB',
      media: `s3://${AUDIO_BUCKET}/given/cancelled.mp3`,
    };
    await stack.api('POST', '/v1/sessions', body);
    await eventually(() => expect(stack.transcribe.ledger(jobName).calls).toHaveLength(1));
    await stack.client.workflow.getHandle(id).cancel();
    const ended = { status: 'stopped', endReason: 'cancelled', failure: null };
    await untilSession(stack, `/v1/sessions/${id}`, ended);
  });

  test('are what it is found by: of many with long names, by the newest', async () => {
    const wav = wavFile({ channels: 16, data: noise(16, 16_000) });
    await stack.s3.put(AUDIO_BUCKET, 'given/many.wav', wav, 'audio/wav');
    const id = 'm'.repeat(128);
    const session = await start(id, 'many.wav', { channels: 16 });
    const ids = Jobs.parse(session['jobs']).map((job) => job.id);
    expect(ids).toHaveLength(16);
    const { typedSearchAttributes } = await stack.client.workflow.getHandle(id).describe();
    const found = typedSearchAttributes.get(SEARCH_ATTRIBUTES.tasks) ?? [];
    expect(found.length).toBeGreaterThan(5);
    expect(found).toEqual(ids.slice(-found.length));
  });
});
