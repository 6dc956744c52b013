import { z } from 'zod';
import type { Config } from '../config.ts';
import { LIVE_PROVIDERS } from '../domain/session.ts';
import type { LiveProviderName } from '../domain/session.ts';
import { agora } from './agora/provider.ts';
import { agoraStartRequest } from './agora/start-request.ts';
import { agoraLegacy } from './agora-legacy/provider.ts';
import { changeRequest } from './configuration-schema.ts';
import type { LiveProvider } from './port.ts';
import { videosdk } from './videosdk/provider.ts';
import { videosdkStartRequest } from './videosdk/start-request.ts';

/** Every provider, by name: null where its variables are not set. */
export function liveProviders({
  providers,
}: Config): Record<LiveProviderName, LiveProvider | null> {
  return {
    agora: providers.agora && agora(providers.agora),
    'agora-legacy': providers['agora-legacy'] && agoraLegacy(providers['agora-legacy']),
    videosdk: providers.videosdk && videosdk(providers.videosdk),
  };
}

/** `POST /v1/sessions`, as one schema: a request for a provider that is off is a fault that names its `variables`. */
export function startRequestSchema(
  { providers }: Config,
  variables: Record<LiveProviderName, readonly string[]>,
) {
  return z
    .discriminatedUnion('provider', [
      agoraStartRequest('agora', providers.agora),
      agoraStartRequest(
        'agora-legacy',
        providers['agora-legacy'],
        providers['agora-legacy']?.bodyShape === 'v4',
      ),
      videosdkStartRequest(),
    ])
    .superRefine(({ request: { provider } }, context) => {
      if (providers[provider] !== null) return;
      const message = `is off: set ${variables[provider].join(', ')} to turn it on`;
      context.addIssue({ code: 'custom', path: ['provider'], message });
    });
}

/** `PATCH /v1/sessions/{id}`: the form that any provider takes; a session's workflow knows its own limits. */
export function changeRequestSchema() {
  return changeRequest(LIVE_PROVIDERS.agora.limits);
}

/**
 * What a start by the endpoints of Agora's Astro guide stands for: a session of the API that the guide uses, or of
 * today's where that one is off. Null where neither is on.
 */
export function astroStart({ providers, defaultLanguages }: Config) {
  if (providers.agora === null) return null;
  const provider = providers['agora-legacy'] ? 'agora-legacy' : 'agora';
  return (channel: string) => ({ provider, channel, languages: defaultLanguages });
}
