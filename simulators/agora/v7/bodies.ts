import { z } from 'zod';
import {
  checkRtcFields,
  configurationShape,
  languagePairs,
  rtcFields,
  sliceDuration,
  storageAt,
  uid,
} from '../body-rules.ts';

const { languages, keywords, uidLanguagesConfig, subscribeAudioUids, translateConfig } =
  configurationShape;

const rtcConfig = z
  .strictObject({ ...rtcFields, subBotUid: uid.optional() })
  .superRefine(checkRtcFields)
  .refine((rtc) => rtc.subBotUid === undefined || rtc.subBotUid === rtc.pubBotUid, {
    error: 'subBotUid is always identical to pubBotUid',
  });

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
  sliceDuration,
  storage: storageAt(1, 2, 3, 5, 6, 7, 8, 11).optional(),
  extensionParams: extensionParams.optional(),
});

/** The body of `join` ("Start a Real-time STT agent", v7; `maxIdleTime` as of v7.2.3). */
export const joinBody = z
  .strictObject({
    name: z.string().min(1).max(64),
    languages,
    keywords,
    uidLanguagesConfig,
    maxIdleTime: z.int().min(0).max(259_200).default(30),
    rtcConfig,
    translateConfig: z.strictObject({ languages: languagePairs(10).optional() }).optional(),
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
  languages: languages.optional(),
  keywords,
  uidLanguagesConfig,
  rtcConfig: z.strictObject({ subscribeAudioUids }).optional(),
  translateConfig,
});
