import type { FastifyPluginCallback, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { naturalSessionId } from '../../domain/identity.ts';
import type { CallTranscription, RecordingRequest } from '../../domain/recording.ts';
import type { CallClient } from '../call-client.ts';
import type { SessionClient } from '../session-client.ts';
import { keepRawBodies, rawBody, readSigned } from './signed-body.ts';
import { requireVonage, type VonageSigner } from './vonage-signature.ts';

const uuid = z.string().regex(/^[A-Za-z0-9-]{1,100}$/);
/** Vonage's documents leave open what a number comes as. */
const count = z.coerce.number().min(0).transform(Math.round);
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
  app.get('/answer', async (request) => {
    const query = queryOf(request);
    await requireVonage(request.headers.authorization, { method: 'GET', query }, signer);
    return answerCall(query.get('conversation_uuid') ?? '');
  });

  app.post('/events', async (request, reply) => {
    const event = await readPost(request, CallEvent, 'event of a call');
    const { conversation_uuid: conversation, status } = event;
    if (conversation && status) {
      await calls.tell(requestOf('', conversation, '', 0), conversation, {
        leg: event.uuid ?? 'call',
        isCaller: event.direction !== 'outbound',
        status,
        at: event.timestamp ?? '',
        durationSeconds: event.duration ?? null,
      });
    }
    return reply.code(204).send();
  });

  app.post('/recording', async (request, reply) => {
    const recording = await readPost(request, Recording, 'recording of a call');
    const conversation =
      queryOf(request).get('conversation_uuid') || (recording.conversation_uuid ?? '');
    const { recording_uuid: recordingUuid, recording_url: url } = recording;
    const id = naturalSessionId('vonage', recordingUuid);
    // A size that was not told is unknown; one of 0 is told of a recording that there is not.
    const asked = requestOf(recordingUuid, conversation, url ?? '', recording.size ?? -1);
    await sessions.startOnce(id, asked);
    if (uuid.safeParse(conversation).success) await calls.recorded(asked, conversation, id);
    return reply.code(204).send();
  });
  done();
};

function queryOf({ url }: FastifyRequest): URLSearchParams {
  const [, query = ''] = url.split(/\?(.*)/s);
  return new URLSearchParams(query);
}
