import { z } from 'zod';
import { callbackFault } from '../callbacks/receivers.ts';
import type { Config } from '../config.ts';
import { LIVE_PROVIDERS } from '../domain/session.ts';
import type { RecordingSource } from '../domain/recording.ts';
import type { LiveProviderName } from '../domain/session.ts';
import type { ProviderName } from '../domain/sessions.ts';
import { openUrl, type OpenedMedia } from '../media/open-url.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { checkAgora } from './agora/credentials.ts';
import { agora } from './agora/provider.ts';
import { agoraStartRequest } from './agora/start-request.ts';
import { checkAgoraLegacy } from './agora-legacy/credentials.ts';
import { agoraLegacy } from './agora-legacy/provider.ts';
import { checkAmazonTranscribe } from './amazon-transcribe/credentials.ts';
import { amazonTranscribeStartRequest } from './amazon-transcribe/start-request.ts';
import type { CredentialsCheck } from './credentials.ts';
import { ProviderError } from './errors.ts';
import { changeRequest } from './configuration-schema.ts';
import type { LiveProvider } from './port.ts';
import { checkVideosdk } from './videosdk/credentials.ts';
import { videosdk } from './videosdk/provider.ts';
import { videosdkStartRequest } from './videosdk/start-request.ts';
import { checkVonage } from './vonage/credentials.ts';
import { downloadAuthorization } from './vonage/download-token.ts';

const NO_HEADERS = async () => ({});

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

/** Tries the credentials of each vendor by one harmless call; null where its variables are not set. */
export function credentialChecks({
  providers,
  vonage,
}: Config): Record<ProviderName | 'vonage', (() => Promise<CredentialsCheck>) | null> {
  const { agora: ofAgora, videosdk: ofVideosdk } = providers;
  const { 'agora-legacy': ofAgoraLegacy, 'amazon-transcribe': ofAmazon } = providers;
  return {
    agora: ofAgora && (() => checkAgora(ofAgora)),
    'agora-legacy': ofAgoraLegacy && (() => checkAgoraLegacy(ofAgoraLegacy)),
    videosdk: ofVideosdk && (() => checkVideosdk(ofVideosdk)),
    'amazon-transcribe': ofAmazon && (() => checkAmazonTranscribe(ofAmazon)),
    vonage: vonage && (() => checkVonage(vonage)),
  };
}

/** `POST /v1/sessions`, as one schema: a request for a provider that is off is a fault that names its `variables`. */
export function startRequestSchema(
  { providers, callbacks }: Config,
  variables: Record<ProviderName, readonly string[]>,
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
      amazonTranscribeStartRequest(providers['amazon-transcribe']?.mediaHosts ?? []),
    ])
    .superRefine(({ request: { provider, callbackUrl } }, context) => {
      const fault = callbackUrl === undefined ? null : callbackFault(callbackUrl, callbacks);
      if (fault !== null) {
        context.addIssue({ code: 'custom', path: ['callbackUrl'], message: fault });
      }
      if (providers[provider] !== null) return;
      const message = `is off: set ${variables[provider].join(', ')} to turn it on`;
      context.addIssue({ code: 'custom', path: ['provider'], message });
    });
}

/** Opens recordings, wherever they are: with an application's token at Vonage, with ours in a bucket, and with none elsewhere. */
export function recordingOpener({ providers, vonage }: Config, store: ObjectStore) {
  const mediaHosts = providers['amazon-transcribe']?.mediaHosts ?? [];
  return async (source: RecordingSource, signal: AbortSignal): Promise<OpenedMedia> => {
    switch (source.kind) {
      case 's3': {
        const opened = await openObject(store, source.uri, signal);
        if (opened) return opened;
        throw new ProviderError('not-found', `there is no ${source.uri}`);
      }
      case 'https': {
        const hosts = { anyPublic: true, listed: mediaHosts };
        const vendor = 'the host of the media';
        return openUrl(source.url, { hosts, headers: NO_HEADERS, vendor, signal });
      }
      case 'vonage': {
        if (vonage === null) throw new ProviderError('unavailable', 'Vonage is off in this worker');
        const hosts = { anyPublic: false, listed: vonage.recordingHosts };
        const headers = async () => ({ authorization: await downloadAuthorization(vonage) });
        return openUrl(source.url, { hosts, headers, vendor: 'Vonage', signal });
      }
    }
  };
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

/** What a bucket of the caller's own refuses, it goes on refusing. */
const REFUSALS = new Set(['AccessDenied', 'Forbidden', 'NoSuchBucket', 'InvalidBucketName']);

async function openObject(store: ObjectStore, uri: string, signal: AbortSignal) {
  try {
    return await store.openObject(uri, signal);
  } catch (error) {
    signal.throwIfAborted();
    const name = error instanceof Error ? error.name : 'unknown error';
    const kind = REFUSALS.has(name) ? 'rejected' : 'unavailable';
    throw new ProviderError(kind, `${uri} cannot be read: ${name}`);
  }
}
