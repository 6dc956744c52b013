import { z } from 'zod';
import type { ConfigurationField } from '../../domain/configuration.ts';
import type { TaskStart } from '../../domain/task.ts';
import { uidList } from '../field-forms.ts';
import type { AgoraSettings } from './settings.ts';

/** Agora's numbers of the encryption modes (v6 and v7, rtcConfig.cryptionMode). */
const ENCRYPTION_MODES = {
  AES_128_XTS: 1,
  AES_128_ECB: 2,
  AES_256_XTS: 3,
  SM4_128_ECB: 4,
  AES_128_GCM: 5,
  AES_256_GCM: 6,
  AES_128_GCM2: 7,
  AES_256_GCM2: 8,
} as const;
/** The modes from here on want a salt. */
const FIRST_SALTED_MODE = 7;

/** How many uids can be left out (v6 start, v7 join: unSubscribeAudioUids). */
export const MAX_UNSUBSCRIBED = 5;

const modes = z.literal(Object.keys(ENCRYPTION_MODES));

/** What a session can have besides its configuration, and what can't change while it lives. */
export const AgoraOptions = z.object({
  unSubscribeAudioUids: uidList(MAX_UNSUBSCRIBED)
    .optional()
    .meta({ description: 'The UIDs not to transcribe, instead of those to transcribe.' }),
  encryption: z
    .strictObject({
      mode: modes,
      key: z.string().meta({ description: 'The name of a key: AGORA_ENCRYPTION_SECRET_<key>.' }),
    })
    .optional()
    .meta({ description: "The channel's encryption." }),
  captions: z
    .strictObject({ sliceSeconds: z.int().min(5).max(28_800).default(60) })
    .optional()
    .meta({
      description: 'Has Agora upload captions, which a transcript is made from.',
    }),
});
export type AgoraOptions = z.infer<typeof AgoraOptions>;

/** The name of each field in a body, and its path in an `updateMask` (v6 and v7, update). */
export const MASKS = {
  languages: 'languages',
  subscribeAudioUids: 'rtcConfig.subscribeAudioUids',
  uidLanguages: 'uidLanguagesConfig',
  translation: 'translateConfig',
  keywords: 'keywords',
} as const satisfies Record<ConfigurationField, string>;

/** What is wrong with `options` for a project with these settings: each fault with its path. */
export function optionFaults(
  { encryption, captions }: AgoraOptions,
  settings: AgoraSettings,
): { path: string[]; message: string }[] {
  const faults: { path: string[]; message: string }[] = [];
  if (captions && settings.captionStorage === null) {
    faults.push({
      path: ['captions'],
      message: 'needs AGORA_CAPTION_STORAGE_BUCKET and its kin set',
    });
  }
  if (!encryption) return faults;
  const key = keyOf(settings, encryption.key);
  const path = ['encryption', 'key'];
  if (!key) {
    faults.push({
      path,
      message: `is unknown: no AGORA_ENCRYPTION_SECRET_${encryption.key} is set`,
    });
  } else if (modeOf(encryption.mode) >= FIRST_SALTED_MODE && key.salt === null) {
    const message = `needs AGORA_ENCRYPTION_SALT_${encryption.key} set, for ${encryption.mode} wants a salt`;
    faults.push({ path, message });
  }
  return faults;
}

/** The part of a start body that v6 and v7 share: all but names, bots and tokens. */
export function startBody(start: TaskStart, settings: AgoraSettings) {
  const options = AgoraOptions.parse(start.options);
  const { unSubscribeAudioUids, captions } = options;
  const { languages, subscribeAudioUids, ...rest } = start.configuration;
  return {
    languages,
    maxIdleTime: start.maxIdleSeconds,
    ...updatableBody(rest),
    ...(captions && settings.captionStorage
      ? { captionConfig: captionConfig(captions.sliceSeconds, settings.captionStorage) }
      : {}),
    rtcConfig: {
      channelName: start.channel,
      ...(unSubscribeAudioUids ? { unSubscribeAudioUids } : { subscribeAudioUids }),
      ...encryptionConfig(options, settings),
    },
  };
}

/** The body of an update: exactly `fields` of the configuration, complete, for the vendor replaces what it gets. */
export function updateBody(
  configuration: TaskStart['configuration'],
  fields: readonly ConfigurationField[],
): Record<string, unknown> {
  const { languages, subscribeAudioUids, ...rest } = configuration;
  const wanted = (field: ConfigurationField) => fields.includes(field);
  return {
    ...(wanted('languages') ? { languages } : {}),
    ...(wanted('subscribeAudioUids') ? { rtcConfig: { subscribeAudioUids } } : {}),
    ...updatableBody({
      ...(wanted('uidLanguages') ? { uidLanguages: rest.uidLanguages ?? [] } : {}),
      ...(wanted('translation') ? { translation: rest.translation ?? [] } : {}),
      ...(wanted('keywords') ? { keywords: rest.keywords ?? [] } : {}),
    }),
  };
}

type Rest = Pick<Partial<TaskStart['configuration']>, 'uidLanguages' | 'translation' | 'keywords'>;

function updatableBody({ uidLanguages, translation, keywords }: Rest): Record<string, unknown> {
  return {
    ...(uidLanguages ? { uidLanguagesConfig: uidLanguages } : {}),
    ...(translation
      ? {
          translateConfig: {
            languages: translation.map(({ source, targets }) => ({ source, target: targets })),
          },
        }
      : {}),
    ...(keywords ? { keywords } : {}),
  };
}

function captionConfig(
  sliceDuration: number,
  storage: NonNullable<AgoraSettings['captionStorage']>,
) {
  const { vendor, region, bucket, accessKey, secretKey, prefix: fileNamePrefix } = storage;
  return {
    sliceDuration,
    storage: { vendor, region, bucket, accessKey, secretKey, fileNamePrefix },
    // Where the guide has it (Record captions, extensionParams); the API's description has it one level up.
    ...(storage.endpoint === null
      ? {}
      : { extensionParams: { endpoint: storage.endpoint, type: 's3' } }),
  };
}

function encryptionConfig({ encryption }: AgoraOptions, settings: AgoraSettings) {
  if (!encryption) return {};
  const key = keyOf(settings, encryption.key);
  if (!key) throw new Error(`no AGORA_ENCRYPTION_SECRET_${encryption.key} is set in this worker`);
  const cryptionMode = modeOf(encryption.mode);
  const salt = cryptionMode >= FIRST_SALTED_MODE ? { salt: key.salt } : {};
  return { cryptionMode, secret: key.secret, ...salt };
}

function modeOf(name: string): number {
  return Object.entries(ENCRYPTION_MODES).find(([known]) => known === name)?.[1] ?? 0;
}

function keyOf({ encryptionKeys }: AgoraSettings, name: string) {
  return Object.hasOwn(encryptionKeys, name) ? encryptionKeys[name] : undefined;
}
