import { z } from 'zod';
import { isLanguage, isUid } from '../domain/configuration.ts';
import type { ConfigurationChange } from '../domain/configuration.ts';
import { LIVE_PROVIDERS } from '../domain/session.ts';
import type { LiveProviderName, LiveSession, LiveSessionRequest } from '../domain/session.ts';
import type { SessionMemo } from '../workflows/messages.ts';

const LIMITS = Object.values(LIVE_PROVIDERS);
const MAX_LANGUAGES = Math.max(...LIMITS.map(({ languages }) => languages));
const MAX_UIDS = Math.max(...LIMITS.map(({ subscribeAudioUids }) => subscribeAudioUids));

const languages = z
  .array(z.string().refine(isLanguage, 'must be a language tag such as en-US'))
  .min(1)
  .max(MAX_LANGUAGES)
  .refine(isUnique, 'must not have a member twice');
const uid = z.string().refine(isUid, 'must be a UID as a string, "1" to "4294967295"');
const uids = z.array(uid).min(1).max(MAX_UIDS).refine(isUnique, 'must not have a member twice');
const audioUids = z
  .array(
    z
      .string()
      .refine((value) => value === 'all' || isUid(value), 'must be a UID as a string, or "all"'),
  )
  .min(1)
  .max(MAX_UIDS)
  .refine(isUnique, 'must not have a member twice')
  .refine((list) => list.length === 1 || !list.includes('all'), '"all" must stand alone');

/** `PATCH /v1/sessions/{id}`: whole values, differences against the desired ones, or both. */
export const ChangeSchema: z.ZodType<ConfigurationChange> = z
  .strictObject({
    languages: languages.optional(),
    subscribeAudioUids: audioUids.optional(),
    replaceAudioUid: z.strictObject({ from: uid, to: uid }).optional(),
    addAudioUids: uids.optional(),
    removeAudioUids: uids.optional(),
  })
  .refine((change) => Object.keys(change).length > 0, 'must change something');

/** What a request to start has, and a change can't have: such a change is refused, not malformed. */
export const FIXED_FIELDS = [
  'provider',
  'id',
  'channel',
  'maxIdleSeconds',
  'maxDurationSeconds',
  'metadata',
];

const provider = z.enum(Object.keys(LIVE_PROVIDERS).filter(isLiveProvider));
const time = z.iso.datetime();
const configuration = z.object({
  languages: z.array(z.string()).readonly(),
  subscribeAudioUids: z.array(z.string()).readonly(),
});
const metadata = z.record(z.string(), z.union([z.string(), z.record(z.string(), z.string())]));

const liveSession = z.object({
  id: z.string(),
  provider,
  status: z.enum(['starting', 'running', 'stopping', 'stopped', 'failed']),
  channel: z.string(),
  desired: configuration,
  applied: configuration.nullable(),
  revision: z.int(),
  appliedRevision: z.int(),
  nextUpdateAt: time.nullable(),
  sequenceId: z.int(),
  generation: z.int(),
  task: z.object({ id: z.string(), startedAt: time }).nullable(),
  createdAt: time,
  endedAt: time.nullable(),
  endReason: z
    .enum(['requested', 'idle', 'max-duration', 'vendor', 'cancelled', 'failed'])
    .nullable(),
  lastRefusal: z.object({ revision: z.int().nullable(), message: z.string(), at: time }).nullable(),
  failure: z
    .object({
      kind: z.enum([
        'rejected',
        'not-found',
        'throttled',
        'unavailable',
        'timeout',
        'internal',
        'terminated',
      ]),
      message: z.string(),
      at: time,
    })
    .nullable(),
  transcript: z.null(),
  metadata,
}) satisfies z.ZodType<LiveSession>;

const liveSessionRequest = z.object({
  provider,
  channel: z.string(),
  configuration,
  maxIdleSeconds: z.int(),
  maxDurationSeconds: z.int(),
  metadata,
}) satisfies z.ZodType<LiveSessionRequest>;

/** What the workflow of a session keeps in its memo. */
export const SessionMemoSchema: z.ZodType<SessionMemo> = z.object({
  request: liveSessionRequest,
  session: liveSession,
});

/** A session as the API shows it. */
export const SessionSchema = liveSession
  .extend({ runId: z.string(), links: z.object({ temporal: z.url() }) })
  .meta({ id: 'Session' });
export type Session = z.infer<typeof SessionSchema>;

function isUnique(list: readonly string[]): boolean {
  return new Set(list).size === list.length;
}

function isLiveProvider(name: string): name is LiveProviderName {
  return name in LIVE_PROVIDERS;
}
