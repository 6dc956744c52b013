import {
  SIMULATED_AGORA,
  SIMULATED_S3,
  SIMULATED_VIDEOSDK,
  SIMULATED_VONAGE,
} from '../../simulators/credentials.ts';
import { SENTENCES } from '../../simulators/agora/captions/speech.ts';
import { SAMPLE_UTTERANCES } from '../../simulators/videosdk/files.ts';
import { EVENT_SECRET } from './stack.ts';

/** The name of something secret, and how it is known. */
export type Secret = readonly [name: string, is: string | RegExp];

const { customerId, customerSecret, appCertificate } = SIMULATED_AGORA;

/** What is in no history, not even encrypted: nothing of ours needs it there. */
export const SECRETS: readonly Secret[] = [
  ['the App Certificate', appCertificate],
  ['the customer secret', customerSecret],
  ['the customer credentials', Buffer.from(`${customerId}:${customerSecret}`).toString('base64')],
  ["VideoSDK's secret", SIMULATED_VIDEOSDK.secret],
  ["S3's secret", SIMULATED_S3.secretAccessKey],
  ["Vonage's signature secret", SIMULATED_VONAGE.signatureSecret],
  ["the events' secret", EVENT_SECRET],
  ['a private key', 'PRIVATE KEY'],
  ["a callback's secret", 'whsec_'],
  ["a presigned URL's signature", 'X-Amz-Signature'],
  ['an Idempotency-Key', 'secret words'],
  ['a JWT', /eyJ[\w-]{10,}\.eyJ/],
  // It is deflated, and ids of tasks may begin with the same digits.
  ["Agora's token", /007eJ[A-Za-z0-9+/=]{18}/],
  ['a phone number', /4477009\d{5}/],
];

/** What is there where a caller has sent it so, as a recording is fetched by it. */
export const SIGNED: readonly Secret[] = [['the signature of a media URL', 'topsecret']];

/** What is in no history in the clear, besides. */
export const ENCRYPTED: readonly Secret[] = [
  ...SIGNED,
  ['a builderToken', /(?=[\w-]*[A-Z])(?=[\w-]*[a-z])(?=[\w-]*\d)[\w-]{128}/],
  ...[...SENTENCES, ...SAMPLE_UTTERANCES].map(({ text }) => ["a transcript's text", text] as const),
  ["a transcript's text", /this is Anna speaking|can you hear me|Thank you for calling/],
];

const BASE64 = /[A-Za-z0-9+/_-]{16,}/g;
/** How often what is in base64 may be in base64 again. */
const DEPTH = 3;

/** The names of those of `secrets` that are in `bytes`, be it in base64. */
export function secretsIn(bytes: Uint8Array, secrets: readonly Secret[], depth = DEPTH): string[] {
  const text = Buffer.from(bytes).toString('latin1');
  const found = secrets
    .filter(([, is]) => (typeof is === 'string' ? text.includes(is) : is.test(text)))
    .map(([name]) => name);
  // What stands before it may be of the same characters.
  const nested = [...(depth === 0 ? [] : text.matchAll(BASE64))].flatMap(([run]) =>
    [0, 1, 2, 3].flatMap((from) =>
      secretsIn(Buffer.from(run.slice(from), 'base64'), secrets, depth - 1),
    ),
  );
  return [...new Set([...found, ...nested])];
}
