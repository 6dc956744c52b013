import { randomUUID } from 'node:crypto';
import { checkCredentials, type CredentialsCheck } from '../credentials.ts';
import { call, refuse } from '../http.ts';
import { downloadAuthorization } from './download-token.ts';
import type { VonageSettings } from './settings.ts';

const VENDOR = 'Vonage';
const API = 'https://api.nexmo.com';
const KEY =
  "VONAGE_PRIVATE_KEY must be the key of the application VONAGE_APPLICATION_ID: make a new one in Vonage's dashboard";

/**
 * Asks for a recording that there is not: who has the application's key is told 404, anybody else 401 (Vonage,
 * Recording). The signature secret can't be tried: nothing but Vonage's own webhooks is signed by it.
 */
export async function checkVonage(settings: VonageSettings): Promise<CredentialsCheck> {
  // A listed host without TLS is a simulator's.
  const base = settings.recordingHosts.find((host) => host.startsWith('http://')) ?? API;
  return checkCredentials(
    async () => {
      const authorization = await downloadAuthorization(settings);
      const url = `${base}/v1/files/${randomUUID()}`;
      const request = { method: 'GET', url, authorization, secrets: [authorization] } as const;
      const response = await call(request, VENDOR);
      if (response.status !== 404) refuse(response, VENDOR);
      return `${base} takes the application's token; only a call shows whether VONAGE_SIGNATURE_SECRET is right`;
    },
    { unauthorized: KEY, refused: KEY, unavailable: `let this machine reach ${base}` },
  );
}
