import { LanguageCode } from '@aws-sdk/client-transcribe';
import { describe, expect, test } from 'vitest';
import {
  amazonTranscribeStartRequest,
  vonageTranscription,
} from '../../src/providers/amazon-transcribe/start-request.ts';

const MEDIA = 's3://bucket/key.mp3';
const MINIMAL = { provider: 'amazon-transcribe', media: MEDIA, languageCode: 'en-GB' };
const FILTER = { name: 'bad-words', method: 'mask' };
const ALL_OPTIONS = {
  speakers: 3,
  vocabularyName: 'words',
  vocabularyFilter: FILTER,
  redaction: { types: ['NAME'], output: 'redacted' },
  subtitles: ['vtt', 'srt'],
  kmsKeyId: 'arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
  deferred: { roleArn: 'arn:aws:iam::111122223333:role/path/Admin' },
};
const schema = amazonTranscribeStartRequest([
  'files.example.com',
  'http://10.0.0.1:8080',
  'http://[::1]:9000/',
]);

describe('a request', () => {
  test('needs little', () => {
    expect(schema.parse(MINIMAL)).toEqual({
      id: expect.stringMatching(/^media:[0-9a-f]{16}$/),
      request: {
        provider: 'amazon-transcribe',
        source: { kind: 's3', uri: MEDIA },
        channels: null,
        options: { languageCode: 'en-GB' },
        maxDurationSeconds: 86_400,
        metadata: {},
      },
    });
  });

  test('can have every option', () => {
    const { request } = schema.parse({
      ...MINIMAL,
      ...ALL_OPTIONS,
      metadata: { team: 'a' },
      maxDurationSeconds: 5,
    });
    expect(request).toMatchObject({ metadata: { team: 'a' }, maxDurationSeconds: 5 });
    expect('options' in request && request.options).toEqual({
      languageCode: 'en-GB',
      ...ALL_OPTIONS,
    });
  });

  test.each([
    ['s3', 's3://bucket/folder/a b.wav'],
    ['https', 'https://example.com/a?signature=x#y'],
    ['https', 'http://10.0.0.1:8080/a.mp3'],
    ['https', 'http://[::1]:9000/a.mp3'],
  ])('can be for media of the kind %s: %s', (kind, media) => {
    const { request } = schema.parse({ ...MINIMAL, media });
    expect(request).toMatchObject({
      source: kind === 's3' ? { kind, uri: media } : { kind, url: media },
    });
  });

  test.each([
    [1, MEDIA],
    [2, MEDIA],
    [3, 's3://bucket/call.WAV'],
    [32, 'https://example.com/call.wav?x=a.mp3'],
    [4, 'https://example.com/download'],
  ])('can be for %d channels of %s', (channels, media) => {
    expect(schema.parse({ ...MINIMAL, media, channels }).request).toMatchObject({ channels });
  });

  test.each([
    { identifyLanguage: true },
    { identifyMultipleLanguages: true, languageOptions: ['en-US'] },
    { identifyLanguage: true, languageOptions: ['en-US', 'fr-FR'], vocabularyName: 'words' },
  ])('can leave the language open: %o', (options) => {
    const { request } = schema.parse({ provider: 'amazon-transcribe', media: MEDIA, ...options });
    expect(request).toMatchObject({ options });
  });

  test('knows every language of the API', () => {
    for (const languageCode of Object.values(LanguageCode)) {
      expect(faultsOf({ ...MINIMAL, languageCode })).toEqual([]);
    }
  });
});

