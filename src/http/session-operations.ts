import { z } from 'zod';
import { LABEL_LENGTHS } from '../domain/labels.ts';
import { SESSION_STATUSES } from '../domain/session.ts';
import { PROVIDER_NAMES } from '../domain/sessions.ts';
import { SESSION_EXAMPLE } from './documentation/examples.ts';
import { answer, emptyAnswer } from './documentation/operation.ts';
import { prefer, returning, runId, sessionParameters as params } from './parameters.ts';
import { ErasureSchema } from './erasure-schema.ts';
import { SessionSchema } from './session-schema.ts';

const LOCATION = {
  type: 'string',
  format: 'uri-reference',
  description: 'Where the session is.',
};
const PREFERENCE_APPLIED = { type: 'string', description: '`return=representation`.' };
const querystring = z.strictObject({ runId });
const time = z.iso.datetime({ offset: true, error: 'must be a time as of RFC 3339' }).optional();
const idempotencyKey = z.string().min(1).max(255).optional();
const KEY = 'b1f0c4de-52a8-4f7b-9f6e-0c5d3f0a7e21';
const startHeaders = z.object({
  'idempotency-key': idempotencyKey.meta({
    description:
      'A repeated start with the same key is answered as the first one, whatever has become of the session since.',
    examples: [KEY],
  }),
  prefer,
});
const changeHeaders = z.object({
  'idempotency-key': idempotencyKey.meta({
    description: 'A repeated change with the same key is accepted once.',
    examples: [KEY],
  }),
  prefer,
});
const label = z
  .string()
  // A name may begin with an equals sign.
  .regex(/^.[^=]*=/s, 'must be name=value')
  .max(LABEL_LENGTHS.name + '='.length + LABEL_LENGTHS.text);
const listQuery = z.strictObject({
  provider: z
    .enum(PROVIDER_NAMES)
    .optional()
    .meta({ description: 'Sessions of this provider.', examples: ['agora'] }),
  status: z
    .enum(SESSION_STATUSES)
    .optional()
    .meta({ description: 'Sessions in this status.', examples: ['running'] }),
  channel: z
    .string()
    .min(1)
    .max(255)
    .optional()
    .meta({
      description: 'The room; of a recorded call its conversation.',
      examples: ['room-1'],
    }),
  startedSince: time.meta({
    description: 'Sessions that were created then or later.',
    examples: [SESSION_EXAMPLE.createdAt],
  }),
  changedSince: time.meta({
    description:
      'Sessions whose status or transcript has changed then or later; their configuration does not count.',
    examples: [SESSION_EXAMPLE.createdAt],
  }),
  // What is transformed keeps no examples: they are of what it is then.
  metadata: z
    .preprocess(
      (value) => (typeof value === 'string' ? [value] : value),
      z
        .array(label)
        .max(10)
        .meta({ examples: [['team=support']] }),
    )
    .optional()
    .meta({ description: 'A label that a session must have, as `name=value`. May be repeated.' }),
  pageSize: z
    .preprocess(
      (value) => (typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value),
      z
        .int({
          error: ({ code }) => (code === 'invalid_type' ? 'must be a whole number' : undefined),
        })
        .min(1)
        .max(100)
        .default(20)
        .meta({ examples: [50] }),
    )
    .meta({ description: 'How many sessions a page has at most.' }),
  pageToken: z
    .string()
    .min(1)
    .max(2_000)
    .optional()
    .meta({
      description: 'The `nextPageToken` of the page before, with the same filters.',
      examples: ['a-token-of-the-page-before'],
    }),
});
const SessionPage = z
  .object({
    sessions: z.array(SessionSchema),
    nextPageToken: z
      .string()
      .nullable()
      .meta({ description: 'Where the list goes on; null = nowhere.' }),
  })
  .meta({ id: 'SessionPage', examples: [{ sessions: [SESSION_EXAMPLE], nextPageToken: null }] });

export const START = {
  operationId: 'startSession',
  summary: 'Start a session',
  description:
    'Starts the transcription of a live room, or of a recording. The same request again returns the session that there is.',
  tags: ['sessions'],
  headers: startHeaders,
  problems: [
    'different-session',
    'session-not-found',
    'not-live',
    'erased',
    'key-reused',
    'refused',
    'unavailable',
  ],
  answerHeaders: {
    200: { Location: LOCATION },
    201: { Location: LOCATION },
  },
  response: {
    200: answer('The session that the same request has started before.', SessionSchema),
    201: answer('The new session.', SessionSchema),
  },
} as const;

export const LIST = {
  operationId: 'listSessions',
  summary: 'List sessions',
  description:
    'Those that go on, the newest run first; then those that are over, the last that ended first; then those that went on in a new run while pages were read. Lags behind by a moment. A page may have fewer sessions than asked for: it is the last one only where `nextPageToken` is null.',
  tags: ['sessions'],
  querystring: listQuery,
  problems: ['unavailable'],
  response: { 200: answer('A page of sessions.', SessionPage) },
} as const;

export const READ = {
  operationId: 'getSession',
  summary: 'Read a session',
  tags: ['sessions'],
  params,
  querystring,
  problems: ['session-not-found', 'erased', 'unavailable'],
  response: { 200: answer('The session.', SessionSchema) },
} as const;

export const ERASE = {
  operationId: 'eraseSession',
  summary: 'Erase a session that is over',
  description:
    'Erases all its runs: transcripts, archived audio, what the vendor has of it, and the history in Temporal. Of a session that Temporal no longer keeps it erases what is found by its id.',
  tags: ['sessions'],
  params,
  headers: z.object({ prefer: returning }),
  problems: ['session-not-found', 'still-running', 'erased', 'unavailable'],
  answerHeaders: { 200: { 'Preference-Applied': PREFERENCE_APPLIED } },
  response: {
    200: answer('All of it is gone; this was removed.', ErasureSchema),
    204: emptyAnswer('All of it is gone.'),
  },
} as const;

export const CHANGE = {
  operationId: 'changeSession',
  summary: 'Change a live session',
  description:
    'Whole values, differences against what is desired, or both. Changes that wait are sent to the vendor together.',
  tags: ['sessions'],
  params,
  headers: changeHeaders,
  problems: [
    'session-not-found',
    'not-live',
    'erased',
    'unprocessable',
    'refused',
    'key-reused',
    'too-many-requests',
    'unchangeable',
    'unavailable',
  ],
  response: {
    200: answer('The session; the change is applied.', SessionSchema),
    202: answer('The session; the change is accepted, as its `revision`.', SessionSchema),
  },
} as const;

export const STOP = {
  operationId: 'stopSession',
  summary: 'Stop a session',
  description: 'At once and for good. May be repeated.',
  tags: ['sessions'],
  params,
  headersRead: z.object({ prefer }),
  body: z.strictObject({}).nullish(),
  bodyRead: null,
  problems: ['session-not-found', 'erased', 'unavailable'],
  response: {
    200: answer('The session, which is over.', SessionSchema),
    202: answer('The session; it will be stopped.', SessionSchema),
  },
} as const;
