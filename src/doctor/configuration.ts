import { PROVIDER_VARIABLES, type Config, type InspectedConfig } from '../config.ts';
import { VONAGE_VARIABLES } from '../settings/vonage.ts';
import { counted, fault, risk, unchecked, well, type Sight } from './finding.ts';

/** Where vendors are, whenever it is not where they really are. */
const ADDRESSES = [
  'AGORA_BASE_URL',
  'AGORA_CAPTION_STORAGE_ENDPOINT',
  'VIDEOSDK_BASE_URL',
  'AWS_ENDPOINT_URL',
  'AWS_ENDPOINT_URL_S3',
  'AWS_ENDPOINT_URL_TRANSCRIBE',
  'DURASCRIBE_SIMULATED_VONAGE_URL',
];
/** Who may be talked to without TLS. */
const HOSTS = ['VONAGE_RECORDING_HOSTS', 'DURASCRIBE_MEDIA_HOSTS'];
const RECEIVERS = 'DURASCRIBE_CALLBACK_HOSTS';

/** What is wrong with the variables, which vendors they turn on, and what is right but may surprise. */
export function configurationSights(
  inspected: InspectedConfig,
  environment: NodeJS.ProcessEnv,
): Sight[] {
  const wrong = new Set(inspected.faults.map(({ variable }) => variable));
  const right = Object.fromEntries(
    Object.entries(environment).filter(([name]) => !wrong.has(name)),
  );
  const others = [
    ...providerSights(inspected, environment),
    ...simulatedSights(inspected),
    ...callerSights(inspected.config),
    encryptionSight(inspected.config),
    ...missingSights(inspected.config),
    ...plainSights(right),
  ];
  return [
    ...inspected.faults.map(({ variable, message }) => {
      const isSet = Boolean(environment[variable]);
      const advice = isSet
        ? 'correct it; docs/configuration.md says what it takes'
        : 'set it, or unset the others of its group: docs/configuration.md';
      return fault(variable, message, advice);
    }),
    ...others.filter(({ subject }) => !wrong.has(subject)),
  ];
}

/** The variables that turn each provider, and recorded calls, on. */
const GROUPS = { ...PROVIDER_VARIABLES, vonage: VONAGE_VARIABLES };
type GroupName = keyof typeof GROUPS;
const PROVIDER_NAMES: readonly GroupName[] = [
  'agora',
  'agora-legacy',
  'videosdk',
  'amazon-transcribe',
  'vonage',
];

/** The variables because of which a provider is off that was wanted; null = it is on, or off by choice. */
export function brokenProvider(
  { dropped }: InspectedConfig,
  name: GroupName,
): readonly string[] | null {
  const isLegacy = name === 'agora-legacy';
  const group = dropped.find((one) =>
    isLegacy ? one.set.includes('AGORA_LEGACY') : one.name === name,
  );
  return group?.because ?? null;
}

function providerSights(inspected: InspectedConfig, environment: NodeJS.ProcessEnv): Sight[] {
  return PROVIDER_NAMES.map((name) => {
    if (isOn(inspected.config, name)) return well(name, 'on');
    const broken = brokenProvider(inspected, name);
    if (broken !== null) return unchecked(name, `off, because of ${broken.join(', ')}`);
    const missing = GROUPS[name].filter((variable) => !environment[variable]);
    // A switch may be set, to off.
    const wanted = missing.length > 0 ? missing : GROUPS[name].slice(-1);
    return unchecked(name, `off; turned on by ${wanted.join(', ')}`);
  });
}

function isOn({ providers, vonage }: Config, name: GroupName): boolean {
  return (name === 'vonage' ? vonage : providers[name]) !== null;
}

/** Whoever runs `npm start` with nothing set has all of it, in processes that know what nobody else does. */
function simulatedSights({ config, dropped }: InspectedConfig): Sight[] {
  if (dropped.length > 0 || PROVIDER_NAMES.some((name) => isOn(config, name))) return [];
  const found = 'what is not set `npm start` simulates, which can not be seen from here';
  return [unchecked('npm start', found)];
}

