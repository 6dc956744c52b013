import { z } from 'zod';
import { MAX_TOKEN_SECONDS } from '../providers/agora/rtc-token.ts';
import type { AgoraSettings, CaptionStorage, EncryptionKey } from '../providers/agora/settings.ts';
import type { AgoraLegacySettings } from '../providers/agora-legacy/provider.ts';
import { list, origin, seconds } from './variables.ts';

/** What Agora needs: the project's app id and certificate, and a RESTful API key of its account. */
export const AGORA_VARIABLES = [
  'AGORA_APP_ID',
  'AGORA_APP_CERTIFICATE',
  'AGORA_CUSTOMER_ID',
  'AGORA_CUSTOMER_SECRET',
] as const;
export const CAPTION_VARIABLES = [
  'AGORA_CAPTION_STORAGE_REGION',
  'AGORA_CAPTION_STORAGE_BUCKET',
  'AGORA_CAPTION_STORAGE_ACCESS_KEY',
  'AGORA_CAPTION_STORAGE_SECRET_KEY',
] as const;

const hex32 = z.string().regex(/^[0-9a-f]{32}$/i, 'must be 32 hex digits');

export const AgoraEnvironment = z.object({
  AGORA_APP_ID: hex32.optional(),
  AGORA_APP_CERTIFICATE: hex32.optional(),
  AGORA_CUSTOMER_ID: z.string().optional(),
  AGORA_CUSTOMER_SECRET: z.string().optional(),
  AGORA_BASE_URL: origin.default('https://api.agora.io'),
  AGORA_NOTIFICATION_SECRET: z.string().optional(),
  AGORA_DEFAULT_LANGUAGES: list.default(['en-US', 'es-ES']),
  AGORA_MAX_TOKEN_SECONDS: seconds.min(20).max(MAX_TOKEN_SECONDS).default(MAX_TOKEN_SECONDS),
  AGORA_MAX_TASK_SECONDS: seconds.optional(),
  AGORA_LEGACY: z.stringbool().default(false),
  AGORA_LEGACY_BODY: z.enum(['v4', 'v6']).default('v6'),
  AGORA_CAPTION_STORAGE_VENDOR: z.coerce.number().int().min(0).default(1),
  AGORA_CAPTION_STORAGE_REGION: z.coerce.number().int().min(0).optional(),
  AGORA_CAPTION_STORAGE_BUCKET: z.string().optional(),
  AGORA_CAPTION_STORAGE_ACCESS_KEY: z.string().optional(),
  AGORA_CAPTION_STORAGE_SECRET_KEY: z.string().optional(),
  AGORA_CAPTION_STORAGE_PREFIX: z
    .string()
    .regex(/^[A-Za-z0-9]+(\/[A-Za-z0-9]+)*$/, 'must be letters and digits, with / between them')
    .max(128)
    .default('durascribe'),
  AGORA_CAPTION_STORAGE_ENDPOINT: origin.optional(),
  S3_FORCE_PATH_STYLE: z.stringbool().default(false),
});
type Data = z.infer<typeof AgoraEnvironment>;

/** Agora's settings; null where its variables are not set. `set` has the variables with names of the user's choice. */
export function agoraSettings(data: Data, set: NodeJS.ProcessEnv): AgoraSettings | null {
  const {
    AGORA_APP_ID: appId,
    AGORA_APP_CERTIFICATE: appCertificate,
    AGORA_CUSTOMER_ID: customerId,
    AGORA_CUSTOMER_SECRET: customerSecret,
  } = data;
  if (appId === undefined || appCertificate === undefined) return null;
  if (customerId === undefined || customerSecret === undefined) return null;
  return {
    baseUrl: data.AGORA_BASE_URL,
    appId,
    appCertificate,
    customerId,
    customerSecret,
    maxTokenSeconds: data.AGORA_MAX_TOKEN_SECONDS,
    maxTaskSeconds: data.AGORA_MAX_TASK_SECONDS ?? null,
    captionStorage: captionStorage(data),
    encryptionKeys: encryptionKeys(set),
  };
}

/** The settings of the API before v7; null where it is off. */
export function agoraLegacySettings(
  data: Data,
  agora: AgoraSettings | null,
): AgoraLegacySettings | null {
  return agora && data.AGORA_LEGACY ? { ...agora, bodyShape: data.AGORA_LEGACY_BODY } : null;
}

function captionStorage(data: Data): CaptionStorage | null {
  const {
    AGORA_CAPTION_STORAGE_REGION: region,
    AGORA_CAPTION_STORAGE_BUCKET: bucket,
    AGORA_CAPTION_STORAGE_ACCESS_KEY: accessKey,
    AGORA_CAPTION_STORAGE_SECRET_KEY: secretKey,
  } = data;
  if (region === undefined || bucket === undefined) return null;
  if (accessKey === undefined || secretKey === undefined) return null;
  const vendor = data.AGORA_CAPTION_STORAGE_VENDOR;
  const prefix = data.AGORA_CAPTION_STORAGE_PREFIX.split('/');
  const endpoint = data.AGORA_CAPTION_STORAGE_ENDPOINT ?? null;
  const forcePathStyle = data.S3_FORCE_PATH_STYLE;
  return { vendor, region, bucket, accessKey, secretKey, prefix, endpoint, forcePathStyle };
}

/** `AGORA_ENCRYPTION_SECRET_<name>`, with its `AGORA_ENCRYPTION_SALT_<name>` where there is one. */
function encryptionKeys(set: NodeJS.ProcessEnv): { readonly [name: string]: EncryptionKey } {
  const prefix = 'AGORA_ENCRYPTION_SECRET_';
  const entries = Object.entries(set).flatMap(([variable, secret]): [string, EncryptionKey][] => {
    if (!variable.startsWith(prefix) || secret === undefined) return [];
    const name = variable.slice(prefix.length);
    return [[name, { secret, salt: set[`AGORA_ENCRYPTION_SALT_${name}`] ?? null }]];
  });
  return Object.fromEntries(entries);
}
