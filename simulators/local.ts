import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { createAgoraSimulator } from './agora/simulator.ts';
import {
  SIMULATED_AGORA,
  SIMULATED_S3,
  SIMULATED_VIDEOSDK,
  SIMULATED_VONAGE,
} from './credentials.ts';
import { createS3Simulator } from './s3/simulator.ts';
import { createTranscribeSimulator } from './transcribe/simulator.ts';
import { createVideosdkSimulator } from './videosdk/simulator.ts';
import { applicationKey, newApplicationKey } from './vonage/application-key.ts';
import { synthesised } from './vonage/recordings/audio.ts';
import { createVonageSimulator } from './vonage/simulator.ts';

const HOST = '127.0.0.1';
const TRANSCRIPTS_BUCKET = 'transcripts';
const CAPTIONS_BUCKET = 'captions';
const AUDIO_BUCKET = 'recordings';
/** A recording that is there from the start: an object in a bucket of the user's, and a file on the web. */
const SAMPLE = { bucket: 'media', name: 'two-voices.mp3', contentType: 'audio/mpeg' };

/** Whom to simulate, each at its port, and in words. */
export const SIMULATORS = {
  s3: { port: 4012, replaces: 'object storage', unset: 'S3_TRANSCRIPTS_BUCKET' },
  agora: { port: 4010, replaces: 'agora and agora-legacy', unset: 'AGORA_APP_ID' },
  transcribe: { port: 4013, replaces: 'amazon-transcribe', unset: 'S3_AUDIO_BUCKET' },
  vonage: { port: 4014, replaces: 'vonage', unset: 'VONAGE_APPLICATION_ID' },
  videosdk: { port: 4011, replaces: 'videosdk', unset: 'VIDEOSDK_API_KEY' },
} as const;
export type SimulatorName = keyof typeof SIMULATORS;

/** A vendor that runs on this machine, and the variables by which the product uses it. */
export type Simulated = {
  readonly environment: NodeJS.ProcessEnv;
  close(): Promise<void>;
};

/** The port of each simulator. */
export type SimulatorPorts = Readonly<Record<SimulatorName, number>>;

export type SimulatedOptions = {
  readonly ports: SimulatorPorts;
  /** Where the simulators keep what outlives them. */
  readonly folder: string;
  /** Where the product's API is, for webhooks. */
  readonly apiUrl: string;
  /** Whether the object storage is simulated too, so that others can write to it. */
  readonly hasStorage: boolean;
  /** Where they are when it is not this machine. */
  readonly elsewhere?: Elsewhere;
};

/** A machine of the simulators' own. */
type Elsewhere = {
  /** The address that they listen at. */
  readonly listen: string;
  /** The name by which the product reaches them. */
  readonly name: string;
  /** The secrets that the product has already, among other variables. */
  readonly environment: NodeJS.ProcessEnv;
};

/** Starts one of them, to listen on its port. */
export async function simulate(name: SimulatorName, options: SimulatedOptions): Promise<Simulated> {
  const simulated = CREATE[name](options);
  const host = options.elsewhere?.listen ?? HOST;
  await simulated.app.listen({ host, port: options.ports[name] });
  return simulated;
}

/** The port that each of them has by itself. */
export function usualPorts(): SimulatorPorts {
  return {
    s3: SIMULATORS.s3.port,
    agora: SIMULATORS.agora.port,
    transcribe: SIMULATORS.transcribe.port,
    vonage: SIMULATORS.vonage.port,
    videosdk: SIMULATORS.videosdk.port,
  };
}

/** Where the simulator at `port` is reached. */
export function simulatorUrl(port: number, elsewhere?: Elsewhere): string {
  return `http://${elsewhere?.name ?? HOST}:${port}`;
}

/** Who is called when somebody calls the simulated application. */
const OTHER_NUMBER = '447700900003';

/** As if it were Amazon's own, whose endpoint is nobody's to tell: Agora's simulator knows where it is. */
const CAPTION_STORAGE = {
  AGORA_CAPTION_STORAGE_VENDOR: '1',
  AGORA_CAPTION_STORAGE_REGION: '0',
  AGORA_CAPTION_STORAGE_BUCKET: CAPTIONS_BUCKET,
  AGORA_CAPTION_STORAGE_ACCESS_KEY: SIMULATED_S3.accessKeyId,
  AGORA_CAPTION_STORAGE_SECRET_KEY: SIMULATED_S3.secretAccessKey,
};

const S3_ENVIRONMENT = {
  AWS_REGION: SIMULATED_S3.region,
  AWS_ACCESS_KEY_ID: SIMULATED_S3.accessKeyId,
  AWS_SECRET_ACCESS_KEY: SIMULATED_S3.secretAccessKey,
  S3_FORCE_PATH_STYLE: 'true',
  S3_TRANSCRIPTS_BUCKET: TRANSCRIPTS_BUCKET,
  S3_AUDIO_BUCKET: AUDIO_BUCKET,
};

type Created = Simulated & { readonly app: FastifyInstance };

