import { existsSync } from 'node:fs';
import { z } from 'zod';
import type { LiveProviderName } from './domain/session.ts';
import { MAX_TOKEN_SECONDS } from './providers/agora/rtc-token.ts';
import type { AgoraSettings, CaptionStorage, EncryptionKey } from './providers/agora/settings.ts';
import type { AgoraLegacySettings } from './providers/agora-legacy/provider.ts';
import type { VideosdkSettings } from './providers/videosdk/settings.ts';
import type { BucketSettings } from './storage/object-store.ts';

/** What Agora needs: the project's app id and certificate, and a RESTful API key of its account. */
const AGORA_VARIABLES = [
  'AGORA_APP_ID',
  'AGORA_APP_CERTIFICATE',
  'AGORA_CUSTOMER_ID',
  'AGORA_CUSTOMER_SECRET',
] as const;
const CAPTION_VARIABLES = [
  'AGORA_CAPTION_STORAGE_REGION',
  'AGORA_CAPTION_STORAGE_BUCKET',
  'AGORA_CAPTION_STORAGE_ACCESS_KEY',
  'AGORA_CAPTION_STORAGE_SECRET_KEY',
] as const;
const VIDEOSDK_VARIABLES = ['VIDEOSDK_API_KEY', 'VIDEOSDK_SECRET'] as const;
/** The variables that belong together: all of a group, or none. */
const GROUPS = {
  agora: AGORA_VARIABLES,
  'caption storage': CAPTION_VARIABLES,
  videosdk: VIDEOSDK_VARIABLES,
} as const;

const port = z.coerce.number().int().min(0).max(65_535);
const seconds = z.coerce.number().int().min(1);
const hex32 = z.string().regex(/^[0-9a-f]{32}$/i, 'must be 32 hex digits');
const origin = z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/+$/, ''));
const list = z.string().transform((text) => text.split(',').map((member) => member.trim()));

const Environment = z.object({
  DURASCRIBE_HOST: z
    .string()
    .regex(
      /^(127(\.\d{1,3}){3}|localhost|::1)$/,
      'must be a loopback address: the API has no keys yet',
    )
    .default('127.0.0.1'),
  DURASCRIBE_PORT: port.default(3000),
  DURASCRIBE_TASK_QUEUE: z.string().min(1).max(200).default('transcription'),
  DURASCRIBE_TEMPORAL_UI_URL: origin.default('http://127.0.0.1:8233'),
  DURASCRIBE_PUBLIC_URL: origin.optional(),
  DURASCRIBE_TRANSCRIPT_WAIT_SECONDS: seconds.default(1_800),
  DURASCRIBE_WATCH_SECONDS: seconds.max(86_400).default(60),
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
  VIDEOSDK_API_KEY: z.string().optional(),
  VIDEOSDK_SECRET: z.string().optional(),
  VIDEOSDK_BASE_URL: origin.default('https://api.videosdk.live'),
  AWS_REGION: z.string().default('us-east-1'),
  S3_TRANSCRIPTS_BUCKET: z.string().optional(),
  S3_FORCE_PATH_STYLE: z.stringbool().default(false),
});

export type Config = {
  readonly host: string;
  readonly port: number;
  readonly taskQueue: string;
  /** Where operators look at workflows. */
  readonly temporalUiUrl: string;
  /** How often a running task is looked at. */
  readonly watchMs: number;
  /** The settings of every provider; null where its variables are not set. */
  readonly providers: {
    readonly agora: AgoraSettings | null;
    readonly 'agora-legacy': AgoraLegacySettings | null;
    readonly videosdk: VideosdkSettings | null;
  };
  /** The bucket that transcripts are kept in; null = they are not kept. */
  readonly transcripts: BucketSettings | null;
  /** How long after a session's end the rest of its transcript is waited for. */
  readonly transcriptWaitMs: number;
  /** The languages of a session that is started by the endpoints of Agora's Astro guide. */
  readonly defaultLanguages: readonly string[];
  /** Proves that a notification is Agora's; null = none is taken. */
  readonly agoraNotificationSecret: string | null;
};

