import { existsSync } from 'node:fs';
import { z } from 'zod';
import { inPlainWords } from './domain/plain-words.ts';
import type { ProviderName } from './domain/sessions.ts';
import type { AgoraSettings } from './providers/agora/settings.ts';
import type { AgoraLegacySettings } from './providers/agora-legacy/provider.ts';
import type { VideosdkSettings } from './providers/videosdk/settings.ts';
import type { VonageSettings } from './providers/vonage/settings.ts';
import { accessFaults, AccessEnvironment, type ApiKey } from './settings/access.ts';
import {
  AGORA_VARIABLES,
  AgoraEnvironment,
  agoraLegacySettings,
  agoraSettings,
  CAPTION_VARIABLES,
} from './settings/agora.ts';
import {
  AMAZON_VARIABLES,
  AmazonEnvironment,
  recordingSettings,
  transcriptsBucket,
  type RecordingSettings,
} from './settings/amazon.ts';
import type { CallbackSettings } from './callbacks/receivers.ts';
import { CallbackEnvironment, callbackFaults, callbackSettings } from './settings/callbacks.ts';
import {
  DEPLOYMENT_VARIABLES,
  DeploymentEnvironment,
  deploymentVersion,
  type DeploymentVersion,
} from './settings/deployment.ts';
import { MetricsEnvironment, type MetricsAddress } from './settings/metrics.ts';
import { EncryptionEnvironment, type EncryptionKey } from './settings/encryption.ts';
import {
  ReconcileEnvironment,
  reconcileFaults,
  reconcileSettings,
  type ReconcileSettings,
} from './settings/reconcile.ts';
import { origin, seconds, type ConfigFault } from './settings/variables.ts';
import { areTracesWanted, TelemetryEnvironment, type LogLevel } from './settings/telemetry.ts';
import { VIDEOSDK_VARIABLES, VideosdkEnvironment, videosdkSettings } from './settings/videosdk.ts';
import {
  VONAGE_VARIABLES,
  VonageEnvironment,
  vonageSettings,
  withPrivateKey,
} from './settings/vonage.ts';
import type { BucketSettings } from './storage/object-store.ts';

const Environment = z.object({
  DURASCRIBE_PORT: z.coerce.number().int().min(0).max(65_535).default(3000),
  DURASCRIBE_TASK_QUEUE: z.string().min(1).max(200).default('transcription'),
  DURASCRIBE_TEMPORAL_UI_URL: origin.default('http://127.0.0.1:8233'),
  DURASCRIBE_PUBLIC_URL: origin.optional(),
  DURASCRIBE_TRANSCRIPT_WAIT_SECONDS: seconds.max(6 * 86_400).default(1_800),
  DURASCRIBE_TRANSCRIPTION_EVENT_SECRET: z.string().min(8).optional(),
  DURASCRIBE_SIMULATED_VONAGE_URL: origin.optional(),
  DURASCRIBE_WATCH_SECONDS: seconds.max(86_400).default(60),
  DURASCRIBE_WORKFLOW_BUNDLE: z.string().optional(),
  DURASCRIBE_CACHED_SESSIONS: z.coerce.number().int().min(2).max(100_000).optional(),
  ...AccessEnvironment.shape,
  ...DeploymentEnvironment.shape,
  ...EncryptionEnvironment.shape,
  ...ReconcileEnvironment.shape,
  ...MetricsEnvironment.shape,
  ...TelemetryEnvironment.shape,
  ...CallbackEnvironment.shape,
  ...AgoraEnvironment.shape,
  ...VideosdkEnvironment.shape,
  ...AmazonEnvironment.shape,
  ...VonageEnvironment.shape,
});

