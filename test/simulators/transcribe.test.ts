import { ListTranscriptionJobsCommand } from '@aws-sdk/client-transcribe';
import { describe, expect, test } from 'vitest';
import { checked } from '../../simulators/transcribe/request-rules.ts';
import { startRequestSchema } from '../../simulators/transcribe/start-request.ts';
import { clientOf, jobOf, JOB_MS, rulesBroken, transcribeCaller } from './transcribe-caller.ts';
import type { Caller, Job } from './transcribe-caller.ts';

const DAY_MS = 86_400_000;
const ROLE = 'arn:aws:iam::111122223333:role/Transcribe';

describe('the door', () => {
  test('lets in only what is signed with its credentials for its region', async () => {
    const caller = await transcribeCaller();
    const list = new ListTranscriptionJobsCommand({});
    const stranger = clientOf(caller.url, { accessKeyId: 'AKIAWRONG' });
    await expect(stranger.send(list)).rejects.toThrow(
      expect.objectContaining({ name: 'UnrecognizedClientException' }),
    );
    for (const wrong of [{ secretAccessKey: 'other' }, { region: 'eu-west-1' }]) {
      await expect(clientOf(caller.url, wrong).send(list)).rejects.toThrow(
        expect.objectContaining({ name: 'InvalidSignatureException' }),
      );
    }
    const unsigned = await fetch(caller.url, { method: 'POST', body: '{}' });
    expect(unsigned.status).toBe(400);
    expect(unsigned.headers.get('x-amzn-errortype')).toBe('MissingAuthenticationTokenException');
    expect(rulesBroken(caller)).toEqual(Array(4).fill('authentication'));
    await expect(caller.client.send(list)).resolves.toMatchObject({
      TranscriptionJobSummaries: [],
    });
  });
});

