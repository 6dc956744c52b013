import { z } from 'zod';
import { AGORA_CHANNEL } from '../../domain/agora-channel.ts';
import { fieldFaults } from '../../domain/configuration-rules.ts';
import { LIVE_PROVIDERS } from '../../domain/session.ts';
import type { LiveSessionRequest } from '../../domain/session.ts';
import { configurationFields } from '../configuration-schema.ts';
import { commonFields, commonRequest, idFaults, sessionId } from '../start-request.ts';
import type { StartRequest } from '../start-request.ts';
import { AgoraOptions, MAX_UNSUBSCRIBED, optionFaults } from './options.ts';
import type { AgoraSettings } from './settings.ts';

/** How many languages the older body takes. */
const PLAIN_LANGUAGES = 2;
const TITLES = {
  agora: 'Agora Real-Time STT v7',
  'agora-legacy': 'Agora Real-Time STT v6',
} as const;
/** The bounds of maxIdleTime: v7 since 7.2.3, v6. */
const IDLE_SECONDS = {
  agora: { least: 0, most: 259_200 },
  'agora-legacy': { least: 5, most: 2_592_000 },
} as const;

/**
 * `POST /v1/sessions` for one of Agora's APIs: the limits are those of Real-Time STT v7, join, and v6, start.
 * `settings` is null where the provider is off. With `isPlain` a start has languages and an idle time only, as in the
 * body of Agora's Astro guide.
 */
export function agoraStartRequest<Name extends keyof typeof IDLE_SECONDS>(
  name: Name,
  settings: AgoraSettings | null,
  isPlain = false,
) {
  const { limits } = LIVE_PROVIDERS[name];
  const fields = configurationFields(limits);
  const { least, most } = IDLE_SECONDS[name];
  return z
    .strictObject({
      provider: z.literal(name),
      ...commonFields,
      channel: z
        .string()
        .regex(
          AGORA_CHANNEL,
          'must be 1 to 63 of A-Z a-z 0-9, space and !#$%&()+-:;<=.>?@[]^_{}|~,',
        )
        .meta({ description: "The channel's name.", examples: ['room-1'] }),
      languages: fields.languages,
      subscribeAudioUids: fields.subscribeAudioUids.optional(),
      uidLanguages: fields.uidLanguages.optional(),
      translation: fields.translation.optional(),
      ...(limits.keywords > 0 ? { keywords: fields.keywords.optional() } : {}),
      ...AgoraOptions.shape,
      maxIdleSeconds: z
        .int()
        .min(least)
        .max(most)
        .default(300)
        .meta({ description: 'The session ends itself after this long without a speaker.' }),
    })
    .superRefine(
      (body, context) => {
        const options = AgoraOptions.safeParse(body).data;
        const faults = [
          ...idFaults(body.id, name, body.channel),
          ...exclusionFaults(body),
          ...(settings && options ? optionFaults(options, settings) : []),
          ...(isPlain ? plainFaults(body) : []),
        ];
        for (const fault of faults) context.addIssue({ code: 'custom', ...fault });
      },
      // Also when a field by itself is wrong already: all faults are told at once.
      { when: () => true },
    )
    .transform(
      ({
        provider,
        channel,
        languages,
        subscribeAudioUids,
        uidLanguages,
        translation,
        ...body
      }) => {
        const { unSubscribeAudioUids, encryption, captions } = body;
        const keywords =
          'keywords' in body && Array.isArray(body.keywords) ? body.keywords : undefined;
        const request: StartRequest = {
          id: sessionId({ ...body, provider }, channel),
          request: {
            provider,
            channel,
            configuration: {
              languages,
              subscribeAudioUids: subscribeAudioUids ?? ['all'],
              ...(uidLanguages ? { uidLanguages } : {}),
              ...(translation ? { translation } : {}),
              ...(keywords ? { keywords } : {}),
            },
            fixed: fixedFields(unSubscribeAudioUids !== undefined, isPlain),
            limits: isPlain ? { languages: PLAIN_LANGUAGES } : {},
            options: {
              ...(unSubscribeAudioUids ? { unSubscribeAudioUids } : {}),
              ...(encryption ? { encryption } : {}),
              ...(captions ? { captions } : {}),
            },
            maxIdleSeconds: body.maxIdleSeconds,
            ...commonRequest(body),
          },
        };
        return request;
      },
    )
    .meta({
      title: TITLES[name],
      not: {
        title: 'both subscribeAudioUids and unSubscribeAudioUids',
        required: ['subscribeAudioUids', 'unSubscribeAudioUids'],
      },
      bodyExamples: [
        {
          provider: name,
          channel: 'room-1',
          languages: ['en-US', 'es-ES'],
          ...(isPlain ? {} : { subscribeAudioUids: ['all'] }),
          maxIdleSeconds: 300,
          maxDurationSeconds: 14_400,
          metadata: { team: 'support', speakers: { 100: 'Anna' } },
        },
      ],
    });
}

function exclusionFaults({
  subscribeAudioUids,
  unSubscribeAudioUids,
}: {
  subscribeAudioUids?: string[] | undefined;
  unSubscribeAudioUids?: string[] | undefined;
}): { path: string[]; message: string }[] {
  if (unSubscribeAudioUids === undefined) return [];
  const limits = { ...LIVE_PROVIDERS.agora.limits, subscribeAudioUids: MAX_UNSUBSCRIBED };
  const faults = fieldFaults('addAudioUids', unSubscribeAudioUids, limits).map((fault) => ({
    path: ['unSubscribeAudioUids', ...fault.path.split('.').slice(1)],
    message: fault.message,
  }));
  if (subscribeAudioUids === undefined) return faults;
  const message = 'must not be given together with subscribeAudioUids';
  return [...faults, { path: ['unSubscribeAudioUids'], message }];
}

/** What a task that takes over could not be started with must not be changed either. */
function fixedFields(isExclusive: boolean, isPlain: boolean): LiveSessionRequest['fixed'] {
  if (isPlain) {
    const message = 'cannot change with the body of AGORA_LEGACY_BODY=v4';
    return { subscribeAudioUids: message, uidLanguages: message, translation: message };
  }
  const message = 'cannot change in a session with unSubscribeAudioUids';
  return isExclusive ? { subscribeAudioUids: message } : {};
}

/** The older body has no place for more than two languages and an idle time (v4, start). */
function plainFaults(body: { languages?: unknown }): { path: string[]; message: string }[] {
  const missing = [
    'subscribeAudioUids',
    'uidLanguages',
    'translation',
    ...Object.keys(AgoraOptions.shape),
  ]
    .filter((field) => Reflect.get(body, field) !== undefined)
    .map((field) => ({ path: [field], message: 'is not in the body of AGORA_LEGACY_BODY=v4' }));
  const isLong = Array.isArray(body.languages) && body.languages.length > PLAIN_LANGUAGES;
  const message = 'may have 2 members at most in the body of AGORA_LEGACY_BODY=v4';
  return isLong ? [...missing, { path: ['languages'], message }] : missing;
}