describe('the id of a session', () => {
  test('is the same for the same media and options', () => {
    const { id } = schema.parse({ ...MINIMAL, vocabularyFilter: FILTER, subtitles: ['vtt'] });
    const other = {
      vocabularyFilter: { method: 'mask', name: 'bad-words' },
      subtitles: ['vtt'],
      languageCode: 'en-GB',
      media: MEDIA,
      provider: 'amazon-transcribe',
      metadata: { team: 'a' },
      maxDurationSeconds: 7,
    };
    expect(schema.parse(other).id).toBe(id);
    expect(schema.parse({ ...other, id }).id).toBe(id);
  });

  test('is another one for other media, options or channels', () => {
    const requests = [
      MINIMAL,
      { ...MINIMAL, media: 's3://bucket/other.mp3' },
      { ...MINIMAL, languageCode: 'en-US' },
      { ...MINIMAL, channels: 2 },
      { ...MINIMAL, speakers: 2 },
      { ...MINIMAL, redaction: { output: 'redacted' } },
    ];
    const ids = requests.map((request) => schema.parse(request).id);
    expect(new Set(ids).size).toBe(requests.length);
  });

  test("can be the caller's own", () => {
    expect(schema.parse({ ...MINIMAL, id: 'call-7' }).id).toBe('call-7');
    expect(faultsOf({ ...MINIMAL, id: 'media:0123456789abcdef' })).toEqual([
      expect.stringMatching(/^id: must not start with "media:".*here: media:[0-9a-f]{16}/),
    ]);
    expect(faultsOf({ ...MINIMAL, id: 'a b' })).toEqual([expect.stringMatching(/^id: must be/)]);
  });
});

