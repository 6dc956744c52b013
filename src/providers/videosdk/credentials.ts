import { checkCredentials, type CredentialsCheck } from '../credentials.ts';
import { VideosdkClient } from './client.ts';
import type { VideosdkSettings } from './settings.ts';

const KEYS =
  'compare VIDEOSDK_API_KEY and VIDEOSDK_SECRET with "API Keys" in VideoSDK\'s dashboard; a clock that is wrong here spoils tokens too';

/** Lists transcriptions, one at most. */
export async function checkVideosdk(settings: VideosdkSettings): Promise<CredentialsCheck> {
  const client = new VideosdkClient(settings);
  return checkCredentials(
    async () => {
      await client.listAny();
      return `${settings.baseUrl} lists transcriptions with them`;
    },
    {
      unauthorized: KEYS,
      refused: KEYS,
      unavailable: 'let this machine reach VIDEOSDK_BASE_URL, or correct it',
    },
  );
}