const CREATE: Record<SimulatorName, (options: SimulatedOptions) => Created> = {
  s3: ({ folder, ports, elsewhere }) => {
    const simulator = createS3Simulator({
      ...SIMULATED_S3,
      folder: join(folder, 'objects'),
      buckets: [TRANSCRIPTS_BUCKET, CAPTIONS_BUCKET, AUDIO_BUCKET, SAMPLE.bucket],
    });
    simulator.app.addHook('onReady', () =>
      simulator.put(SAMPLE.bucket, SAMPLE.name, sampleBytes(), SAMPLE.contentType),
    );
    const environment = {
      ...S3_ENVIRONMENT,
      AWS_ENDPOINT_URL_S3: simulatorUrl(ports.s3, elsewhere),
    };
    return { ...simulator, environment };
  },

  agora: ({ folder, ports, apiUrl, hasStorage, elsewhere }) => {
    const secret = elsewhere?.environment['AGORA_NOTIFICATION_SECRET'] || randomUUID();
    return {
      ...createAgoraSimulator({
        ...SIMULATED_AGORA,
        stateFile: join(folder, 'agora-simulator.json'),
        notifications: { url: `${apiUrl}/webhooks/agora`, secret },
        ...(hasStorage ? { captions: { endpoint: simulatorUrl(ports.s3) } } : {}),
      }),
      environment: {
        AGORA_BASE_URL: simulatorUrl(ports.agora, elsewhere),
        AGORA_APP_ID: SIMULATED_AGORA.appId,
        AGORA_APP_CERTIFICATE: SIMULATED_AGORA.appCertificate,
        AGORA_CUSTOMER_ID: SIMULATED_AGORA.customerId,
        AGORA_CUSTOMER_SECRET: SIMULATED_AGORA.customerSecret,
        AGORA_NOTIFICATION_SECRET: secret,
        AGORA_LEGACY: 'true',
        ...(hasStorage ? CAPTION_STORAGE : {}),
      },
    };
  },

  transcribe: ({ folder, ports, apiUrl, elsewhere }) => {
    const secret = elsewhere?.environment['DURASCRIBE_TRANSCRIPTION_EVENT_SECRET'] || randomUUID();
    return {
      ...createTranscribeSimulator({
        ...SIMULATED_S3,
        s3Endpoint: simulatorUrl(ports.s3),
        stateFile: join(folder, 'transcribe-simulator.json'),
        events: { url: `${apiUrl}/webhooks/transcription`, secret },
      }),
      environment: {
        AWS_ENDPOINT_URL_TRANSCRIBE: simulatorUrl(ports.transcribe, elsewhere),
        DURASCRIBE_TRANSCRIPTION_EVENT_SECRET: secret,
      },
    };
  },

  vonage: ({ folder, ports, apiUrl, elsewhere }) => {
    const known = elsewhere?.environment['VONAGE_PRIVATE_KEY'];
    const { privateKey, publicKey } = known ? applicationKey(known) : newApplicationKey();
    const url = simulatorUrl(ports.vonage, elsewhere);
    const simulator = createVonageSimulator({
      ...SIMULATED_VONAGE,
      publicKey,
      stateFile: join(folder, 'vonage-simulator.json'),
      answerUrl: `${apiUrl}/webhooks/answer`,
      eventUrl: `${apiUrl}/webhooks/events`,
      publicUrl: url,
    });
    simulator.app.get(`/samples/${SAMPLE.name}`, async (_request, reply) =>
      reply.type(SAMPLE.contentType).send(sampleBytes()),
    );
    return {
      ...simulator,
      environment: {
        VONAGE_APPLICATION_ID: SIMULATED_VONAGE.applicationId,
        VONAGE_SIGNATURE_SECRET: SIMULATED_VONAGE.signatureSecret,
        VONAGE_PRIVATE_KEY: privateKey,
        VONAGE_RECORDING_HOSTS: url,
        OTHER_PHONE_NUMBERS: OTHER_NUMBER,
        DURASCRIBE_MEDIA_HOSTS: url,
        DURASCRIBE_SIMULATED_VONAGE_URL: url,
      },
    };
  },

  videosdk: ({ folder, ports, elsewhere }) => ({
    ...createVideosdkSimulator({
      ...SIMULATED_VIDEOSDK,
      stateFile: join(folder, 'videosdk-simulator.json'),
    }),
    environment: {
      VIDEOSDK_BASE_URL: simulatorUrl(ports.videosdk, elsewhere),
      VIDEOSDK_API_KEY: SIMULATED_VIDEOSDK.apiKey,
      VIDEOSDK_SECRET: SIMULATED_VIDEOSDK.secret,
    },
  }),
};

function sampleBytes(): Buffer {
  const audio = synthesised({
    format: 'mp3',
    channels: 2,
    durationSeconds: 10,
    sizeBytes: undefined,
    wavHeader: 'plain',
  });
  return Buffer.concat([...audio.pieces(0, audio.size)]);
}
