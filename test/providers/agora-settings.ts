import { SIMULATED_AGORA } from '../../simulators/credentials.ts';
import type { AgoraSettings } from '../../src/providers/agora/settings.ts';

/** The simulated project, with a caption store and an encryption key. */
export function settingsAt(baseUrl: string): AgoraSettings {
  return {
    ...SIMULATED_AGORA,
    baseUrl,
    maxTokenSeconds: 86_400,
    maxTaskSeconds: null,
    captionStorage: {
      vendor: 1,
      region: 0,
      bucket: 'captions',
      accessKey: 'access',
      secretKey: 'hidden',
      endpoint: null,
      forcePathStyle: true,
      prefix: ['durascribe'],
    },
    encryptionKeys: {
      support: { secret: 'a secret of the channel', salt: Buffer.alloc(32, 7).toString('base64') },
    },
  };
}