export type Config = {
  readonly host: string;
  readonly port: number;
  /** Who may call the API; none = whoever is on this machine. */
  readonly apiKeys: readonly ApiKey[];
  /** How many requests each of them may send. */
  readonly requestsPerMinute: number;
  /** What Temporal keeps is encrypted by the first of them, and read by all; none = it is in the clear. */
  readonly encryptionKeys: readonly EncryptionKey[];
  /** How sessions tell others what happens to them. */
  readonly callbacks: CallbackSettings;
  readonly taskQueue: string;
  /** Which version of the workers this one is; null = they have none. */
  readonly deployment: DeploymentVersion | null;
  /** Where vendors reach us; null = nowhere. */
  readonly publicUrl: string | null;
  /** Where operators look at workflows. */
  readonly temporalUiUrl: string;
  /** The file that has the code of the workflows; null = the worker makes it of its sources. */
  readonly workflowBundle: string | null;
  /** How often a running task is looked at. */
  readonly watchMs: number;
  /** Where the worker serves its metrics and its health; null = nowhere. */
  readonly metricsAddress: MetricsAddress | null;
  /** How many sessions a worker keeps in memory; null = as many as suit it. */
  readonly cachedSessions: number | null;
  /** How what sessions have left at their vendors is looked for. */
  readonly reconcile: ReconcileSettings;
  /** The least that is logged. */
  readonly logLevel: LogLevel;
  /** Whether OpenTelemetry's own variables want traces. */
  readonly areTracesWanted: boolean;
  /** The settings of every provider; null where its variables are not set. */
  readonly providers: {
    readonly agora: AgoraSettings | null;
    readonly 'agora-legacy': AgoraLegacySettings | null;
    readonly videosdk: VideosdkSettings | null;
    readonly 'amazon-transcribe': RecordingSettings | null;
  };
  /** Null = no calls are recorded. */
  readonly vonage: VonageSettings | null;
  /** The bucket that transcripts are kept in; null = they are not kept. */
  readonly transcripts: BucketSettings | null;
  /** How long after a session's end the rest of its transcript is waited for. */
  readonly transcriptWaitMs: number;
  /** The languages of a session that is started by the endpoints of Agora's Astro guide. */
  readonly defaultLanguages: readonly string[];
  /** Proves that a notification is Agora's; null = none is taken. */
  readonly agoraNotificationSecret: string | null;
  /** Proves that an event is EventBridge's; null = none is taken. */
  readonly transcriptionEventSecret: string | null;
  /** Where a simulated Vonage can be asked for a call; null = there is none. */
  readonly simulatedVonageUrl: string | null;
};

/** The variables that turn each provider on. */
export const PROVIDER_VARIABLES = {
  agora: AGORA_VARIABLES,
  'agora-legacy': [...AGORA_VARIABLES, 'AGORA_LEGACY'],
  videosdk: VIDEOSDK_VARIABLES,
  'amazon-transcribe': AMAZON_VARIABLES,
} as const satisfies Record<ProviderName, readonly string[]>;

/** The variables that belong together: all of a group, or none; it is wanted where one that `wants` it is set. */
const GROUPS: readonly Group[] = [
  {
    name: 'agora',
    variables: AGORA_VARIABLES,
    wants: [...AGORA_VARIABLES, 'AGORA_LEGACY'],
    address: 'AGORA_BASE_URL',
  },
  { name: 'caption storage', variables: CAPTION_VARIABLES, wants: CAPTION_VARIABLES },
  {
    name: 'videosdk',
    variables: VIDEOSDK_VARIABLES,
    wants: VIDEOSDK_VARIABLES,
    address: 'VIDEOSDK_BASE_URL',
  },
  { name: 'amazon-transcribe', variables: AMAZON_VARIABLES, wants: ['S3_AUDIO_BUCKET'] },
  { name: 'vonage', variables: VONAGE_VARIABLES, wants: VONAGE_VARIABLES.slice(0, 3) },
  { name: 'versioning', variables: DEPLOYMENT_VARIABLES, wants: DEPLOYMENT_VARIABLES },
];
type GroupName =
  | 'agora'
  | 'caption storage'
  | 'videosdk'
  | 'amazon-transcribe'
  | 'vonage'
  | 'versioning';
type Group = {
  readonly name: GroupName;
  readonly variables: readonly string[];
  readonly wants: readonly string[];
  /** Where the credentials go; unknown, they must not go elsewhere. */
  readonly address?: string;
};

/** Reads `.env` if there is one, then the environment. Throws an Error that names every variable at fault. */
export function readConfig(): Config {
  return parseConfig(readEnvironment());
}

/** The environment, with what `.env` adds to it where there is one. */
export function readEnvironment(): NodeJS.ProcessEnv {
  if (existsSync('.env')) process.loadEnvFile('.env');
  return process.env;
}

/** The configuration in `variables`; an empty variable counts as unset. Throws as `readConfig` does. */
export function parseConfig(variables: NodeJS.ProcessEnv): Config {
  const { faults, config } = inspectConfig(variables);
  if (faults.length === 0) return config;
  const lines = faults.map(({ variable, message }) => `  ${variable}: ${message}`);
  throw new Error(`The environment is not right:\n${lines.join('\n')}`);
}

/** A group of variables that was wanted, and can't be. */
type DroppedGroup = {
  readonly name: GroupName;
  /** The variables that are wrong. */
  readonly because: readonly string[];
  /** Those that were set, and would have turned it on. */
  readonly set: readonly string[];
};

/** A configuration with all that is wrong with it. */
export type InspectedConfig = {
  readonly faults: readonly ConfigFault[];
  /** The groups that were left out because of the faults. */
  readonly dropped: readonly DroppedGroup[];
  /** What is left. */
  readonly config: Config;
};

