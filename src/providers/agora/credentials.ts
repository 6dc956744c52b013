import { checkCredentials, type CredentialsCheck } from '../credentials.ts';
import { AgoraClient, LIVE_STATES } from './client.ts';
import type { AgoraSettings } from './settings.ts';

/** What to do when Agora takes no call: of both its APIs. */
export const AGORA_ADVICE = {
  unauthorized:
    'compare AGORA_CUSTOMER_ID and AGORA_CUSTOMER_SECRET with "RESTful API" in Agora\'s console',
  refused:
    "compare AGORA_APP_ID with the project in Agora's console, and enable Real-Time STT there",
  unavailable: 'let this machine reach AGORA_BASE_URL, or name another host of Agora there',
} as const;

/** Lists the tasks of a channel that nobody uses. Whether the certificate is right only a start shows. */
export async function checkAgora(settings: AgoraSettings): Promise<CredentialsCheck> {
  const client = new AgoraClient(settings);
  return checkCredentials(async () => {
    await client.list('durascribe-doctor', LIVE_STATES[1]);
    return `${settings.baseUrl} lists tasks with them; only a start shows whether AGORA_APP_CERTIFICATE is right`;
  }, AGORA_ADVICE);
}
