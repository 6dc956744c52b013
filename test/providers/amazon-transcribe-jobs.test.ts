import { describe, expect, test } from 'vitest';
import { jobId } from '../../src/providers/amazon-transcribe/job-request.ts';
import { JOB_MS, wav } from '../simulators/transcribe-caller.ts';
import { begun, CALL, CALL_JOB, scene } from './amazon-transcribe-scene.ts';

const ROLE = 'arn:aws:iam::111122223333:role/Admin';

describe('a job', () => {
  test('runs, and is completed', async () => {
    const { provider, advance, job } = await begun({ concurrentJobs: 1 });
    const options = { ...CALL.options, deferred: { roleArn: ROLE } };
    const queued = await provider.start({ ...CALL, sessionId: 'second', options });
    expect(await provider.look(job)).toEqual({ state: 'running' });
    expect(queued && (await provider.look(queued))).toEqual({ state: 'running' });
    await advance(JOB_MS);
    expect(await provider.look(job)).toEqual({ state: 'completed' });
  });

  test('fails with a reason', async () => {
    const { provider, simulator, job } = await begun();
    simulator.failJob(CALL_JOB, 'Unsupported media format.');
    const reason = 'Unsupported media format.';
    expect(await provider.look(job)).toEqual({ state: 'failed', reason });
  });

  test.each([false, true])('that is gone is not found (as once: %s)', async (oldNotFound) => {
    const { provider } = await scene({ oldNotFound });
    const looking = provider.look({ id: 'nobody', channel: null, startedAt: '' });
    await expect(looking).rejects.toMatchObject({ kind: 'not-found' });
  });

  test('is stopped by being deleted, once it has ended', async () => {
    const { provider, advance, job, simulator } = await begun();
    await provider.stop(CALL.sessionId);
    expect(await provider.look(job)).toEqual({ state: 'running' });
    await advance(JOB_MS);
    await provider.stop(CALL.sessionId);
    await provider.stop(CALL.sessionId);
    await expect(provider.look(job)).rejects.toMatchObject({ kind: 'not-found' });
    expect(simulator.ledger().jobs).toEqual([]);
  });

  test('is read once it is completed', async () => {
    const { provider, advance, job } = await begun();
    expect(await provider.read(job, CALL.options)).toBeNull();
    await advance(JOB_MS);
    const part = await provider.read(job, CALL.options);
    expect(part).toMatchObject({
      offsetSeconds: 0,
      durationSeconds: 8.75,
      languageCode: 'en-GB',
      gaps: [],
    });
    expect(part?.segments.map(({ channel, text }) => [channel, text])).toEqual([
      ['ch_0', 'Hello, this is Anna speaking.'],
      ['ch_1', 'Hi Anna, can you hear me?'],
      ['ch_0', 'Yes, I can hear you well.'],
      ['ch_1', 'Good. Thank you for calling.'],
    ]);
  });

  test('of 2019 is read alike', async () => {
    const [today, then] = await Promise.all(
      (['today', '2019'] as const).map(async (shape) => {
        const { provider, advance, job } = await begun({ shape });
        await advance(JOB_MS);
        return provider.read(job, CALL.options);
      }),
    );
    expect(then).toEqual(today);
  });

  test('of one channel of several is that channel’s', async () => {
    const caller = await scene();
    await caller.s3.put('audio', 'ch_2.wav', wav(1));
    const media = { uri: 's3://audio/ch_2.wav', channel: 'ch_2' };
    const job = await caller.provider.start({ ...CALL, media, channels: 3 });
    await caller.advance(JOB_MS);
    const part = job && (await caller.provider.read(job, CALL.options));
    expect(new Set(part?.segments.map(({ channel }) => channel))).toEqual(new Set(['ch_2']));
  });

  test.each([
    ['redacted', 'Hello, this is [PII] speaking.'],
    ['redacted_and_unredacted', 'Hello, this is [PII] speaking.'],
  ])('with the redaction %s reads %j', async (output, text) => {
    const options = { ...CALL.options, redaction: { output } };
    const caller = await scene();
    const job = await caller.provider.start({ ...CALL, options });
    await caller.advance(JOB_MS);
    expect(caller.s3.keys('transcripts', 'jobs/')).toContain(
      `jobs/${CALL_JOB}/redacted-transcript.json`,
    );
    const part = job && (await caller.provider.read(job, options));
    expect(part?.segments[0]?.text).toBe(text);
  });

  test('is read redacted under whichever name', async () => {
    const { provider, s3, job, advance } = await begun();
    await advance(JOB_MS);
    const options = { ...CALL.options, redaction: { output: 'redacted' } };
    expect(await provider.read(job, options)).not.toBeNull();
    await s3.remove('transcripts', `jobs/${CALL_JOB}/transcript.json`);
    expect(await provider.read(job, options)).toBeNull();
  });

  test('whose file is none fails its session', async () => {
    const { provider, s3, job } = await begun();
    await s3.put('transcripts', `jobs/${CALL_JOB}/transcript.json`, '{"jobName":"x"}');
    const message = expect.stringContaining('results');
    const reading = provider.read(job, CALL.options);
    await expect(reading).rejects.toMatchObject({ kind: 'rejected', message });
  });

  test('is forgotten with its files, and no other', async () => {
    const { provider, advance, s3, simulator } = await begun();
    const options = { ...CALL.options, subtitles: ['vtt'] };
    const [, other] = ['second', 'other'].map((sessionId) => jobId({ ...CALL, sessionId }));
    await provider.start({ ...CALL, sessionId: 'second', options });
    await provider.start({ ...CALL, sessionId: 'other' });
    await advance(JOB_MS);
    await provider.start({ ...CALL, sessionId: 'running' });
    const running = jobId({ ...CALL, sessionId: 'running' });
    for (const sessionId of [CALL.sessionId, 'second', 'missing']) await provider.forget(sessionId);
    await expect(provider.forget('running')).rejects.toMatchObject({ kind: 'unavailable' });
    expect(
      simulator
        .ledger()
        .jobs.map(({ name }) => name)
        .toSorted(),
    ).toEqual([other, running]);
    expect(s3.keys('transcripts')).toEqual([`jobs/${other}/transcript.json`]);
  });
});
