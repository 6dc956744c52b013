import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { asSrt, asText, asVtt } from '../domain/transcript-formats.ts';
import { withSpeakers } from '../domain/transcript.ts';
import type { Transcript, TranscriptProgress } from '../domain/transcript.ts';
import { isEnded } from '../domain/session.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { TRANSCRIPT_EXAMPLE } from './documentation/examples.ts';
import { runId as runIdParameter, sessionParameters as params } from './parameters.ts';
import { Problem } from './problem.ts';
import type { SessionClient } from './session-client.ts';
import type { Session } from './session-schema.ts';

/** The formats of a transcript, by the name that `?format=` has for each. */
const FORMATS = {
  json: { type: 'application/json', write: (transcript: Transcript) => JSON.stringify(transcript) },
  txt: { type: 'text/plain', write: asText },
  vtt: { type: 'text/vtt', write: asVtt },
  srt: { type: 'application/x-subrip', write: asSrt },
} as const;
type Format = keyof typeof FORMATS;

const RETRY_AFTER_SECONDS = 5;

const timed = { startSeconds: z.number(), endSeconds: z.number() };
const word = z.object({ ...timed, text: z.string(), confidence: z.number().optional() });
const segment = z.object({
  ...timed,
  channel: z.string().optional(),
  speaker: z.string().optional(),
  languageCode: z.string().optional(),
  text: z.string(),
  words: z.array(word).optional(),
});
const TranscriptSchema = z
  .object({
    sessionId: z.string(),
    provider: z.string(),
    languageCode: z.string().nullable(),
    durationSeconds: z.number(),
    text: z.string(),
    segments: z.array(segment),
    gaps: z.array(z.object({ ...timed, reason: z.string() })),
    summary: z.string().optional(),
    timesAreEstimated: z.literal(true).optional(),
  })
  .meta({ id: 'Transcript', examples: [TRANSCRIPT_EXAMPLE] }) satisfies z.ZodType<Transcript>;

export type TranscriptRoutesOptions = {
  readonly sessions: SessionClient;
  /** Null = transcripts are not kept. */
  readonly transcripts: Pick<ObjectStore, 'read'> | null;
};

function written(format: Format) {
  return z.string().meta({ examples: [FORMATS[format].write(TRANSCRIPT_EXAMPLE)] });
}

const querystring = z.strictObject({
  format: z
    .literal(Object.keys(FORMATS).filter(isFormat))
    .optional()
    .meta({
      description: 'How it is written; where it is left out, `Accept` says.',
      examples: ['vtt'],
    }),
  runId: runIdParameter,
});

const OPERATION = {
  operationId: 'getTranscript',
  summary: 'Read what was said',
  description:
    'The transcript of a session that is over, in the format that `format` or `Accept` asks for.',
  tags: ['transcripts'],
  params,
  querystring,
  problems: [
    'session-not-found',
    'no-transcript',
    'not-acceptable',
    'transcript-not-ready',
    'erased',
    'unavailable',
  ],
  response: {
    200: {
      description: 'The transcript.',
      content: {
        [FORMATS.json.type]: { schema: TranscriptSchema },
        [FORMATS.txt.type]: { schema: written('txt') },
        [FORMATS.vtt.type]: { schema: written('vtt') },
        [FORMATS.srt.type]: { schema: written('srt') },
      },
    },
  },
} as const;

/** `GET /v1/sessions/{id}/transcript`: what was said, in the format that `?format=` or `Accept` asks for. */
export const transcriptRoutes: FastifyPluginCallbackZod<TranscriptRoutesOptions> = (
  app,
  { sessions, transcripts },
  done,
) => {
  app.get('/:id/transcript', { schema: OPERATION }, async (request, reply) => {
    const { format: asked, runId } = request.query;
    const format = asked ?? acceptedFormat(request.headers.accept);
    const stored = await sessions.getRun(request.params.id, runId);
    const transcript = await read(stored.session, await sessions.transcriptOf(stored), (key) =>
      readTranscript(transcripts, key),
    );
    const { speakers } = stored.request.metadata;
    const names = typeof speakers === 'object' ? speakers : {};
    const { type, write } = FORMATS[format];
    void reply.type(`${type}; charset=utf-8`);
    return reply.send(write(withSpeakers(transcript, names)));
  });
  done();
};

/** Throws a 409 that tells what the transcript waits for, or a 404 that tells why there is none. */
async function read(
  session: Session,
  transcript: TranscriptProgress,
  fromStorage: (key: string) => Promise<Transcript | null>,
): Promise<Transcript> {
  switch (transcript.state) {
    case 'ready': {
      const kept = await fromStorage(transcript.key);
      if (kept) return kept;
      throw new Problem('no-transcript', 'The transcript is no longer kept: its time was over');
    }
    case 'none':
      throw new Problem('no-transcript', `${session.id} has no transcript: ${transcript.reason}`);
    case 'awaited': {
      const detail = `${session.id} is ${session.status}: its transcript waits for ${transcript.waitsFor}`;
      const later = isEnded(session.status) ? { retryAfterSeconds: RETRY_AFTER_SECONDS } : {};
      throw new Problem('transcript-not-ready', detail, later);
    }
  }
}

async function readTranscript(
  transcripts: TranscriptRoutesOptions['transcripts'],
  key: string,
): Promise<Transcript | null> {
  if (transcripts === null) {
    throw new Problem('unavailable', 'This API has no S3_TRANSCRIPTS_BUCKET to read it from');
  }
  let text: string | null;
  try {
    text = await transcripts.read(key);
  } catch (error) {
    throw new Problem('unavailable', 'The object storage did not answer; send the request again', {
      retryAfterSeconds: RETRY_AFTER_SECONDS,
      cause: error,
    });
  }
  return text === null ? null : TranscriptSchema.parse(JSON.parse(text));
}

/** The format that the caller takes most gladly (RFC 9110, Accept), JSON where it takes anything. */
function acceptedFormat(accept = ''): Format {
  const ranges = (accept.trim() || '*/*').split(',').map(rangeOf);
  // A format counts as much as the narrowest range says that it is of.
  const weightOf = (name: Format) =>
    ranges
      .filter(({ type }) => isOf(FORMATS[name].type, type))
      .toSorted((one, other) => breadth(one.type) - breadth(other.type))[0]?.weight ?? 0;
  const known = Object.keys(FORMATS).filter(isFormat);
  const [format] = known
    .filter((name) => weightOf(name) > 0)
    .toSorted((one, other) => weightOf(other) - weightOf(one));
  if (format) return format;
  const types = known.map((name) => FORMATS[name].type);
  throw new Problem('not-acceptable', `A transcript comes as ${types.join(', ')}`);
}

function breadth(range: string): number {
  return range.split('*').length;
}

/** A range of media types, such as `text/*;q=0.5`, and how gladly it is taken. */
function rangeOf(range: string): { readonly type: string; readonly weight: number } {
  const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
  const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
  return { type, weight: weight === undefined ? 1 : Number(weight) || 0 };
}

/** What many call the type that nobody has registered. */
const SRT_ALIAS = 'text/srt';

function isOf(type: string, range: string): boolean {
  if (range === SRT_ALIAS) return type === FORMATS.srt.type;
  return range === '*/*' || range === type || range === `${type.split('/')[0]}/*`;
}

function isFormat(name: string): name is Format {
  return Object.hasOwn(FORMATS, name);
}
