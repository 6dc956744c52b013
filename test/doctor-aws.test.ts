import {
  CreateBucketCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketVersioningCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { CreateVocabularyCommand, TranscribeClient } from '@aws-sdk/client-transcribe';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SIMULATED_S3 } from '../simulators/credentials.ts';
import { diagnosis, sight } from './support/doctor.ts';
import { startMoto, type Moto } from './support/moto.ts';
import { prepareStack, type Stack } from './support/stack.ts';

// What others understood of AWS: lifecycles, regions and vocabularies, which our simulators do not have.
let moto: Moto;
let stack: Stack;
beforeAll(async () => {
  [moto, stack] = await Promise.all([startMoto(), prepareStack()]);
  const { region, ...credentials } = SIMULATED_S3;
  const settings = { region, credentials, endpoint: moto.url };
  const s3 = new S3Client({ ...settings, forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: 'here' }));
  await s3.send(new CreateBucketCommand({ Bucket: 'tidy' }));
  const constraint = { LocationConstraint: 'eu-west-1' } as const;
  await s3.send(
    new CreateBucketCommand({ Bucket: 'abroad', CreateBucketConfiguration: constraint }),
  );
  const abort = { AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } };
  const Rules = [{ ID: 'uploads', Status: 'Enabled' as const, Filter: { Prefix: '' }, ...abort }];
  const tidy = { Bucket: 'tidy', LifecycleConfiguration: { Rules } };
  await s3.send(new PutBucketLifecycleConfigurationCommand(tidy));
  for (const [Bucket, days] of [
    ['years', 3_650],
    ['hours', 1],
  ] as const) {
    await s3.send(new CreateBucketCommand({ Bucket }));
    const expiration = { ID: 'retention', Status: 'Enabled' as const, Expiration: { Days: days } };
    const LifecycleConfiguration = {
      Rules: [
        { ...expiration, Filter: { Prefix: '' } },
        // Of something else: no word of ours.
        { ...expiration, ID: 'others', Filter: { Prefix: 'other/' }, Expiration: { Days: 2 } },
      ],
    };
    await s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration }));
  }
  const VersioningConfiguration = { Status: 'Enabled' } as const;
  await s3.send(new PutBucketVersioningCommand({ Bucket: 'hours', VersioningConfiguration }));
  s3.destroy();
  const transcribe = new TranscribeClient(settings);
  const Phrases = ['Anna'];
  await transcribe.send(
    new CreateVocabularyCommand({ VocabularyName: 'names', LanguageCode: 'en-GB', Phrases }),
  );
  transcribe.destroy();
});
afterAll(async () => {
  await stack?.stop();
  await moto?.stop();
});

test('a bucket that keeps unfinished uploads for ever is told, and one of another region', async () => {
  const [untidy, tidy, abroad] = await Promise.all([
    audioBucket('here'),
    audioBucket('tidy'),
    audioBucket('abroad'),
  ]);
  expect(untidy).toMatchObject([
    { outcome: 'well' },
    { outcome: 'risk', advice: expect.stringContaining('lifecycle rule') },
  ]);
  expect(tidy).toMatchObject([{ outcome: 'well' }]);
  const found = 'abroad is in eu-west-1, not in us-east-1';
  const advice = expect.stringContaining('AWS_REGION');
  expect(abroad).toMatchObject([{ outcome: 'fault', found, advice }]);
});

test('a vocabulary that calls are to be transcribed with has to be there', async () => {
  // One that is new is not ready: moto makes it so at the second look.
  expect(await vocabulary('names')).toMatchObject({
    outcome: 'fault',
    found: expect.stringContaining('PENDING'),
  });
  expect(await vocabulary('names')).toMatchObject({ outcome: 'well' });
  const advice = expect.stringContaining('correct its name');
  expect(await vocabulary('nobody')).toMatchObject({ outcome: 'fault', advice });
});

test('how long things are kept is told in words, and where the periods do not fit', async () => {
  const { workflowService, options } = stack.client;
  const { config } = await workflowService.describeNamespace({ namespace: options.namespace });
  const historyDays = Number(config?.workflowExecutionRetentionTtl?.seconds) / 86_400;
  expect(historyDays).toBeGreaterThanOrEqual(1);
  const findings = await diagnosed({ S3_AUDIO_BUCKET: 'here', S3_TRANSCRIPTS_BUCKET: 'years' });
  const told = findings.filter(({ section }) => section === 'Retention');
  expect(told).toMatchObject([
    { subject: 'audio', outcome: 'risk', found: expect.stringContaining('kept for ever') },
    {
      subject: 'transcripts',
      outcome: 'risk',
      found: expect.stringMatching(/^years\/transcripts\/ is kept for 3650 days, but .*DELETE/),
    },
    { subject: 'transcripts', outcome: 'risk', found: expect.stringMatching(/^years\/jobs\/ is/) },
    { subject: 'metadata', outcome: 'well', found: expect.stringMatching(/history for \d+ day/) },
  ]);
  const short = await diagnosed({ S3_AUDIO_BUCKET: 'tidy', S3_TRANSCRIPTS_BUCKET: 'hours' });
  expect(short.filter(({ section }) => section === 'Retention')).toContainEqual(
    expect.objectContaining({
      subject: 'transcripts',
      outcome: 'risk',
      found: expect.stringContaining('earlier versions'),
    }),
  );
  expect(sight(short, 'transcripts', 'Retention')).toMatchObject({
    found: expect.stringMatching(/^hours\/transcripts\/ is kept for 1 day/),
  });
});

async function diagnosed(changes: NodeJS.ProcessEnv) {
  const url = { AWS_ENDPOINT_URL_S3: moto.url, AWS_ENDPOINT_URL_TRANSCRIBE: moto.url };
  return (await diagnosis(stack, { ...url, S3_TRANSCRIPTS_BUCKET: 'here', ...changes })).findings;
}

async function audioBucket(bucket: string) {
  const findings = await diagnosed({ S3_AUDIO_BUCKET: bucket });
  return findings.filter(({ subject }) => subject === 'S3_AUDIO_BUCKET');
}

async function vocabulary(vocabularyName: string) {
  const VONAGE_TRANSCRIPTION = JSON.stringify({ languageCode: 'en-GB', vocabularyName });
  const findings = await diagnosed({ S3_AUDIO_BUCKET: 'tidy', VONAGE_TRANSCRIPTION });
  return sight(findings, 'VONAGE_TRANSCRIPTION', 'Vendors');
}
