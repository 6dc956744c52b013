import { createHash } from 'node:crypto';
import { z } from 'zod';
import { sessionIdFault } from '../../domain/identity.ts';
import type { CallTranscription } from '../../domain/recording.ts';
import { commonFields, commonRequest } from '../start-request.ts';
import type { StartRequest } from '../start-request.ts';
import { mediaExtension, mediaFault } from './media.ts';
import { optionFaults, optionFields, OPTIONS_FORM } from './options.ts';
import type { Fault } from './options.ts';

/** As many as a WAV file is split into. */
const MOST_CHANNELS = 32;
/** Beyond these, Transcribe takes no media at all (Transcribing multi-channel audio). */
const VENDOR_CHANNELS = 2;
const DEFAULT_SECONDS = 86_400;

/** The form of what `mediaFault` lets pass, for whoever reads the OpenAPI document. */
const MEDIA =
  '^(?:s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/|https?://[^\\s/])[^\\u0000-\\u001f\\u007f-\\u009f]*$';

/** What makes no other session of a request. */
const NOT_IDENTITY = new Set(['provider', 'id', 'metadata', 'maxDurationSeconds', 'callbackUrl']);

const maxDurationSeconds = z
  .int()
  .min(0)
  .max(10 * 365 * 86_400)
  .default(DEFAULT_SECONDS)
  .meta({ description: 'The session fails after this long; 0 = never.' });

const PlainJson = z.record(z.string(), z.json());

/**
 * `POST /v1/sessions` for a recording. `mediaHosts` are the hosts that media may come from besides public ones:
 * those that are written `http://host:port` may be without TLS.
 */
export function amazonTranscribeStartRequest(mediaHosts: readonly string[]) {
  return z
    .strictObject({
      provider: z.literal('amazon-transcribe'),
      ...commonFields,
      maxDurationSeconds,
      media: z
        .string()
        .superRefine((media, context) => {
          const message = mediaFault(media, mediaHosts);
          if (message !== null) context.addIssue({ code: 'custom', message });
        })
        .meta({
          description: "The recording: an object in the caller's own bucket, or a URL.",
          pattern: MEDIA,
          examples: ['s3://bucket/key.mp3'],
        }),
      channels: z.int().min(1).max(MOST_CHANNELS).optional().meta({
        description:
          'How many channels there are with a speaker each; more than 2 in a WAV file only, which is split.',
      }),
      ...optionFields,
    })
    .superRefine(
      (body, context) => {
        const faults = [...optionFaults(body), ...channelFaults(body), ...idFaults(body)];
        for (const fault of faults) context.addIssue({ code: 'custom', ...fault });
      },
      // Also when a field by itself is wrong already: all faults are told at once.
      { when: ({ value }) => typeof value === 'object' && value !== null },
    )
    .transform((body) => {
      const { provider, id, metadata: _labels, maxDurationSeconds: _, ...rest } = body;
      const { callbackUrl: _url, media, channels, ...options } = rest;
      const request: StartRequest = {
        id: id ?? naturalId(body),
        request: {
          provider,
          source: media.startsWith('s3:')
            ? { kind: 's3', uri: media }
            : { kind: 'https', url: media },
          channels: channels ?? null,
          options: PlainJson.parse(options),
          ...commonRequest(body),
        },
      };
      return request;
    })
    .meta({
      title: 'Amazon Transcribe',
      ...OPTIONS_FORM,
      // More than two in a file of an unknown kind may be right: what it is shows when it is read.
      not: { title: 'both channels and speakers', required: ['channels', 'speakers'] },
      bodyExamples: [
        {
          provider: 'amazon-transcribe',
          media: 's3://bucket/key.mp3',
          languageCode: 'en-GB',
          channels: 2,
        },
        {
          provider: 'amazon-transcribe',
          media: 'https://example.com/meeting.wav',
          identifyLanguage: true,
          languageOptions: ['en-GB', 'de-DE'],
          speakers: 4,
          redaction: { types: ['NAME'], output: 'redacted' },
          subtitles: ['vtt', 'srt'],
        },
      ],
    });
}

/** The request of every recording of Vonage's: it has neither media nor channels, and no id of its own. */
const CallRequest = z
  .strictObject({
    provider: z.literal('amazon-transcribe').optional(),
    metadata: commonFields.metadata,
    maxDurationSeconds,
    callbackUrl: commonFields.callbackUrl,
    ...optionFields,
  })
  .superRefine(
    (body, context) => {
      for (const fault of optionFaults(body)) context.addIssue({ code: 'custom', ...fault });
    },
    { when: ({ value }) => typeof value === 'object' && value !== null },
  );

/** Reads how the recordings of calls are transcribed, from JSON. Throws an Error that tells every fault. */
export function vonageTranscription(json: string): CallTranscription {
  const request = CallRequest.safeParse(parsed(json));
  if (request.success) {
    const { provider: _, metadata: _labels, maxDurationSeconds: _seconds, ...rest } = request.data;
    const { callbackUrl: _url, ...options } = rest;
    return { ...commonRequest(request.data), options: PlainJson.parse(options) };
  }
  const faults = request.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join('.')}: ${message}`,
  );
  throw new Error(faults.join('; '));
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new Error('must be JSON');
  }
}

function channelFaults(body: { media?: unknown; channels?: unknown; speakers?: unknown }): Fault[] {
  const { media, channels, speakers } = body;
  if (channels === undefined) return [];
  const faults: Fault[] = [];
  if (speakers !== undefined) {
    faults.push({ path: ['speakers'], message: 'must not be given together with channels' });
  }
  const extension = typeof media === 'string' ? mediaExtension(media) : null;
  // A name without a known extension may be a WAV file's: what it is shows when it is read.
  if (Number(channels) > VENDOR_CHANNELS && extension !== null && extension !== 'wav') {
    const message = 'may be more than 2 in a WAV file only, which is split';
    faults.push({ path: ['channels'], message });
  }
  return faults;
}

function idFaults(body: { readonly id?: unknown }): Fault[] {
  const message = typeof body.id === 'string' ? sessionIdFault(body.id, naturalId(body)) : null;
  return message === null ? [] : [{ path: ['id'], message }];
}

/** The same for the same media with the same options, in whatever order they are written. */
function naturalId(body: object): string {
  const identity = Object.entries(body).filter(([field]) => !NOT_IDENTITY.has(field));
  const json = canonicalJson(Object.fromEntries(identity));
  return `media:${createHash('sha256').update(json).digest('hex').slice(0, 16)}`;
}

function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_name, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(
          Object.entries(inner).toSorted(([one], [other]) => (one < other ? -1 : 1)),
        )
      : inner,
  );
}