function callerSights({ apiKeys, callbacks: { secrets, hosts } }: Config): Sight[] {
  const keys =
    apiKeys.length > 0
      ? well('DURASCRIBE_API_KEYS', counted(apiKeys.length, 'key'))
      : risk(
          'DURASCRIBE_API_KEYS',
          'none: whoever is on the machine of the API may call it, and nobody else',
          'set one where the API is to be called from elsewhere: openssl rand -hex 32',
        );
  const towards = ['public https addresses', ...hosts].join(', ');
  const signing =
    secrets.length > 0
      ? well(
          'DURASCRIBE_WEBHOOK_SECRET',
          `callbacks to ${towards}, signed by ${counted(secrets.length, 'secret')}`,
        )
      : risk(
          'DURASCRIBE_WEBHOOK_SECRET',
          'not set: no start may have a callbackUrl',
          'set it to have callbacks: echo "whsec_$(openssl rand -base64 32)"',
        );
  return [keys, signing];
}

/** Whether whoever can read Temporal's database can read sessions. */
function encryptionSight({ encryptionKeys }: Config): Sight {
  const name = 'DURASCRIBE_ENCRYPTION_KEYS';
  if (encryptionKeys.length === 0) {
    const advice = `set it: echo "$(date +%Y-%m):$(openssl rand -base64 32)"; docs/encryption.md`;
    return risk(name, 'not set: whoever may look into Temporal reads all of every session', advice);
  }
  const keys = counted(encryptionKeys.length, 'key');
  return well(name, `what Temporal keeps is encrypted, by the first of ${keys}`);
}

/** What may be left out, and what is then missed. */
function missingSights(config: Config): Sight[] {
  const { agora, videosdk, 'amazon-transcribe': amazon } = config.providers;
  const isLive = agora !== null || videosdk !== null;
  const rows: readonly (readonly [boolean, string, string, string])[] = [
    [
      config.publicUrl === null && (isLive || amazon !== null),
      'DURASCRIBE_PUBLIC_URL',
      'not set: no webhook can come, and what happens at vendors is seen by looking, later',
      'set it to the https address at which the Internet reaches the API',
    ],
    [
      agora !== null && config.agoraNotificationSecret === null,
      'AGORA_NOTIFICATION_SECRET',
      `not set: no notification is taken, and a task's end is seen within ${config.watchMs / 1_000} s`,
      "set it to the secret of Notifications in Agora's console",
    ],
    [
      agora !== null && agora.captionStorage === null,
      'AGORA_CAPTION_STORAGE_BUCKET',
      "not set: Agora's sessions have no transcript",
      'set the four variables of caption storage: docs/agora.md',
    ],
    [
      isLive && config.transcripts === null,
      'S3_TRANSCRIPTS_BUCKET',
      'not set: live sessions keep no transcript',
      'set it to a bucket in AWS_REGION',
    ],
    [
      amazon !== null && config.transcriptionEventSecret === null,
      'DURASCRIBE_TRANSCRIPTION_EVENT_SECRET',
      'not set: no event of EventBridge is taken, and the end of a job is seen by looking, later',
      'set it, and give it to deploy/aws: docs/recorded-calls.md',
    ],
  ];
  return rows
    .filter(([isMissed]) => isMissed)
    .map(([, name, found, advice]) => risk(name, found, advice));
}

/** Whatever is spoken to without TLS: a simulator, or a mistake. */
function plainSights(environment: NodeJS.ProcessEnv): Sight[] {
  const isPlain = (name: string) =>
    (environment[name] ?? '').split(',').some((entry) => /^\s*http:/i.test(entry));
  const plain = [...ADDRESSES, ...HOSTS].filter(isPlain);
  const found = `http, as simulators are: ${plain.join(', ')}`;
  const toReceivers = `http, which everybody on the way can read: ${RECEIVERS}`;
  return [
    ...(plain.length === 0
      ? []
      : [risk('without TLS', found, 'unset what is not meant to be a simulator')]),
    ...(isPlain(RECEIVERS)
      ? [risk('callbacks', toReceivers, 'name the hosts that have TLS without http:// and port')]
      : []),
  ];
}