/** The variables that turn each provider on. */
export const PROVIDER_VARIABLES = {
  agora: AGORA_VARIABLES,
  'agora-legacy': [...AGORA_VARIABLES, 'AGORA_LEGACY'],
  videosdk: VIDEOSDK_VARIABLES,
} as const satisfies Record<LiveProviderName, readonly string[]>;

/** Reads `.env` if there is one, then the environment. Throws an Error that names every variable at fault. */
export function readConfig(): Config {
  if (existsSync('.env')) process.loadEnvFile('.env');
  return parseConfig(process.env);
}

/** The configuration in `variables`; an empty variable counts as unset. Throws as `readConfig` does. */
export function parseConfig(variables: NodeJS.ProcessEnv): Config {
  const set = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''));
  const { data, error } = Environment.safeParse(set);
  const faults = [
    ...(error?.issues ?? []).map(({ path, message }) => `  ${path.join('.')}: ${message}`),
    ...halfSetFaults(set),
  ];
  if (data === undefined || faults.length > 0) {
    throw new Error(`The environment is not right:\n${faults.join('\n')}`);
  }
  const agora = agoraSettings(data, encryptionKeys(set));
  return {
    host: data.DURASCRIBE_HOST,
    port: data.DURASCRIBE_PORT,
    taskQueue: data.DURASCRIBE_TASK_QUEUE,
    temporalUiUrl: data.DURASCRIBE_TEMPORAL_UI_URL,
    watchMs: data.DURASCRIBE_WATCH_SECONDS * 1_000,
    providers: {
      agora,
      'agora-legacy':
        agora && data.AGORA_LEGACY ? { ...agora, bodyShape: data.AGORA_LEGACY_BODY } : null,
      videosdk: videosdkSettings(data),
    },
    transcripts: transcriptBucket(data),
    transcriptWaitMs: data.DURASCRIBE_TRANSCRIPT_WAIT_SECONDS * 1_000,
    defaultLanguages: data.AGORA_DEFAULT_LANGUAGES,
    agoraNotificationSecret: data.AGORA_NOTIFICATION_SECRET ?? null,
  };
}

/** A group of variables that is set in part is a mistake; so is the legacy API without a project. */
function halfSetFaults(set: NodeJS.ProcessEnv): string[] {
  return Object.entries(GROUPS).flatMap(([group, names]) => {
    const missing = names.filter((name) => set[name] === undefined);
    const isWanted =
      group === 'agora' && z.stringbool().safeParse(set['AGORA_LEGACY']).data === true;
    if (missing.length === names.length && !isWanted) return [];
    return missing.map(
      (name) => `  ${name}: must be set too, for ${group} needs all of its variables`,
    );
  });
}

function agoraSettings(
  data: z.infer<typeof Environment>,
  keys: AgoraSettings['encryptionKeys'],
): AgoraSettings | null {
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
    encryptionKeys: keys,
  };
}

function videosdkSettings(data: z.infer<typeof Environment>): VideosdkSettings | null {
  const { VIDEOSDK_API_KEY: apiKey, VIDEOSDK_SECRET: secret, DURASCRIBE_PUBLIC_URL: ours } = data;
  if (apiKey === undefined || secret === undefined) return null;
  const webhookUrl = ours === undefined ? null : `${ours}/webhooks/videosdk`;
  return { baseUrl: data.VIDEOSDK_BASE_URL, apiKey, secret, webhookUrl };
}

function transcriptBucket(data: z.infer<typeof Environment>): BucketSettings | null {
  const { S3_TRANSCRIPTS_BUCKET: bucket, AWS_REGION: region } = data;
  if (bucket === undefined) return null;
  return {
    bucket,
    region,
    forcePathStyle: data.S3_FORCE_PATH_STYLE,
    credentials: null,
    endpoint: null,
  };
}

function captionStorage(data: z.infer<typeof Environment>): CaptionStorage | null {
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
