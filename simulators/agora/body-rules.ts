import { z } from 'zod';
import { INVALID_JSON } from '../shared/http-call.ts';
import { Refusal } from './answers.ts';
import { isSupportedLanguage } from './languages.ts';

const MAX_UID = 4_294_967_295;
const CHANNEL_NAME = /^[\w !#$%&()+\-:;<=.>?@[\]^{}|~,]{1,63}$/;
const SALT_BYTES = 32;

export const uid = z
  .string()
  .refine((text) => /^[1-9]\d{0,9}$/.test(text) && Number(text) <= MAX_UID, {
    error: `must be a string of an integer from 1 to ${MAX_UID}`,
  });

const language = z.string().refine(isSupportedLanguage, {
  error: ({ input }) => `language "${String(input)}" is not supported`,
  params: { rule: 'language' },
});

export const languages = z.array(language).min(1).max(4);

const keywords = z.array(z.string().min(1)).max(500);

const uidLanguagesConfig = z.array(z.strictObject({ uid, languages })).max(5);

const subscribeAudioUids = z.union([z.tuple([z.literal('all')]), z.array(uid).min(1).max(32)], {
  error: 'must be 1 to 32 uids, each a string of an integer, or exactly ["all"]',
});

/** A mixed-language source is several codes with commas between; only it may be its own target. */
const languagePair = (maxTargets: number) =>
  z
    .strictObject({
      source: z.string(),
      target: z.array(language).min(1).max(maxTargets),
    })
    .superRefine(({ source, target }, context) => {
      for (const code of source.split(',')) {
        if (isSupportedLanguage(code)) continue;
        const message = `language "${code}" is not supported`;
        context.addIssue({
          code: 'custom',
          path: ['source'],
          message,
          params: { rule: 'language' },
        });
      }
      if (target.includes(source)) {
        context.addIssue({ code: 'custom', path: ['target'], message: `contains the source` });
      }
    });

/** What to translate; v7 takes 10 targets for each source, the legacy API 5. */
export const languagePairs = (maxTargets: number) =>
  z
    .array(languagePair(maxTargets))
    .max(4)
    .refine((pairs) => new Set(pairs.map(({ source }) => source)).size === pairs.length, {
      error: 'names a source twice',
    });

/** What an update can change of a task, in the widest limits of both APIs. */
export const configurationSchema = z.object({
  languages,
  keywords: keywords.optional(),
  uidLanguagesConfig: uidLanguagesConfig.optional(),
  subscribeAudioUids: subscribeAudioUids.optional(),
  unSubscribeAudioUids: z.array(uid).min(1).max(5).optional(),
  translateConfig: z
    .strictObject({ enable: z.boolean().optional(), languages: languagePairs(10).optional() })
    .optional(),
});
export type Configuration = z.infer<typeof configurationSchema>;
export const configurationShape = configurationSchema.shape;

/** What `rtcConfig` has in both APIs. */
export const rtcFields = {
  channelName: z
    .string()
    .regex(CHANNEL_NAME, "must be 1 to 63 bytes of Agora's channel characters"),
  pubBotUid: uid,
  pubBotToken: z.string().optional(),
  subBotToken: z.string().optional(),
  subscribeAudioUids: configurationShape.subscribeAudioUids,
  unSubscribeAudioUids: configurationShape.unSubscribeAudioUids,
  cryptionMode: z.int().min(0).max(8).default(0),
  secret: z.string().min(1).optional(),
  salt: z
    .base64()
    .refine((salt) => Buffer.from(salt, 'base64').length === SALT_BYTES, {
      error: `must be ${SALT_BYTES} bytes in base64`,
    })
    .optional(),
  enableJsonProtocol: z.boolean().optional(),
};
const rtcObject = z.object(rtcFields);

/** The rules of both APIs between the fields of `rtcConfig`. */
export function checkRtcFields(rtc: z.infer<typeof rtcObject>, context: z.RefinementCtx): void {
  const faults = [
    rtc.subscribeAudioUids &&
      rtc.unSubscribeAudioUids &&
      'subscribeAudioUids and unSubscribeAudioUids exclude each other',
    rtc.cryptionMode > 0 &&
      rtc.secret === undefined &&
      'secret is required when cryptionMode is not 0',
    rtc.cryptionMode >= 7 &&
      rtc.salt === undefined &&
      'salt is required when cryptionMode is 7 or 8',
  ];
  for (const message of faults) {
    if (message) context.addIssue({ code: 'custom', message });
  }
}

/** Where captions go. The table of the reference spells `accesskey`, its examples `accessKey`; so for the secret. */
export const storageAt = (...vendors: readonly number[]) =>
  z
    .strictObject({
      accesskey: z.string().optional(),
      accessKey: z.string().optional(),
      secretkey: z.string().optional(),
      secretKey: z.string().optional(),
      bucket: z.string().min(1),
      vendor: z.literal(vendors),
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

export type CaptionStorage = z.infer<ReturnType<typeof storageAt>>;

export const sliceDuration = z.int().min(5).max(28_800).optional();

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
