import {
  LanguageCode,
  PiiEntityType,
  RedactionOutput,
  SubtitleFormat,
  VocabularyFilterMethod,
} from '@aws-sdk/client-transcribe';
import { z } from 'zod';

/** How many languages a job can have settings of their own for (API reference, LanguageIdSettings: two to five). */
const CANDIDATES = { least: 2, most: 5 } as const;
const MOST_PII_TYPES = 29;
const ONE_LANGUAGE =
  'exactly one of languageCode, identifyLanguage and identifyMultipleLanguages must be given';

// The patterns are those of the API's model, matched as wholes.
const name = z
  .string()
  .max(200)
  .regex(/^[0-9a-zA-Z._-]+$/, 'must be 1 to 200 of 0-9 a-z A-Z . _ -');
const kmsKey = z
  .string()
  .max(2_048)
  .regex(/^[A-Za-z0-9][A-Za-z0-9:_/+=,@.-]*$/, 'must be the id, the alias or the ARN of a KMS key');
const role = z
  .string()
  .max(2_048)
  .regex(
    /^arn:aws(?:-cn|-us-gov|-iso-{0,1}[a-z]{0,1})?:iam::[0-9]{0,63}:role\/[A-Za-z0-9:_/+=,@.-]{1,1024}$/,
    'must be the ARN of an IAM role',
  );
const language = z.enum(LanguageCode);

/** What a job can be asked for besides its media and channels (Amazon Transcribe, StartTranscriptionJob). */
export const optionFields = {
  languageCode: language
    .optional()
    .meta({ description: 'The language spoken.', examples: ['en-GB'] }),
  identifyLanguage: z
    .literal(true)
    .optional()
    .meta({ description: 'Finds out which one language is spoken.' }),
  identifyMultipleLanguages: z
    .literal(true)
    .optional()
    .meta({ description: 'Finds out which languages are spoken.' }),
  languageOptions: distinct(z.array(language).min(1).max(CANDIDATES.most))
    .optional()
    .meta({ description: 'The languages to choose from; 2 to 5 are advised.' }),
  speakers: z
    .int()
    .min(2)
    .max(30)
    .optional()
    .meta({ description: 'How many speakers at most are told apart by their voices.' }),
  vocabularyName: name.optional().meta({ description: 'A custom vocabulary.' }),
  vocabularyFilter: z
    .strictObject({ name, method: z.enum(VocabularyFilterMethod) })
    .optional()
    .meta({ description: 'Words to remove, to mask or to tag.' }),
  redaction: z
    .strictObject({
      types: distinct(z.array(z.enum(PiiEntityType)).min(1).max(MOST_PII_TYPES)).optional(),
      output: z.enum(RedactionOutput),
    })
    .optional()
    .meta({ description: 'Which personal data are redacted; all types where none is named.' }),
  subtitles: distinct(z.array(z.enum(SubtitleFormat)).min(1))
    .optional()
    .meta({ description: "Files that Transcribe writes beside the transcript's." }),
  kmsKeyId: kmsKey.optional().meta({ description: "The key that encrypts the job's files." }),
  deferred: z
    .strictObject({ roleArn: role })
    .optional()
    .meta({ description: 'Queues the job where too many are running, with a role that may read.' }),
};

/** What `optionFaults` checks, as JSON Schema. */
export const OPTIONS_FORM = {
  oneOf: [
    { required: ['languageCode'] },
    { required: ['identifyLanguage'] },
    { required: ['identifyMultipleLanguages'] },
  ],
  allOf: [
    {
      anyOf: [
        { required: ['identifyLanguage'] },
        { required: ['identifyMultipleLanguages'] },
        { properties: { languageOptions: false } },
      ],
    },
  ],
  anyOf: [
    { required: ['languageCode'] },
    {
      required: ['languageOptions'],
      properties: { languageOptions: { minItems: CANDIDATES.least } },
    },
    { properties: { vocabularyName: false, vocabularyFilter: false } },
  ],
};

/** The options of a recording's session, which it keeps as plain JSON. */
export const TranscribeOptions = z.strictObject(optionFields).superRefine(
  (options, context) => {
    for (const fault of optionFaults(options)) context.addIssue({ code: 'custom', ...fault });
  },
  // Also when a field by itself is wrong already: all faults are told at once.
  { when: ({ value }) => typeof value === 'object' && value !== null },
);
export type TranscribeOptions = z.infer<typeof TranscribeOptions>;

export type Fault = { readonly path: string[]; readonly message: string };

/** What is wrong between the options, of which single ones may be wrong themselves. */
export function optionFaults(options: {
  readonly [name in keyof TranscribeOptions]: unknown;
}): Fault[] {
  const { languageCode, identifyLanguage, identifyMultipleLanguages, languageOptions } = options;
  const ways = [languageCode, identifyLanguage, identifyMultipleLanguages];
  const identifies = identifyLanguage !== undefined || identifyMultipleLanguages !== undefined;
  const faults: Fault[] = [];
  if (ways.filter((way) => way !== undefined).length !== 1) {
    faults.push({ path: ['languageCode'], message: ONE_LANGUAGE });
  }
  if (!identifies && languageOptions !== undefined) {
    const message = 'needs identifyLanguage or identifyMultipleLanguages';
    faults.push({ path: ['languageOptions'], message });
  }
  const isShort = !Array.isArray(languageOptions) || languageOptions.length < CANDIDATES.least;
  return identifies && isShort ? [...faults, ...perLanguageFaults(options)] : faults;
}

/** A vocabulary is of one language: where that is to be found out, it goes with the languages to choose from. */
function perLanguageFaults(options: {
  vocabularyName?: unknown;
  vocabularyFilter?: unknown;
}): Fault[] {
  const message = 'needs 2 to 5 languageOptions where the language is to be identified';
  return (['vocabularyName', 'vocabularyFilter'] as const)
    .filter((field) => options[field] !== undefined)
    .map((field) => ({ path: [field], message }));
}

function distinct<T extends string>(list: z.ZodArray<z.ZodType<T>>) {
  return list
    .refine((values) => new Set(values).size === values.length, 'must not repeat a value')
    .meta({ uniqueItems: true });
}
