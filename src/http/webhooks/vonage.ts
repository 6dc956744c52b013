import type { FastifyPluginCallback, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { naturalSessionId } from '../../domain/identity.ts';
import type { CallTranscription, RecordingRequest } from '../../domain/recording.ts';
import type { CallClient } from '../call-client.ts';
import { answer, emptyAnswer } from '../documentation/operation.ts';
import type { SessionClient } from '../session-client.ts';
import { noteDuplicate } from './measured.ts';
import { keepRawBodies, rawBody, readSigned } from './signed-body.ts';
import { requireVonage, type VonageSigner } from './vonage-signature.ts';

/** What tells whether there is a recording to wait for; the rest would be a paid signal each, and change nothing. */
const TELLING = new Set(['answered', 'completed']);

const CALL = 'CON-f972836a-550f-45fa-956c-12a2ab5b7d22';
const uuid = z.string().regex(/^[A-Za-z0-9-]{1,100}$/);
/** Vonage's documents leave open what a number comes as. */
const count = z.coerce
  .number()
  .min(0)
  .transform(Math.round)
  .meta({ type: ['number', 'string'] });
const CallEvent = z.object({
  conversation_uuid: uuid.nullish().catch(null),
  uuid: z.string().nullish().catch(null),
  direction: z.string().nullish().catch(null),
  status: z.string().nullish().catch(null),
  timestamp: z.string().nullish().catch(null),
  duration: count.nullish().catch(null),
});
const Recording = z.object({
  recording_uuid: uuid,
  conversation_uuid: uuid.nullish().catch(null),
  recording_url: z.string().nullish(),
  size: count.nullish().catch(null),
});

const common = {
  tags: ['webhooks'],
  security: [{ vonage: [] }],
  takesAnyType: true,
};
const Ncco = z
  .array(z.looseObject({ action: z.string() }))
  .meta({ examples: [[{ action: 'talk', text: 'This call is recorded.' }]] });
const ANSWER = {
  ...common,
  operationId: 'answerCall',
  summary: 'Answer a call',
  description: 'Has Vonage record it, and connect it.',
  queryRead: z.object({
    conversation_uuid: z
      .string()
      .optional()
      .meta({ description: 'The call.', examples: [CALL] }),
  }),
  problems: ['unauthorized'],
  response: { 200: answer("Vonage's NCCO.", Ncco) },
} as const;
const EVENT = {
  ...common,
  operationId: 'takeCallEvent',
  summary: 'Take an event of a call',
  bodyRead: CallEvent.meta({
    title: 'the end of a call',
    bodyExamples: [
      { conversation_uuid: CALL, uuid: 'aaaa-bbbb', status: 'completed', duration: '9' },
    ],
  }),
  problems: ['unauthorized', 'unavailable'],
  response: { 204: emptyAnswer('Taken.') },
} as const;
const RECORDED = {
  ...common,
  operationId: 'takeRecording',
  summary: 'Take the recording of a call',
  description: 'Starts the session `vonage:<recording_uuid>`.',
  queryRead: z.object({
    conversation_uuid: z
      .string()
      .optional()
      .meta({ description: 'The call.', examples: [CALL] }),
  }),
  bodyRead: Recording.meta({
    title: 'a recording',
    bodyExamples: [
      {
        recording_uuid: '05164a62-c082-4644-914d-490e090385b9',
        conversation_uuid: CALL,
        recording_url: 'https://api.nexmo.com/v1/files/bbbbbbbb-aaaa-cccc-dddd-0123456789ab',
        size: 12_345,
      },
    ],
  }),
  problems: ['unauthorized', 'unavailable'],
  response: { 204: emptyAnswer('Its session has begun.') },
} as const;

export type VonageWebhookOptions = VonageSigner & {
  readonly sessions: SessionClient;
  readonly calls: CallClient;
  /** What an incoming call is to do: Vonage's NCCO. */
  readonly answerCall: (conversationUuid: string) => unknown;
  /** How many there are in a call, each on a channel of their own. */
  readonly channels: number;
  /** How a recording is transcribed. */
  readonly transcription: CallTranscription;
};

/**
 * Vonage's webhooks: an incoming call, what happens in it, and its recording, which is begun once Temporal has it: Vonage
 * tells of it twice at most, and has no list of recordings.
 */
export const vonageWebhooks: FastifyPluginCallback<VonageWebhookOptions> = (
  app,
  { sessions, calls, answerCall, channels, transcription, ...signer },
  done,
) => {
  const readPost = async <T>(request: FastifyRequest, schema: z.ZodType<T>, what: string) => {
    const body = rawBody(request.body);
    await requireVonage(request.headers.authorization, { method: 'POST', body }, signer);
    return readSigned(body, schema, what);
  };
  const requestOf = (
    recordingUuid: string,
    conversationUuid: string,
    url: string,
    bytes: number,
  ): RecordingRequest => ({
    provider: 'amazon-transcribe',
    source: { kind: 'vonage', recordingUuid, conversationUuid, url, bytes },
    channels: channels > 1 ? channels : null,
    ...transcription,
  });

  keepRawBodies(app);
  app.get('/answer', { schema: ANSWER }, async (request) => {
    const query = queryOf(request);
    await requireVonage(request.headers.authorization, { method: 'GET', query }, signer);
    return answerCall(query.get('conversation_uuid') ?? '');
  });

  app.post('/events', { schema: EVENT }, async (request, reply) => {
    const event = await readPost(request, CallEvent, 'event of a call');
    const { conversation_uuid: conversation, status } = event;
    const isCaller = event.direction !== 'outbound';
    if (conversation && status && isCaller && TELLING.has(status)) {
      await calls.tell(requestOf('', conversation, '', 0), conversation, {
        leg: event.uuid ?? 'call',
        isCaller,
        status,
        at: event.timestamp ?? '',
        durationSeconds: event.duration ?? null,
      });
    }
    return reply.code(204).send();
  });

  app.post('/recording', { schema: RECORDED }, async (request, reply) => {
    const recording = await readPost(request, Recording, 'recording of a call');
    const conversation =
      queryOf(request).get('conversation_uuid') || (recording.conversation_uuid ?? '');
    const { recording_uuid: recordingUuid, recording_url: url } = recording;
    const id = naturalSessionId('vonage', recordingUuid);
    // A size that was not told is unknown; one of 0 is told of a recording that there is not.
    const asked = requestOf(recordingUuid, conversation, url ?? '', recording.size ?? -1);
    if (!(await sessions.startOnce(id, asked))) noteDuplicate(request);
    if (uuid.safeParse(conversation).success) await calls.recorded(asked, conversation, id);
    return reply.code(204).send();
  });
  done();
};

function queryOf({ url }: FastifyRequest): URLSearchParams {
  const [, query = ''] = url.split(/\?(.*)/s);
  return new URLSearchParams(query);
}