describe('start', () => {
  test('begins a job at once and tells what it knows of it', async () => {
    const caller = await transcribeCaller();
    const job = await caller.start({ MediaFormat: 'wav', MediaSampleRateHertz: 8_000 });
    expect(job).toMatchObject({
      TranscriptionJobName: 'job',
      TranscriptionJobStatus: 'IN_PROGRESS',
      LanguageCode: 'en-GB',
      MediaFormat: 'wav',
      MediaSampleRateHertz: 8_000,
      Media: { MediaFileUri: 's3://audio/call.wav' },
      CreationTime: expect.any(Date),
      StartTime: expect.any(Date),
      Settings: { ChannelIdentification: false },
    });
    expect(job).not.toHaveProperty('CompletionTime');
    const { calls } = caller.simulator.ledger('job');
    expect(calls).toMatchObject([{ operation: 'start', status: 200 }]);
    expect(JSON.stringify(calls[0]?.response)).not.toContain('OutputBucketName');
    expect(rulesBroken(caller)).toEqual([]);
  });

  test.each<[string, Partial<Job>]>([
    ["'transcriptionJobName' failed to satisfy constraint", { TranscriptionJobName: 'a:b' }],
    ["'transcriptionJobName' failed", { TranscriptionJobName: 'x'.repeat(201) }],
    ["Value null at 'transcriptionJobName'", { TranscriptionJobName: undefined }],
    ["'media.mediaFileUri'", { Media: { MediaFileUri: 'ftp://audio/call.wav' } }],
    ["Value null at 'media'", { Media: undefined }],
    ["'outputBucketName'", { OutputBucketName: 's3://transcripts' }],
    ["'outputKey'", { OutputKey: 'a:b.json' }],
    ['OutputKey needs OutputBucketName', { OutputBucketName: undefined, OutputKey: 'a' }],
    ["'mediaSampleRateHertz'", { MediaSampleRateHertz: 48_001 }],
    ['exactly one of LanguageCode', { LanguageCode: undefined }],
    ['exactly one of LanguageCode', { IdentifyLanguage: true }],
    ['LanguageOptions needs', { LanguageOptions: ['en-GB', 'en-US'] }],
    ['exclude each other', { Settings: { ChannelIdentification: true, ...speakers(2) } }],
    ['MaxSpeakerLabels need each other', { Settings: { ShowSpeakerLabels: true } }],
    ['MaxSpeakerLabels need each other', { Settings: { MaxSpeakerLabels: 2 } }],
    ["'settings.maxSpeakerLabels'", { Settings: speakers(31) }],
    ['MaxAlternatives need each other', { Settings: { ShowAlternatives: true } }],
    ['VocabularyFilterMethod need each other', { Settings: { VocabularyFilterName: 'v' } }],
    ['go into LanguageIdSettings', identifying({ Settings: { VocabularyName: 'v' } })],
    ['LanguageIdSettings needs', { LanguageIdSettings: { 'en-GB': { VocabularyName: 'v' } } }],
    ['DataAccessRoleArn need', { JobExecutionSettings: { AllowDeferredExecution: true } }],
    ['KMSKeyId needs', { OutputBucketName: undefined, OutputEncryptionKMSKeyId: 'key' }],
    ["'tags.0.key'", { Tags: [{ Key: '', Value: '' }] }],
    ["'subtitles.outputStartIndex'", { Subtitles: { OutputStartIndex: 2 } }],
    ['only for Call Analytics', { Media: { ...jobOf().Media, RedactedMediaFileUri: 's3://a/b' } }],
  ])('refuses what breaks a constraint: %s', async (words, job) => {
    const caller = await transcribeCaller();
    await expect(caller.start(job)).rejects.toThrow(
      expect.objectContaining({
        name: 'BadRequestException',
        message: expect.stringContaining(words),
        $metadata: expect.objectContaining({ httpStatusCode: 400 }),
      }),
    );
    expect(rulesBroken(caller)).toEqual(['body']);
    expect(caller.simulator.ledger().jobs).toEqual([]);
  });

  test('names every constraint that is broken, as the service does', async () => {
    const caller = await transcribeCaller();
    await expect(
      caller.start({ TranscriptionJobName: 'a b', MediaSampleRateHertz: 1 }),
    ).rejects.toThrow(
      "2 validation errors detected: Value 'a b' at 'transcriptionJobName' failed to satisfy " +
        'constraint: Member must satisfy regular expression pattern: ^[0-9a-zA-Z._-]+; ' +
        "Value '1' at 'mediaSampleRateHertz' failed to satisfy constraint: Member must have " +
        'value greater than or equal to 8000',
    );
  });

  test('overlooks null, but no other value of a wrong type and no unknown member', () => {
    expect(checked(startRequestSchema, { ...jobOf(), Settings: null })).toEqual(jobOf());
    for (const wrong of [{ MediaSampleRateHertz: '8000' }, { Language: 'en-GB' }]) {
      expect(() => checked(startRequestSchema, { ...jobOf(), ...wrong })).toThrow(
        expect.objectContaining({ type: 'SerializationException', rule: 'body' }),
      );
    }
  });

  test('refuses a known name for 90 days, without blame', async () => {
    const caller = await transcribeCaller();
    await caller.finished();
    await caller.advance(89 * DAY_MS);
    await expect(caller.start()).rejects.toThrow(failure('ConflictException', 409));
    expect(rulesBroken(caller)).toEqual([]);
    await caller.advance(DAY_MS);
    await expect(caller.start()).resolves.toMatchObject({ TranscriptionJobStatus: 'IN_PROGRESS' });
  });

  test('takes a name again whose job was deleted', async () => {
    const caller = await transcribeCaller();
    await caller.finished();
    await caller.remove();
    await expect(caller.start()).resolves.toBeDefined();
  });
});

describe('quotas', () => {
  test('bound the calls of each second', async () => {
    const caller = await transcribeCaller({ startsPerSecond: 2, getsPerSecond: 1 });
    await caller.start({ TranscriptionJobName: 'a' });
    await caller.start({ TranscriptionJobName: 'b' });
    await expect(caller.start({ TranscriptionJobName: 'c' })).rejects.toThrow(
      failure('LimitExceededException', 429),
    );
    await caller.get('a');
    await expect(caller.get('b')).rejects.toThrow(failure('LimitExceededException', 429));
    await caller.advance(1_000);
    await caller.start({ TranscriptionJobName: 'c' });
    const { throttled, violations } = caller.simulator.ledger();
    expect(throttled).toEqual({ start: 1, get: 1, list: 0, delete: 0 });
    expect(violations).toEqual([]);
  });

  test('bound the jobs that are in progress', async () => {
    const caller = await transcribeCaller({ concurrentJobs: 1 });
    await caller.start();
    await expect(caller.start({ TranscriptionJobName: 'second' })).rejects.toThrow(
      'You have too many jobs running at the same time. Try your request again later.',
    );
    await caller.advance(JOB_MS);
    await expect(caller.start({ TranscriptionJobName: 'second' })).resolves.toBeDefined();
  });

  test('let deferred jobs wait in their order, and leave some slots to others', async () => {
    const caller = await transcribeCaller({ concurrentJobs: 2, queuedJobs: 2 });
    const deferred = {
      JobExecutionSettings: { AllowDeferredExecution: true, DataAccessRoleArn: ROLE },
    };
    const names = ['a', 'b', 'c'];
    for (const TranscriptionJobName of names) {
      await caller.start({ TranscriptionJobName, ...deferred });
    }
    expect(await statuses(caller, names)).toEqual(['IN_PROGRESS', 'QUEUED', 'QUEUED']);
    expect(await caller.get('b')).not.toHaveProperty('StartTime');
    await expect(caller.start({ TranscriptionJobName: 'd', ...deferred })).rejects.toThrow(
      failure('LimitExceededConcurrentJobException', 429),
    );
    await expect(caller.start({ TranscriptionJobName: 'e' })).resolves.toBeDefined();
    await caller.advance(JOB_MS);
    expect(await statuses(caller, names)).toEqual(['COMPLETED', 'IN_PROGRESS', 'QUEUED']);
    await caller.advance(JOB_MS);
    await caller.advance(JOB_MS);
    expect(await statuses(caller, names)).toEqual(Array(3).fill('COMPLETED'));
  });
});

