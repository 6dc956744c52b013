import { z } from 'zod';
import { PROVIDER_VARIABLES, type Config } from '../config.ts';
import type { LiveProviderName } from '../domain/session.ts';
import { agora } from './agora/provider.ts';
import { agoraStartRequest } from './agora/start-request.ts';
import type { LiveProvider } from './port.ts';

/** Every provider, by name: null where its variables are not set. */
export function liveProviders(config: Config): Record<LiveProviderName, LiveProvider | null> {
  return {
    agora: config.agora && agora(config.agora),
  };
}

/** `POST /v1/sessions`, as one schema: a request for a provider that is off is a fault that names its variables. */
export function startRequestSchema(config: Config) {
  return z
    .discriminatedUnion('provider', [agoraStartRequest])
    .superRefine(({ request: { provider } }, context) => {
      if (config[provider] !== null) return;
      const message = `is off: set ${PROVIDER_VARIABLES[provider].join(', ')} to turn it on`;
      context.addIssue({ code: 'custom', path: ['provider'], message });
    });
}