/** Every fault in `variables`, and the configuration that is left without what is at fault. */
export function inspectConfig(variables: NodeJS.ProcessEnv): InspectedConfig {
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''));
  return inspect(withPrivateKey(given));
}

function inspect(set: NodeJS.ProcessEnv): InspectedConfig {
  const { data, error } = Environment.safeParse(set);
  const faults = [
    ...(error?.issues ?? []).map((issue) => ({
      variable: issue.path.join('.'),
      message: inPlainWords(issue.message, issue),
    })),
    ...accessFaults(set),
    ...halfSetFaults(set),
    ...(data ? callbackFaults(data, data.VONAGE_TRANSCRIPTION.callbackUrl) : []),
    ...(data ? reconcileFaults(data) : []),
  ];
  if (data !== undefined && faults.length === 0) {
    return { faults, dropped: [], config: configOf(data, set) };
  }
  const wrong = faults.map(({ variable }) => variable);
  const groups = GROUPS.filter((group) => isWanted(group, set)).flatMap((group) => {
    const because = wrong.filter((name) => [...group.variables, group.address].includes(name));
    const ofGroup = group.wants.filter((name) => set[name] !== undefined);
    return because.length === 0 ? [] : [{ name: group.name, because, set: ofGroup }];
  });
  const left = new Set([...wrong, ...groups.flatMap((group) => group.set)]);
  const kept = Object.fromEntries(Object.entries(set).filter(([name]) => !left.has(name)));
  const { config, dropped } = inspect(kept);
  return { faults, dropped: [...groups, ...dropped], config };
}

function configOf(data: z.infer<typeof Environment>, set: NodeJS.ProcessEnv): Config {
  const agora = agoraSettings(data, set);
  const publicUrl = data.DURASCRIBE_PUBLIC_URL ?? null;
  return {
    publicUrl,
    host: data.DURASCRIBE_HOST,
    port: data.DURASCRIBE_PORT,
    apiKeys: data.DURASCRIBE_API_KEYS,
    requestsPerMinute: data.DURASCRIBE_RATE_LIMIT_PER_MINUTE,
    encryptionKeys: data.DURASCRIBE_ENCRYPTION_KEYS,
    callbacks: callbackSettings(data),
    taskQueue: data.DURASCRIBE_TASK_QUEUE,
    deployment: deploymentVersion(data),
    temporalUiUrl: data.DURASCRIBE_TEMPORAL_UI_URL,
    workflowBundle: data.DURASCRIBE_WORKFLOW_BUNDLE ?? null,
    watchMs: data.DURASCRIBE_WATCH_SECONDS * 1_000,
    metricsAddress: data.DURASCRIBE_METRICS_ADDRESS ?? null,
    cachedSessions: data.DURASCRIBE_CACHED_SESSIONS ?? null,
    reconcile: reconcileSettings(data),
    logLevel: data.DURASCRIBE_LOG_LEVEL,
    areTracesWanted: areTracesWanted(data),
    providers: {
      agora,
      'agora-legacy': agoraLegacySettings(data, agora),
      videosdk: videosdkSettings(data, publicUrl),
      'amazon-transcribe': recordingSettings(data),
    },
    vonage: vonageSettings(data, publicUrl),
    transcripts: transcriptsBucket(data),
    transcriptWaitMs: data.DURASCRIBE_TRANSCRIPT_WAIT_SECONDS * 1_000,
    defaultLanguages: data.AGORA_DEFAULT_LANGUAGES,
    agoraNotificationSecret: data.AGORA_NOTIFICATION_SECRET ?? null,
    transcriptionEventSecret: data.DURASCRIBE_TRANSCRIPTION_EVENT_SECRET ?? null,
    simulatedVonageUrl: data.DURASCRIBE_SIMULATED_VONAGE_URL ?? null,
  };
}

/** A group of variables that is set in part is a mistake. */
function halfSetFaults(set: NodeJS.ProcessEnv): ConfigFault[] {
  return GROUPS.filter((group) => isWanted(group, set)).flatMap(({ name: group, variables }) =>
    variables
      .filter((name) => set[name] === undefined)
      .map((variable) => ({
        variable,
        message: `must be set too, for ${group} needs all of its variables`,
      })),
  );
}

function isWanted({ wants }: Group, set: NodeJS.ProcessEnv): boolean {
  return wants.some((name) => {
    const isSwitch = name === 'AGORA_LEGACY';
    return isSwitch ? z.stringbool().safeParse(set[name]).data === true : set[name] !== undefined;
  });
}
