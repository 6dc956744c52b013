import { describe, expect, test } from 'vitest';
import type { Json } from '../../src/domain/session.ts';
import { jobId } from '../../src/providers/amazon-transcribe/job-request.ts';
import type { JobStart } from '../../src/providers/port.ts';
import { JOB_MS } from '../simulators/transcribe-caller.ts';
import type { Caller } from '../simulators/transcribe-caller.ts';
import { CALL, CALL_JOB, scene } from './amazon-transcribe-scene.ts';

const ROLE = 'arn:aws:iam::111122223333:role/Admin';

describe('the name of a job', () => {
  test('is made of the session, the attempt and the channel', async () => {
    expect(jobId(CALL)).toBe(CALL_JOB);
    const one = { ...CALL, attempt: 2, media: { ...CALL.media, channel: 'ch_2' } };
    expect(jobId(one)).toBe(`${CALL_JOB.slice(0, -1)}2-ch_2`);
  });

  test('is one that Transcribe takes, and another for another session', async () => {
    const ids = ['a:'.repeat(64), 'a.'.repeat(64), 'x'.repeat(1_000), 'é b/c', ''];
    const media = { uri: 's3://audio/call.wav', channel: 'ch_31' };
    const names = ids.map((sessionId) => jobId({ ...CALL, sessionId, media }));
    for (const name of names) expect(name).toMatch(/^[0-9a-zA-Z._-]{1,200}$/);
    expect(new Set(names).size).toBe(ids.length);
  });
});

describe('a start', () => {
  test('of a call in channels', async () => {
    const { provider, simulator } = await scene();
    const job = await provider.start(CALL);
    const [call] = simulator.ledger().calls;
    expect(job).toEqual({ id: CALL_JOB, channel: null, startedAt: expect.stringMatching(/Z$/) });
    expect(call?.body).toEqual({
      TranscriptionJobName: CALL_JOB,
      Media: { MediaFileUri: 's3://audio/call.wav' },
      LanguageCode: 'en-GB',
      OutputBucketName: 'transcripts',
      OutputKey: `jobs/${CALL_JOB}/transcript.json`,
      Settings: { ChannelIdentification: true },
    });
    expect(simulator.ledger().violations).toEqual([]);
  });

  test('leaves the format to be detected, whatever the name says, and tells no channels apart', async () => {
    const { body } = await sent({
      media: { uri: 's3://audio/call.mp3', channel: null },
      channels: null,
    });
    expect(body).not.toHaveProperty('MediaFormat');
    expect(body).not.toHaveProperty('Settings');
  });

  test('of one channel of several is one of a mono file', async () => {
    const media = { uri: 's3://audio/ch_2.wav', channel: 'ch_2' };
    const { body, job } = await sent({ media, channels: 4 });
    expect(job).toMatchObject({ channel: 'ch_2', id: `${CALL_JOB}-ch_2` });
    expect(body).not.toHaveProperty('Settings');
    expect((await sent({ media, channels: 2 })).body).not.toHaveProperty('Settings');
  });

  test('has every option', async () => {
    const { body } = await sent({
      channels: null,
      options: {
        languageCode: 'en-US',
        speakers: 3,
        vocabularyName: 'words',
        vocabularyFilter: { name: 'bad-words', method: 'mask' },
        redaction: { types: ['NAME', 'PIN'], output: 'redacted' },
        subtitles: ['vtt', 'srt'],
        kmsKeyId: 'alias/key',
        deferred: { roleArn: ROLE },
      },
    });
    expect(body).toMatchObject({
      LanguageCode: 'en-US',
      Settings: {
        ShowSpeakerLabels: true,
        MaxSpeakerLabels: 3,
        VocabularyName: 'words',
        VocabularyFilterName: 'bad-words',
        VocabularyFilterMethod: 'mask',
      },
      ContentRedaction: {
        RedactionType: 'PII',
        RedactionOutput: 'redacted',
        PiiEntityTypes: ['NAME', 'PIN'],
      },
      Subtitles: { Formats: ['vtt', 'srt'], OutputStartIndex: 1 },
      OutputEncryptionKMSKeyId: 'alias/key',
      JobExecutionSettings: { AllowDeferredExecution: true, DataAccessRoleArn: ROLE },
    });
  });

  test('that identifies the language has vocabulary and filter for each candidate', async () => {
    const each = { VocabularyName: 'words', VocabularyFilterName: 'bad-words' };
    const { body } = await sent({
      options: {
        identifyLanguage: true,
        languageOptions: ['en-US', 'es-US'],
        vocabularyName: 'words',
        vocabularyFilter: { name: 'bad-words', method: 'tag' },
      },
    });
    expect(body).toMatchObject({
      IdentifyLanguage: true,
      LanguageOptions: ['en-US', 'es-US'],
      LanguageIdSettings: { 'en-US': each, 'es-US': each },
      Settings: { ChannelIdentification: true, VocabularyFilterMethod: 'tag' },
    });
    expect(body).not.toHaveProperty('LanguageCode');
  });

  test('that identifies several languages may name none', async () => {
    const { body } = await sent({ options: { identifyMultipleLanguages: true } });
    expect(body).toMatchObject({ IdentifyMultipleLanguages: true });
    expect(body).not.toHaveProperty('LanguageOptions');
  });

  test.each<{ readonly [name: string]: Json }>([{}, { languageCode: 'xx' }, { other: 1 }])(
    'with the options %o is refused before it is sent',
    async (options) => {
      const { provider, simulator } = await scene();
      const starting = provider.start({ ...CALL, options });
      await expect(starting).rejects.toMatchObject({ name: 'ProviderError', kind: 'rejected' });
      expect(simulator.ledger().calls).toEqual([]);
    },
  );
});

