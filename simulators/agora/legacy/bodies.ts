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

const { languages, uidLanguagesConfig, subscribeAudioUids } = configurationShape;

/** The legacy API translates into fewer languages than v7. */
export const translations = languagePairs(5);

export const maxIdleTime = z.int().min(5).max(2_592_000).default(30);
export const storage = storageAt(1, 2, 3, 5, 6, 7, 8);

export const BOTS_DIFFER = 'the bot that publishes must not have the uid of the one that listens';

const rtcConfig = z
  .strictObject({ ...rtcFields, subBotUid: uid })
  .superRefine(checkRtcFields)
  .refine((rtc) => rtc.subBotUid !== rtc.pubBotUid, { path: ['pubBotUid'], error: BOTS_DIFFER });

/** "Acquire a builder token". */
export const acquireBody = z.strictObject({
  instanceId: z.string().regex(/^[\w-]{1,64}$/, 'must be 1 to 64 of a-z, A-Z, 0-9, - and _'),
});

/** "Start a Real-time STT task", v6. */
export const startBody = z.strictObject({
  languages,
  uidLanguagesConfig,
  maxIdleTime,
  rtcConfig,
  translateConfig: z.strictObject({ languages: translations }).optional(),
  captionConfig: z.strictObject({ sliceDuration, storage }).optional(),
});

/** "Update task configuration", v6: nothing else changes while it runs. */
export const updateBody = z.strictObject({
  languages: languages.optional(),
  uidLanguagesConfig,
  rtcConfig: z.strictObject({ subscribeAudioUids }).optional(),
  translateConfig: z
    .strictObject({ enable: z.boolean().optional(), languages: translations.optional() })
    .optional(),
});
