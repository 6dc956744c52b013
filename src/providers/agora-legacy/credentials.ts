import { AGORA_ADVICE } from '../agora/credentials.ts';
import { checkCredentials, type CredentialsCheck } from '../credentials.ts';
import { acquireToken, type AgoraLegacySettings } from './provider.ts';

/**
 * Acquires a builderToken, of which Agora gives any number: it runs nothing, costs nothing, and is worthless after
 * 5 minutes. This API has no call that only reads without one.
 */
export async function checkAgoraLegacy(settings: AgoraLegacySettings): Promise<CredentialsCheck> {
  return checkCredentials(
    async () => {
      await acquireToken(settings, 'durascribe-doctor');
      return `${settings.baseUrl} gives builderTokens for them`;
    },
    {
      ...AGORA_ADVICE,
      refused: `${AGORA_ADVICE.refused}; a project of June 2025 or later has this API no more: unset AGORA_LEGACY`,
    },
  );
}