describe('a start whose name is taken', () => {
  test('adopts its own job, as often as it is repeated', async () => {
    const { provider, simulator, advance } = await scene();
    simulator.inject({ operation: 'start', fault: { kind: 'lost-response' } });
    await expect(provider.start(CALL)).rejects.toMatchObject({ kind: 'unavailable' });
    const adopted = await provider.start(CALL);
    expect(adopted).toMatchObject({ id: CALL_JOB });
    await advance(JOB_MS);
    expect(await provider.start(CALL)).toEqual(adopted);
    expect(simulator.ledger().jobs).toHaveLength(1);
  });

  test.each<[string, Partial<JobStart>]>([
    ['media', { media: { uri: 's3://audio/other.wav', channel: null } }],
    ['language', { options: { languageCode: 'fr-FR' } }],
    ['channels', { channels: null }],
    ['redaction', { options: { languageCode: 'en-GB', redaction: { output: 'redacted' } } }],
    ['speakers', { options: { languageCode: 'en-GB', speakers: 2 }, channels: null }],
  ])('of other %s adopts nothing', async (_what, changed) => {
    const { provider } = await scene();
    await provider.start(CALL);
    expect(await provider.start({ ...CALL, ...changed })).toBeNull();
    expect(await provider.start({ ...CALL, ...changed, attempt: 2 })).not.toBeNull();
    expect(await provider.start({ ...CALL, attempt: 2 })).toBeNull();
  });

  test('adopts its own job with every option', async () => {
    const { provider } = await scene();
    const options = {
      identifyLanguage: true,
      languageOptions: ['es-US', 'en-US'],
      vocabularyName: 'words',
      redaction: { output: 'redacted_and_unredacted' },
      subtitles: ['vtt'],
    };
    const job = await provider.start({ ...CALL, options });
    expect(await provider.start({ ...CALL, options })).toEqual(job);
  });

  test('by a failed job adopts nothing', async () => {
    const { provider, simulator } = await scene();
    await provider.start(CALL);
    simulator.failJob(CALL_JOB, 'Unsupported media format.');
    expect(await provider.start(CALL)).toBeNull();
  });

  test('by a job that is deleted just then is to be repeated', async () => {
    const { provider, simulator } = await scene();
    await provider.start(CALL);
    simulator.inject({ operation: 'get', fault: { kind: 'status', status: 404 } });
    await expect(provider.start(CALL)).rejects.toMatchObject({ kind: 'unavailable' });
  });
});

async function sent(start: Partial<JobStart>) {
  const { provider, ...caller } = await scene();
  const job = await provider.start({ ...CALL, ...start });
  expect(caller.simulator.ledger().violations).toEqual([]);
  return { job, body: bodyOf(caller) };
}

function bodyOf({ simulator }: Pick<Caller, 'simulator'>): unknown {
  return simulator.ledger().calls.at(-1)?.body;
}
