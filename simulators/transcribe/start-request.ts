import { z } from 'zod';
import { list, member, name, text, whole } from './request-rules.ts';
import { LANGUAGE_CODES, MEDIA_FORMATS, PII_ENTITY_TYPES, SUBTITLE_FORMATS } from './vocabulary.ts';

const language = member(LANGUAGE_CODES);

const settings = z.strictObject({
  VocabularyName: name().optional(),
  ShowSpeakerLabels: z.boolean().optional(),
  MaxSpeakerLabels: whole(2, 30).optional(),
  ChannelIdentification: z.boolean().optional(),
  ShowAlternatives: z.boolean().optional(),
  MaxAlternatives: whole(2, 10).optional(),
  VocabularyFilterName: name().optional(),
  VocabularyFilterMethod: member(['remove', 'mask', 'tag']).optional(),
});

const languageIdSettings = z.strictObject({
  VocabularyName: name().optional(),
  VocabularyFilterName: name().optional(),
  LanguageModelName: name().optional(),
});

const members = z.strictObject({
  TranscriptionJobName: name(),
  LanguageCode: language.optional(),
  MediaSampleRateHertz: whole(8_000, 48_000).optional(),
  MediaFormat: member(MEDIA_FORMATS).optional(),
  Media: z.strictObject({
    MediaFileUri: text(1, 2_000, '(s3://|http(s*)://).+'),
    RedactedMediaFileUri: text(1, 2_000, '(s3://|http(s*)://).+').optional(),
  }),
  OutputBucketName: text(0, 64, String.raw`[a-z0-9][\.\-a-z0-9]{1,61}[a-z0-9]`).optional(),
  OutputKey: text(1, 1_024, String.raw`[a-zA-Z0-9-_.!*'()/]{1,1024}$`).optional(),
  OutputEncryptionKMSKeyId: text(1, 2_048, '^[A-Za-z0-9][A-Za-z0-9:_/+=,@.-]{0,2048}$').optional(),
  KMSEncryptionContext: z
    .record(text(1, 2_000, String.raw`.*\S.*`), text(1, 2_000, String.raw`.*\S.*`))
    .refine((pairs) => Object.keys(pairs).length >= 1 && Object.keys(pairs).length <= 10, {
      error: 'KMSEncryptionContext takes 1 to 10 pairs',
    })
    .optional(),
  Settings: settings.optional(),
  ModelSettings: z.strictObject({ LanguageModelName: name().optional() }).optional(),
  JobExecutionSettings: z
    .strictObject({
      AllowDeferredExecution: z.boolean().optional(),
      DataAccessRoleArn: text(
        1,
        2_048,
        '^arn:(aws|aws-cn|aws-us-gov|aws-iso-{0,1}[a-z]{0,1}):iam::[0-9]{0,63}:role/[A-Za-z0-9:_/+=,@.-]{0,1024}$',
      ).optional(),
    })
    .optional(),
  ContentRedaction: z
    .strictObject({
      RedactionType: member(['PII']),
      RedactionOutput: member(['redacted', 'redacted_and_unredacted']),
      PiiEntityTypes: list(member(PII_ENTITY_TYPES), 0, 29).optional(),
    })
    .optional(),
  IdentifyLanguage: z.boolean().optional(),
  IdentifyMultipleLanguages: z.boolean().optional(),
  LanguageOptions: list(language, 1, Number.MAX_SAFE_INTEGER).optional(),
  Subtitles: z
    .strictObject({
      Formats: list(member(SUBTITLE_FORMATS), 0, 2).optional(),
      OutputStartIndex: whole(0, 1).optional(),
    })
    .optional(),
  Tags: list(z.strictObject({ Key: text(1, 128), Value: text(0, 256) }), 1, 200).optional(),
  LanguageIdSettings: z.partialRecord(language, languageIdSettings).optional(),
  ToxicityDetection: list(
    z.strictObject({ ToxicityCategories: list(member(['ALL']), 1, 1) }),
    1,
    1,
  ).optional(),
});
export type StartRequest = z.infer<typeof members>;

