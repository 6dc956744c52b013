import { z } from 'zod';
import { callbackFault, type CallbackSettings } from '../callbacks/receivers.ts';
import { list, type ConfigFault } from './variables.ts';

/** The bytes of a signing secret (Standard Webhooks, Signature scheme: 192 to 512 bits). */
const SECRET_BYTES = { least: 24, most: 64 } as const;
const PREFIX = 'whsec_';

export const CallbackEnvironment = z.object({
  DURASCRIBE_WEBHOOK_SECRET: list
    .refine(
      (secrets) => secrets.every(isSecret),
      'must be whsec_ and the base64 of 24 to 64 bytes, comma separated',
    )
    .default([]),
  DURASCRIBE_CALLBACK_HOSTS: list
    .refine((hosts) => hosts.every(isHost), 'must be host, or http://host:port, comma separated')
    .default([]),
});

type Data = z.infer<typeof CallbackEnvironment>;

/** How callbacks are signed, and whom they go to. */
export function callbackSettings(data: Data): CallbackSettings {
  return { secrets: data.DURASCRIBE_WEBHOOK_SECRET, hosts: data.DURASCRIBE_CALLBACK_HOSTS };
}

/** What is wrong with the callbacks of recorded calls. */
export function callbackFaults(data: Data, callsUrl: string | undefined): ConfigFault[] {
  const fault = callsUrl === undefined ? null : callbackFault(callsUrl, callbackSettings(data));
  if (fault === null) return [];
  return [{ variable: 'VONAGE_TRANSCRIPTION', message: `callbackUrl ${fault}` }];
}

function isSecret(secret: string): boolean {
  const base64 = secret.slice(PREFIX.length);
  const { length } = Buffer.from(base64, 'base64');
  const isBase64 = /^[A-Za-z0-9+/]+={0,2}$/.test(base64) && base64.length % 4 === 0;
  const isLong = length >= SECRET_BYTES.least && length <= SECRET_BYTES.most;
  return secret.startsWith(PREFIX) && isBase64 && isLong;
}

function isHost(entry: string): boolean {
  return /^[^\s/:@]+$/.test(entry) || /^http:\/\/[^\s/@]+$/.test(entry);
}