describe('a fault', () => {
  test.each([
    ['ftp://example.com/a', 'must be s3://bucket/key or an https:// URL'],
    ['a.mp3', 'must be s3://bucket/key'],
    ['', 'must be s3://bucket/key'],
    ['s3://bucket', 'must have a key'],
    ['s3://bucket/', 'must have a key'],
    [`s3://bucket/${'é'.repeat(513)}`, 'must have a key of 1 to 1024 bytes'],
    ['s3://Bucket/key', 'must name a bucket'],
    ['s3://ab/key', 'must name a bucket'],
    [`s3://${'a'.repeat(64)}/key`, 'must name a bucket'],
    ['s3://a..b/key', 'must name a bucket'],
    ['s3://10.0.0.1/key', 'must name a bucket'],
    ['s3://bucket-/key', 'must name a bucket'],
    ['s3://bucket/a\nb', 'control characters'],
    ['http://example.com/a', 'http://example.com is not in DURASCRIBE_MEDIA_HOSTS'],
    ['http://files.example.com/a', 'is not in DURASCRIBE_MEDIA_HOSTS'],
    ['http://10.0.0.1:8081/a', 'is not in DURASCRIBE_MEDIA_HOSTS'],
    ['https://user:pass@example.com/a', 'no user name and no password'],
    [`https://example.com/${'a'.repeat(8_192)}`, 'must be 8192 characters at most'],
  ])('of media: %s', (media, message) => {
    const faults = faultsOf({ ...MINIMAL, media });
    expect(faults).toEqual([expect.stringContaining(message)]);
    expect(faults[0]).not.toContain('pass@');
  });

  const oneLanguage = [expect.stringContaining('exactly one of languageCode')];
  test.each([
    [{ languageCode: undefined }, oneLanguage],
    [{ identifyLanguage: true }, oneLanguage],
    [
      { languageCode: undefined, identifyLanguage: true, identifyMultipleLanguages: true },
      oneLanguage,
    ],
    [{ languageCode: 'en-XX' }, [expect.stringMatching(/^languageCode: /)]],
    [
      { languageOptions: ['en-US'] },
      ['languageOptions: needs identifyLanguage or identifyMultipleLanguages'],
    ],
    [{ speakers: 1 }, [expect.stringMatching(/^speakers: .*>=2/)]],
    [{ speakers: 31 }, [expect.stringMatching(/^speakers: .*<=30/)]],
    [{ channels: 0 }, [expect.stringMatching(/^channels: /)]],
    [{ channels: 33, media: 's3://bucket/a.wav' }, [expect.stringMatching(/^channels: .*<=32/)]],
    [{ channels: 3 }, ['channels: may be more than 2 in a WAV file only, which is split']],
    [{ channels: 2, speakers: 2 }, ['speakers: must not be given together with channels']],
    [{ vocabularyName: 'a b' }, [expect.stringMatching(/^vocabularyName: must be 1 to 200/)]],
    [{ vocabularyName: 'a'.repeat(201) }, [expect.stringMatching(/^vocabularyName: /)]],
    [{ vocabularyFilter: { name: 'a' } }, [expect.stringMatching(/^vocabularyFilter.method: /)]],
    [{ redaction: { output: 'none' } }, [expect.stringMatching(/^redaction.output: /)]],
    [
      { redaction: { output: 'redacted', types: ['X'] } },
      [expect.stringMatching(/^redaction.types.0: /)],
    ],
    [
      { redaction: { output: 'redacted', types: ['PIN', 'PIN'] } },
      ['redaction.types: must not repeat a value'],
    ],
    [{ subtitles: ['vtt', 'vtt'] }, ['subtitles: must not repeat a value']],
    [{ subtitles: [] }, [expect.stringMatching(/^subtitles: /)]],
    [{ kmsKeyId: '-' }, [expect.stringMatching(/^kmsKeyId: must be/)]],
    [{ deferred: { roleArn: 'Admin' } }, ['deferred.roleArn: must be the ARN of an IAM role']],
    [{ subtitles: null }, [expect.stringMatching(/^subtitles: /)]],
    [{ other: 1 }, [expect.stringContaining('other')]],
  ])('of the options %o', (changed, expected) => {
    expect(faultsOf({ ...MINIMAL, ...changed })).toEqual(expected);
  });

  test.each([{}, { languageOptions: ['en-US'] }])(
    'of a vocabulary whose language is to be found among %o',
    (options) => {
      const message = 'needs 2 to 5 languageOptions where the language is to be identified';
      const identified = { languageCode: undefined, identifyLanguage: true, ...options };
      const named = { vocabularyName: 'words', vocabularyFilter: FILTER };
      expect(faultsOf({ ...MINIMAL, ...identified, ...named })).toEqual([
        `vocabularyName: ${message}`,
        `vocabularyFilter: ${message}`,
      ]);
    },
  );

  test('hides no other', () => {
    const body = { id: 'a b', media: 'x', channels: 2, speakers: 99, kmsKeyId: '', other: 1 };
    const faults = faultsOf({ provider: 'amazon-transcribe', ...body }).join('\n');
    for (const field of ['id', 'media', 'languageCode', 'speakers', 'kmsKeyId', 'other']) {
      expect(faults).toContain(field);
    }
    expect(faults).toContain('must not be given together with channels');
  });

  test('of no object at all is one', () => {
    for (const body of [null, 'x', 1]) expect(faultsOf(body)).toHaveLength(1);
  });
});

describe('the options of the environment', () => {
  test('are a request without media', () => {
    const options = {
      identifyLanguage: true,
      languageOptions: ['en-US', 'es-US'],
      subtitles: ['srt'],
    };
    const metadata = { speakers: { ch_0: 'Anna' } };
    const json = JSON.stringify({ provider: 'amazon-transcribe', metadata, ...options });
    expect(vonageTranscription(json)).toEqual({ options, metadata, maxDurationSeconds: 86_400 });
  });

  test.each([
    ['{', 'must be JSON'],
    ['null', 'expected object'],
    ['{}', 'exactly one of languageCode'],
    [JSON.stringify(MINIMAL), '"media"'],
  ])('are told what is wrong with %s', (json, message) => {
    expect(() => vonageTranscription(json)).toThrow(message);
  });

  test('are told every fault', () => {
    const json = JSON.stringify({ languageCode: 'xx', speakers: 1, other: 1 });
    expect(() => vonageTranscription(json)).toThrow(/languageCode: .*; speakers: .*; .*"other"/);
  });
});

function faultsOf(body: unknown): string[] {
  const { error } = schema.safeParse(body);
  return (error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);
}