describe('get', () => {
  test('does not find an unknown job, in either of two ways', async () => {
    const today = await transcribeCaller();
    await expect(today.get('none')).rejects.toThrow(failure('NotFoundException', 404));
    const earlier = await transcribeCaller({ oldNotFound: true });
    await expect(earlier.get('none')).rejects.toThrow(failure('BadRequestException', 400));
    await expect(earlier.get('none')).rejects.toThrow("The requested job couldn't be found");
    expect(rulesBroken(earlier)).toEqual([]);
  });
});

describe('list', () => {
  test('gives 5 jobs a page, the newest first, chosen by status and part of a name', async () => {
    const caller = await transcribeCaller();
    for (let number = 1; number <= 7; number += 1) {
      await caller.start({ TranscriptionJobName: `Job-${number}` });
    }
    caller.simulator.failJob('Job-3', 'why not');
    const first = await caller.client.send(new ListTranscriptionJobsCommand({}));
    expect(namesIn(first)).toEqual(['Job-7', 'Job-6', 'Job-5', 'Job-4', 'Job-3']);
    const { NextToken } = first;
    await caller.start({ TranscriptionJobName: 'newcomer' });
    const second = await caller.client.send(new ListTranscriptionJobsCommand({ NextToken }));
    expect(namesIn(second)).toEqual(['Job-2', 'Job-1']);
    expect(second.NextToken).toBeUndefined();
    const failed = await caller.client.send(
      new ListTranscriptionJobsCommand({ Status: 'FAILED', JobNameContains: 'jOB' }),
    );
    expect(failed.TranscriptionJobSummaries).toMatchObject([
      {
        TranscriptionJobName: 'Job-3',
        FailureReason: 'why not',
        OutputLocationType: 'CUSTOMER_BUCKET',
      },
    ]);
  });
});

describe('delete', () => {
  test('removes an ended job, and only once', async () => {
    const caller = await transcribeCaller();
    await caller.finished();
    await caller.remove();
    await expect(caller.get()).rejects.toThrow(failure('NotFoundException', 404));
    await expect(caller.remove()).rejects.toThrow(failure('BadRequestException', 400));
    expect(rulesBroken(caller)).toEqual([]);
  });

  test('refuses a job that is not done', async () => {
    const caller = await transcribeCaller();
    await caller.start();
    await expect(caller.remove()).rejects.toThrow(failure('BadRequestException', 400));
    expect(rulesBroken(caller)).toEqual(['delete-unfinished']);
  });
});

function speakers(MaxSpeakerLabels: number) {
  return { ShowSpeakerLabels: true, MaxSpeakerLabels };
}

function identifying(job: Partial<Job>): Partial<Job> {
  return { LanguageCode: undefined, IdentifyLanguage: true, ...job };
}

/** An error of the SDK by its name and status. */
function failure(name: string, httpStatusCode: number): unknown {
  return expect.objectContaining({ name, $metadata: expect.objectContaining({ httpStatusCode }) });
}

async function statuses(caller: Caller, names: readonly string[]): Promise<unknown[]> {
  const jobs = await Promise.all(names.map((name) => caller.get(name)));
  return jobs.map(({ TranscriptionJobStatus }) => TranscriptionJobStatus);
}

function namesIn(page: { TranscriptionJobSummaries?: { TranscriptionJobName?: string }[] }) {
  return page.TranscriptionJobSummaries?.map(({ TranscriptionJobName }) => TranscriptionJobName);
}
