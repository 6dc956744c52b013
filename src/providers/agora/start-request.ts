import { z } from 'zod';
import { isUid } from '../../domain/configuration.ts';
import { LIVE_PROVIDERS } from '../../domain/session.ts';
import { commonFields, idFault, languageTag, sessionId, uniqueList } from '../start-request.ts';
import type { StartRequest } from '../start-request.ts';

const LIMITS = LIVE_PROVIDERS.agora;
/** The characters of a channel name, fewer than 64 of them (agora-token, buildTokenWithUid). */
const CHANNEL = /^[A-Za-z0-9 !#$%&()+\-:;<=.>?@[\]^_{}|~,]{1,63}$/;
/** Agora stops every task after 72 h, whatever its idle time (v7 release notes, 7.2.3). */
const MAX_IDLE_SECONDS = 259_200;

const audioUids = uniqueList(
  z
    .string()
    .refine((uid) => uid === 'all' || isUid(uid), 'must be a UID as a string, "1" to "4294967295"'),
  LIMITS.subscribeAudioUids,
)
  .refine((uids) => uids.length === 1 || !uids.includes('all'), '"all" must stand alone')
  .meta({ description: 'The UIDs to transcribe, or ["all"].' });

/** `POST /v1/sessions` for Agora: the limits are those of Real-Time STT v7, join. */
export const agoraStartRequest = z
  .strictObject({
    provider: z.literal('agora'),
    ...commonFields,
    channel: z
      .string()
      .regex(CHANNEL, 'must be 1 to 63 of A-Z a-z 0-9, space and !#$%&()+-:;<=.>?@[]^_{}|~,'),
    languages: uniqueList(languageTag, LIMITS.languages),
    subscribeAudioUids: audioUids.default(['all']),
    maxIdleSeconds: z.int().min(0).max(MAX_IDLE_SECONDS).default(300),
  })
  .superRefine((body, context) => {
    const message = idFault(body.id, body.provider, body.channel);
    if (message !== null) context.addIssue({ code: 'custom', path: ['id'], message });
  })
  .transform(
    ({ provider, channel, languages, subscribeAudioUids, metadata, ...body }): StartRequest => ({
      id: sessionId({ ...body, provider }, channel),
      request: {
        provider,
        channel,
        configuration: { languages, subscribeAudioUids },
        maxIdleSeconds: body.maxIdleSeconds,
        maxDurationSeconds: body.maxDurationSeconds,
        metadata,
      },
    }),
  );
