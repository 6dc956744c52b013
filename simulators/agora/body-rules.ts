import { z } from 'zod';
import { Refusal } from './answers.ts';
import { isSupportedLanguage } from './languages.ts';

const MAX_UID = 4_294_967_295;
const CHANNEL_NAME = /^[\w !#$%&()+\-:;<=.>?@[\]^{}|~,]{1,63}$/;
const SALT_BYTES = 32;

const uid = z.string().refine((text) => /^[1-9]\d{0,9}$/.test(text) && Number(text) <= MAX_UID, {
  error: `must be a string of an integer from 1 to ${MAX_UID}`,
});

const language = z.string().refine(isSupportedLanguage, {
  error: ({ input }) => `language "${String(input)}" is not supported`,
  params: { rule: 'language' },
});

const languages = z.array(language).min(1).max(4);

const keywords = z.array(z.string().min(1)).max(500);

const uidLanguagesConfig = z.array(z.strictObject({ uid, languages })).max(5);

const subscribeAudioUids = z.union([z.tuple([z.literal('all')]), z.array(uid).min(1).max(32)], {
  error: 'must be 1 to 32 uids, each a string of an integer, or exactly ["all"]',
});

/** A mixed-language source is several codes with commas between; only it may be its own target. */
const languagePair = z
  .strictObject({
    source: z.string(),
    target: z.array(language).min(1).max(10),
  })
  .superRefine(({ source, target }, context) => {
    for (const code of source.split(',')) {
      if (isSupportedLanguage(code)) continue;
      const message = `language "${code}" is not supported`;
      context.addIssue({ code: 'custom', path: ['source'], message, params: { rule: 'language' } });
    }
    if (target.includes(source)) {
      context.addIssue({ code: 'custom', path: ['target'], message: `contains the source` });
    }
  });

const languagePairs = z
  .array(languagePair)
  .max(4)
  .refine((pairs) => new Set(pairs.map(({ source }) => source)).size === pairs.length, {
    error: 'names a source twice',
  });

/** The part of a join that an update can change ("Update task configuration", v7). */
export const configurationSchema = z.object({
  languages,
  keywords: keywords.optional(),
  uidLanguagesConfig: uidLanguagesConfig.optional(),
  subscribeAudioUids: subscribeAudioUids.optional(),
  unSubscribeAudioUids: z.array(uid).min(1).max(5).optional(),
  translateConfig: z
    .strictObject({ enable: z.boolean().optional(), languages: languagePairs.optional() })
    .optional(),
});
export type Configuration = z.infer<typeof configurationSchema>;
const { shape } = configurationSchema;

const rtcConfig = z
  .strictObject({
    channelName: z
      .string()
      .regex(CHANNEL_NAME, "must be 1 to 63 bytes of Agora's channel characters"),
    subBotUid: uid.optional(),
    subBotToken: z.string().optional(),
    pubBotUid: uid,
    pubBotToken: z.string().optional(),
    subscribeAudioUids: shape.subscribeAudioUids,
    unSubscribeAudioUids: shape.unSubscribeAudioUids,
    cryptionMode: z.int().min(0).max(8).default(0),
    secret: z.string().min(1).optional(),
    salt: z
      .base64()
      .refine((salt) => Buffer.from(salt, 'base64').length === SALT_BYTES, {
        error: `must be ${SALT_BYTES} bytes in base64`,
      })
      .optional(),
    enableJsonProtocol: z.boolean().optional(),
  })
  .refine((rtc) => !(rtc.subscribeAudioUids && rtc.unSubscribeAudioUids), {
    error: 'subscribeAudioUids and unSubscribeAudioUids exclude each other',
  })
  .refine((rtc) => rtc.subBotUid === undefined || rtc.subBotUid === rtc.pubBotUid, {
    error: 'subBotUid is always identical to pubBotUid',
  })
  .refine((rtc) => rtc.cryptionMode === 0 || rtc.secret !== undefined, {
    error: 'secret is required when cryptionMode is not 0',
  })
  .refine((rtc) => rtc.cryptionMode < 7 || rtc.salt !== undefined, {
    error: 'salt is required when cryptionMode is 7 or 8',
  });

/** The table of the reference spells `accesskey`, its examples `accessKey`; so for the secret. */
const storage = z
  .strictObject({
    accesskey: z.string().optional(),
    accessKey: z.string().optional(),
    secretkey: z.string().optional(),
    secretKey: z.string().optional(),
    bucket: z.string().min(1),
    vendor: z.literal([1, 2, 3, 5, 6, 7, 8, 11]),
    region: z.int().min(0),
    fileNamePrefix: z
      .array(z.string().regex(/^[A-Za-z0-9]+$/, 'must be of letters and digits'))
      .refine((segments) => segments.join('/').length <= 128, {
        error: 'must not exceed 128 characters, slashes included',
      })
      .optional(),
  })
  .refine((keys) => keys.accesskey ?? keys.accessKey, { error: 'accesskey is required' })
  .refine((keys) => keys.secretkey ?? keys.secretKey, { error: 'secretkey is required' });

const extensionParams = z.strictObject({
  endpoint: z.url().optional(),
  type: z.literal('s3').optional(),
  provider: z.string().optional(),
  region: z.string().optional(),
  tag: z.string().optional(),
  tagByRule: z.array(z.looseObject({})).optional(),
  sse: z.enum(['aes256', 'kms']).optional(),
  overwritekeys: z.looseObject({}).optional(),
});

/** The guide puts `extensionParams` into `captionConfig`, the reference beside it. */
const captionConfig = z.strictObject({
  sliceDuration: z.int().min(5).max(28_800).optional(),
  storage: storage.optional(),
  extensionParams: extensionParams.optional(),
});

/** The body of `join` ("Start a Real-time STT agent", v7; `maxIdleTime` as of v7.2.3). */
export const joinBody = z
  .strictObject({
    name: z.string().min(1).max(64),
    languages: shape.languages,
    keywords: shape.keywords,
    uidLanguagesConfig: shape.uidLanguagesConfig,
    maxIdleTime: z.int().min(0).max(259_200).default(30),
    rtcConfig,
    translateConfig: z.strictObject({ languages: languagePairs.optional() }).optional(),
    captionConfig: captionConfig.optional(),
    extensionParams: extensionParams.optional(),
  })
  .refine(
    ({ captionConfig: caption, extensionParams: beside }) =>
      caption?.storage?.vendor !== 11 || (caption.extensionParams ?? beside)?.endpoint,
    { error: 'extensionParams.endpoint is required when storage.vendor is 11' },
  );

/** The body of `update` ("Update task configuration", v7): nothing else changes while it runs. */
export const updateBody = z.strictObject({
  languages: shape.languages.optional(),
  keywords: shape.keywords,
  uidLanguagesConfig: shape.uidLanguagesConfig,
  rtcConfig: z.strictObject({ subscribeAudioUids }).optional(),
  translateConfig: shape.translateConfig,
});

/** Stands for a body that is no JSON, until the rules that come before it have been checked. */
export const INVALID_JSON = Symbol('invalid JSON');

/** Parses, or refuses with every fault of the value, each with where it is. */
export function checked<T>(schema: z.ZodType<T>, value: unknown, what: 'body' | 'query'): T {
  if (value === INVALID_JSON) throw new Refusal(400, 'body', 'the body is not valid JSON');
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { issues } = result.error;
  const faults = issues.map(({ path, message }) => `${path.join('.') || what}: ${message}`);
  const onlyLanguages = issues.every(
    (issue) => issue.code === 'custom' && issue.params?.['rule'] === 'language',
  );
  throw new Refusal(400, onlyLanguages ? 'language' : what, faults.join('; '));
}
