import { z } from 'zod';
import { SIMULATED_AGORA, SIMULATED_S3 } from '../simulators/credentials.ts';

export const HOST = '127.0.0.1';
export const EVENT_SECRET = 'an-event-secret-of-the-bench';
export const BUCKETS = { audio: 'recordings', transcripts: 'transcripts' } as const;
/** An object that any number of sessions can transcribe. */
export const RECORDING = { bucket: BUCKETS.audio, key: 'two-voices.mp3' } as const;
/** How long a job takes: at 25 starts a second half of the account's 250 are under way. */
export const JOB_MS = 5_000;

const Ports = z.object({ agora: z.int(), s3: z.int(), transcribe: z.int(), api: z.int() });
export type VendorPorts = z.infer<typeof Ports>;

/** As they come to the process of the simulators. */
export function readPorts(text = ''): VendorPorts {
  return Ports.parse(JSON.parse(text));
}

/** How Agora is used. */
export function agoraEnvironment({ agora }: VendorPorts): NodeJS.ProcessEnv {
  return {
    AGORA_BASE_URL: `http://${HOST}:${agora}`,
    AGORA_APP_ID: SIMULATED_AGORA.appId,
    AGORA_APP_CERTIFICATE: SIMULATED_AGORA.appCertificate,
    AGORA_CUSTOMER_ID: SIMULATED_AGORA.customerId,
    AGORA_CUSTOMER_SECRET: SIMULATED_AGORA.customerSecret,
  };
}

/** How Amazon is used. */
export function amazonEnvironment({ s3, transcribe }: VendorPorts): NodeJS.ProcessEnv {
  return {
    AWS_REGION: SIMULATED_S3.region,
    AWS_ACCESS_KEY_ID: SIMULATED_S3.accessKeyId,
    AWS_SECRET_ACCESS_KEY: SIMULATED_S3.secretAccessKey,
    S3_FORCE_PATH_STYLE: 'true',
    AWS_ENDPOINT_URL_S3: `http://${HOST}:${s3}`,
    AWS_ENDPOINT_URL_TRANSCRIBE: `http://${HOST}:${transcribe}`,
    S3_AUDIO_BUCKET: BUCKETS.audio,
    S3_TRANSCRIPTS_BUCKET: BUCKETS.transcripts,
    DURASCRIBE_TRANSCRIPTION_EVENT_SECRET: EVENT_SECRET,
  };
}