/** What StartTranscriptionJob takes, with the rules between its members. */
export const startRequestSchema = members.superRefine((request, context) => {
  const rules = [...languageRules(request), ...settingsRules(request), ...outputRules(request)];
  for (const [broken, message] of rules) {
    if (broken) context.addIssue({ code: 'custom', message });
  }
});

type Check = readonly [broken: boolean, message: string];

export function identifiesLanguage(request: StartRequest): boolean {
  return (request.IdentifyLanguage ?? false) || (request.IdentifyMultipleLanguages ?? false);
}

function languageRules(request: StartRequest): Check[] {
  const identifies = identifiesLanguage(request);
  const ways = [
    request.LanguageCode !== undefined,
    request.IdentifyLanguage === true,
    request.IdentifyMultipleLanguages === true,
  ].filter(Boolean).length;
  const perLanguage = Object.values(request.LanguageIdSettings ?? {});
  return [
    [
      ways !== 1,
      'You must specify exactly one of LanguageCode, IdentifyLanguage and IdentifyMultipleLanguages.',
    ],
    [
      request.LanguageOptions !== undefined && !identifies,
      'LanguageOptions needs IdentifyLanguage or IdentifyMultipleLanguages.',
    ],
    [
      perLanguage.length > 0 && !(identifies && request.LanguageOptions),
      'LanguageIdSettings needs IdentifyLanguage or IdentifyMultipleLanguages, and LanguageOptions.',
    ],
    [perLanguage.length > 5, 'LanguageIdSettings takes at most 5 languages.'],
    [
      request.IdentifyMultipleLanguages === true &&
        perLanguage.some((settingsOfOne) => settingsOfOne?.LanguageModelName),
      'IdentifyMultipleLanguages does not support custom language models.',
    ],
    [
      identifies &&
        [
          request.Settings?.VocabularyName,
          request.Settings?.VocabularyFilterName,
          request.ModelSettings?.LanguageModelName,
        ].some((named) => named !== undefined),
      'With language identification, vocabularies, filters and models go into LanguageIdSettings.',
    ],
  ];
}

function settingsRules({
  Settings: chosen = {},
  LanguageIdSettings: byLanguage,
}: StartRequest): Check[] {
  const filtered =
    chosen.VocabularyFilterName !== undefined ||
    Object.values(byLanguage ?? {}).some((one) => one?.VocabularyFilterName !== undefined);
  return [
    [
      chosen.ChannelIdentification === true && chosen.ShowSpeakerLabels === true,
      'ChannelIdentification and ShowSpeakerLabels exclude each other.',
    ],
    [
      (chosen.ShowSpeakerLabels === true) !== (chosen.MaxSpeakerLabels !== undefined),
      'ShowSpeakerLabels and MaxSpeakerLabels need each other.',
    ],
    [
      (chosen.ShowAlternatives === true) !== (chosen.MaxAlternatives !== undefined),
      'ShowAlternatives and MaxAlternatives need each other.',
    ],
    [
      filtered !== (chosen.VocabularyFilterMethod !== undefined),
      'VocabularyFilterName and VocabularyFilterMethod need each other.',
    ],
  ];
}

function outputRules(request: StartRequest): Check[] {
  const { AllowDeferredExecution: deferred, DataAccessRoleArn: role } =
    request.JobExecutionSettings ?? {};
  return [
    [
      request.OutputKey !== undefined && request.OutputBucketName === undefined,
      'OutputKey needs OutputBucketName.',
    ],
    [
      request.OutputEncryptionKMSKeyId !== undefined && request.OutputBucketName === undefined,
      'OutputEncryptionKMSKeyId needs OutputBucketName.',
    ],
    [
      (deferred === undefined) !== (role === undefined),
      'AllowDeferredExecution and DataAccessRoleArn need each other.',
    ],
    [
      request.Media.RedactedMediaFileUri !== undefined,
      'RedactedMediaFileUri is only for Call Analytics.',
    ],
  ];
}
