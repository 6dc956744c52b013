import { z } from 'zod';
import { CONFIGURATION_LIMITS } from '../domain/configuration-rules.ts';
import { CONFIGURATION_FIELDS } from '../domain/configuration.ts';
import type { RecordingRequest, RecordingSession } from '../domain/recording.ts';
import { LIVE_PROVIDERS, SESSION_STATUSES } from '../domain/session.ts';
import type { LiveProviderName, LiveSession, LiveSessionRequest } from '../domain/session.ts';
import type { TranscriptProgress } from '../domain/transcript.ts';
import type { SessionMemo } from '../workflows/messages.ts';
import { SESSION_EXAMPLE } from './documentation/examples.ts';

/** What a request to start has, and a change can't have: such a change is refused, not malformed. */
export const FIXED_FIELDS = [
  'provider',
  'id',
  'channel',
  'unSubscribeAudioUids',
  'encryption',
  'captions',
  'maxIdleSeconds',
  'maxDurationSeconds',
  'metadata',
  'callbackUrl',
];

const provider = z.enum(Object.keys(LIVE_PROVIDERS).filter(isLiveProvider));
const time = z.iso.datetime();
const texts = z.array(z.string()).readonly();
const configuration = z.object({
  languages: texts,
  subscribeAudioUids: texts,
  uidLanguages: z
    .array(z.object({ uid: z.string(), languages: texts }))
    .readonly()
    .optional(),
  translation: z
    .array(z.object({ source: z.string(), targets: texts }))
    .readonly()
    .optional(),
  keywords: texts.optional(),
});
const metadata = z.record(z.string(), z.union([z.string(), z.record(z.string(), z.string())]));

const transcriptSummary = z.object({
  words: z.int(),
  durationSeconds: z.number(),
  channels: z.int(),
  languageCode: z.string().nullable(),
});
export const TranscriptProgressSchema = z.discriminatedUnion('state', [
  z.object({ state: z.literal('none'), reason: z.string() }),
  z.object({ state: z.literal('awaited'), waitsFor: z.string() }),
  z.object({ state: z.literal('ready'), key: z.string(), summary: transcriptSummary }),
]) satisfies z.ZodType<TranscriptProgress>;

const task = z.object({ id: z.string(), startedAt: time }).nullable();

/** What every session has, whatever it is of. */
const common = {
  id: z.string(),
  status: z.enum(SESSION_STATUSES),
  task,
  createdAt: time,
  endedAt: time.nullable(),
  endReason: z
    .enum(['requested', 'idle', 'max-duration', 'vendor', 'cancelled', 'failed'])
    .nullable(),
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
  transcript: transcriptSummary.nullable(),
  metadata,
};

const liveSession = z.object({
  ...common,
  provider,
  channel: z.string(),
  desired: configuration,
  applied: configuration.nullable(),
  revision: z.int(),
  appliedRevision: z.int(),
  nextUpdateAt: time.nullable(),
  sequenceId: z.int(),
  generation: z.int(),
  lastRefusal: z.object({ revision: z.int().nullable(), message: z.string(), at: time }).nullable(),
}) satisfies z.ZodType<LiveSession>;

const recordingSession = z.object({
  ...common,
  provider: z.literal('amazon-transcribe'),
  media: z.string(),
  channels: z.int().nullable(),
  progress: z.object({ bytes: z.int(), totalBytes: z.int().nullable() }).nullable(),
  jobs: z
    .array(z.object({ id: z.string(), channel: z.string().nullable(), startedAt: time }))
    .readonly(),
}) satisfies z.ZodType<RecordingSession>;

const recordingRequest = z.object({
  provider: z.literal('amazon-transcribe'),
  source: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('s3'), uri: z.string() }),
    z.object({ kind: z.literal('https'), url: z.string() }),
    z.object({
      kind: z.literal('vonage'),
      recordingUuid: z.string(),
      conversationUuid: z.string(),
      url: z.string(),
      bytes: z.int(),
    }),
  ]),
  channels: z.int().nullable(),
  options: z.record(z.string(), z.json()),
  maxDurationSeconds: z.int(),
  metadata,
  callbackUrl: z.string().optional(),
}) satisfies z.ZodType<RecordingRequest>;

const liveSessionRequest = z.object({
  provider,
  channel: z.string(),
  configuration,
  fixed: z.partialRecord(z.enum(CONFIGURATION_FIELDS), z.string()),
  limits: z.partialRecord(z.enum(CONFIGURATION_LIMITS), z.int()),
  options: z.record(z.string(), z.json()),
  maxIdleSeconds: z.int(),
  maxDurationSeconds: z.int(),
  metadata,
  callbackUrl: z.string().optional(),
}) satisfies z.ZodType<LiveSessionRequest>;

/** What the workflow of a session keeps in its memo. */
export const SessionMemoSchema: z.ZodType<SessionMemo> = z.object({
  request: z.union([liveSessionRequest, recordingRequest]),
  session: z.union([liveSession, recordingSession]),
  // Temporal drops a key of a memo that is set to an empty list.
  pairs: z.array(z.object({ id: z.string(), key: z.string().nullable() })).default([]),
  transcript: TranscriptProgressSchema.default({ state: 'none', reason: 'none was collected' }),
  startedBy: z.string().optional(),
  isLaterRun: z.literal(true).optional(),
});

const shown = { runId: z.string(), links: z.object({ temporal: z.url() }) };

/** A session as the API shows it: told apart by its provider. */
export const SessionSchema = z
  .discriminatedUnion('provider', [liveSession.extend(shown), recordingSession.extend(shown)])
  .meta({ id: 'Session', examples: [SESSION_EXAMPLE] });
export type Session = z.infer<typeof SessionSchema>;

function isLiveProvider(name: string): name is LiveProviderName {
  return name in LIVE_PROVIDERS;
}
