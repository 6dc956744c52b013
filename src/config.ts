import { existsSync } from 'node:fs';
import { z } from 'zod';

/** What `agora` needs: the project's app id and certificate, and a RESTful API key of its account. */
const AGORA_VARIABLES = [
  'AGORA_APP_ID',
  'AGORA_APP_CERTIFICATE',
  'AGORA_CUSTOMER_ID',
  'AGORA_CUSTOMER_SECRET',
] as const;

const port = z.coerce.number().int().min(0).max(65_535);
const seconds = z.coerce.number().int().min(1).max(86_400);
const hex32 = z.string().regex(/^[0-9a-f]{32}$/i, 'must be 32 hex digits');
const origin = z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/+$/, ''));

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
  DURASCRIBE_WATCH_SECONDS: seconds.default(60),
  AGORA_APP_ID: hex32.optional(),
  AGORA_APP_CERTIFICATE: hex32.optional(),
  AGORA_CUSTOMER_ID: z.string().optional(),
  AGORA_CUSTOMER_SECRET: z.string().optional(),
  AGORA_BASE_URL: origin.default('https://api.agora.io'),
});

type AgoraConfig = {
  readonly baseUrl: string;
  readonly appId: string;
  readonly appCertificate: string;
  readonly customerId: string;
  readonly customerSecret: string;
};

export type Config = {
  readonly host: string;
  readonly port: number;
  readonly taskQueue: string;
  /** Where operators look at workflows. */
  readonly temporalUiUrl: string;
  /** How often a running task is looked at. */
  readonly watchMs: number;
  /** Null when none of its variables is set. */
  readonly agora: AgoraConfig | null;
};

/** The variables that turn each provider on. */
export const PROVIDER_VARIABLES = { agora: AGORA_VARIABLES } as const;

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
  return {
    host: data.DURASCRIBE_HOST,
    port: data.DURASCRIBE_PORT,
    taskQueue: data.DURASCRIBE_TASK_QUEUE,
    temporalUiUrl: data.DURASCRIBE_TEMPORAL_UI_URL,
    watchMs: data.DURASCRIBE_WATCH_SECONDS * 1_000,
    agora: agoraConfig(data),
  };
}

/** A provider is on or off: one whose variables are set in part is a mistake. */
function halfSetFaults(set: NodeJS.ProcessEnv): string[] {
  return Object.entries(PROVIDER_VARIABLES).flatMap(([provider, names]) => {
    const missing = names.filter((name) => set[name] === undefined);
    if (missing.length === names.length) return [];
    return missing.map(
      (name) => `  ${name}: must be set too, for ${provider} needs all of its variables`,
    );
  });
}

function agoraConfig(data: z.infer<typeof Environment>): AgoraConfig | null {
  const {
    AGORA_APP_ID: appId,
    AGORA_APP_CERTIFICATE: appCertificate,
    AGORA_CUSTOMER_ID: customerId,
    AGORA_CUSTOMER_SECRET: customerSecret,
    AGORA_BASE_URL: baseUrl,
  } = data;
  if (appId === undefined || appCertificate === undefined) return null;
  if (customerId === undefined || customerSecret === undefined) return null;
  return { baseUrl, appId, appCertificate, customerId, customerSecret };
}
