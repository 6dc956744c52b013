import { z } from 'zod';
import { LABEL_LENGTHS } from '../domain/labels.ts';
import { naturalSessionId, OWN_SESSION_ID, sessionIdFault } from '../domain/identity.ts';
import type { Metadata } from '../domain/session.ts';
import type { SessionRequest } from '../domain/sessions.ts';

/** A request to start a session, read: the session's id, and what its workflow gets. */
export type StartRequest = { readonly id: string; readonly request: SessionRequest };

const MAX_METADATA_BYTES = 4_096;

const name = z.string().min(1).max(LABEL_LENGTHS.name);
const text = z.string().max(LABEL_LENGTHS.text);
const metadata: z.ZodType<Metadata> = z
  .record(name, z.union([text, z.record(name, text)]))
  .refine(
    (value) => JSON.stringify(value).length <= MAX_METADATA_BYTES,
    `must be ${MAX_METADATA_BYTES} bytes at most as JSON`,
  );

/** Whom it may lead to is a matter of settings, and is checked where these are known. */
const callbackUrl = z.url({ protocol: /^https?$/ }).max(2_048);

/** What every start request may have, whatever the provider. */
export const commonFields = {
  id: z.string().optional().meta({
    description: "The caller's own id of the session; the natural one where it is left out.",
    pattern: OWN_SESSION_ID.source,
  }),
  metadata: metadata
    .default({})
    .meta({ description: "The caller's own labels, stored as they are." }),
  maxDurationSeconds: z
    .int()
    .min(0)
    .max(10 * 365 * 86_400)
    .default(14_400)
    .meta({ description: 'The session ends itself after this long; 0 = never.' }),
  callbackUrl: callbackUrl.optional().meta({
    description:
      'Who is told what happens to the session, as Standard Webhooks: an https URL at a public address.',
    examples: ['https://example.com/durascribe'],
  }),
};

/** What every session's workflow gets of them. */
export function commonRequest(body: {
  readonly maxDurationSeconds: number;
  readonly metadata: Metadata;
  readonly callbackUrl?: string | undefined;
}): Pick<SessionRequest, 'maxDurationSeconds' | 'metadata' | 'callbackUrl'> {
  const { maxDurationSeconds, metadata: labels, callbackUrl: url } = body;
  return {
    maxDurationSeconds,
    metadata: labels,
    ...(url === undefined ? {} : { callbackUrl: url }),
  };
}

/** The id under which `body` starts a session: the caller's own, or the natural one. */
export function sessionId(
  body: { id?: string | undefined; provider: string },
  room: string,
): string {
  return body.id ?? naturalSessionId(body.provider, room);
}

/** What is wrong with the caller's own `id` of a session in `room`. */
export function idFaults(
  id: unknown,
  provider: string,
  room: string,
): { path: string[]; message: string }[] {
  // Looked at even where it is none: all faults are told at once.
  const isGiven = typeof id === 'string';
  const message = isGiven ? sessionIdFault(id, naturalSessionId(provider, room)) : null;
  return message === null ? [] : [{ path: ['id'], message }];
}
