import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { VonageSettings } from '../providers/vonage/settings.ts';
import { vonageTranscription } from '../providers/amazon-transcribe/start-request.ts';
import { list, seconds } from './variables.ts';

/** What recorded calls need, besides what recordings do; the key may be given as a file. */
export const VONAGE_VARIABLES = [
  'VONAGE_APPLICATION_ID',
  'VONAGE_PRIVATE_KEY',
  'VONAGE_SIGNATURE_SECRET',
  'DURASCRIBE_PUBLIC_URL',
  'S3_AUDIO_BUCKET',
] as const;

const digits = z.string().regex(/^\d{3,15}$/, 'must be digits, the country code first');

export const VonageEnvironment = z.object({
  VONAGE_APPLICATION_ID: z.string().optional(),
  VONAGE_PRIVATE_KEY: z
    .string()
    .transform((pem) => pem.replaceAll(String.raw`\n`, '\n'))
    .refine(isPrivateKey, 'must be a private key as PEM')
    .optional(),
  VONAGE_PRIVATE_KEY_FILE: z
    .string()
    .refine((file) => textOf(file) !== null, 'cannot be read')
    .optional(),
  VONAGE_SIGNATURE_SECRET: z.string().optional(),
  VONAGE_RECORDING_HOSTS: list.default([]),
  VONAGE_TRANSCRIPTION: z.string().default('{"languageCode":"en-GB"}').transform(readTranscription),
  OTHER_PHONE_NUMBERS: list.pipe(z.array(digits).max(31)).default([]),
  DURASCRIBE_RECORDING_GRACE_SECONDS: seconds.default(900),
});
type Data = z.infer<typeof VonageEnvironment>;

/** The environment with the private key read from its file, where it is given as one that can be read. */
export function withPrivateKey(set: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { VONAGE_PRIVATE_KEY: key, VONAGE_PRIVATE_KEY_FILE: file } = set;
  if (key !== undefined || file === undefined) return set;
  const pem = textOf(file);
  return pem === null ? set : { ...set, VONAGE_PRIVATE_KEY: pem };
}

/** Vonage's settings; null where its variables are not set. */
export function vonageSettings(data: Data, publicUrl: string | null): VonageSettings | null {
  const {
    VONAGE_APPLICATION_ID: applicationId,
    VONAGE_PRIVATE_KEY: privateKey,
    VONAGE_SIGNATURE_SECRET: signatureSecret,
  } = data;
  if (applicationId === undefined || privateKey === undefined) return null;
  if (signatureSecret === undefined || publicUrl === null) return null;
  return {
    applicationId,
    privateKey,
    signatureSecret,
    recordingHosts: ['vonage.com', 'nexmo.com', ...data.VONAGE_RECORDING_HOSTS],
    otherNumbers: data.OTHER_PHONE_NUMBERS,
    transcription: data.VONAGE_TRANSCRIPTION,
    publicUrl,
    graceSeconds: data.DURASCRIBE_RECORDING_GRACE_SECONDS,
  };
}

function readTranscription(json: string, context: z.RefinementCtx) {
  try {
    return vonageTranscription(json);
  } catch (error) {
    const message = error instanceof Error ? error.message : 'is not valid';
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  }
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

function isPrivateKey(pem: string): boolean {
  try {
    createPrivateKey(pem);
    return true;
  } catch {
    return false;
  }
}
