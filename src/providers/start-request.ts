import { z } from 'zod';
import { isLanguage } from '../domain/configuration.ts';
import { naturalSessionId, sessionIdFault } from '../domain/identity.ts';
import type { LiveSessionRequest, Metadata } from '../domain/session.ts';

/** A request to start a session, read: the session's id, and what its workflow gets. */
export type StartRequest = { readonly id: string; readonly request: LiveSessionRequest };

const MAX_METADATA_BYTES = 4_096;

const text = z.string().max(512);
const metadata: z.ZodType<Metadata> = z
  .record(z.string().min(1).max(64), z.union([text, z.record(z.string().min(1).max(64), text)]))
  .refine(
    (value) => JSON.stringify(value).length <= MAX_METADATA_BYTES,
    `must be ${MAX_METADATA_BYTES} bytes at most as JSON`,
  );

export const languageTag = z
  .string()
  .refine(isLanguage, 'must be a language tag such as en-US')
  .meta({ description: 'A BCP 47 language tag.', examples: ['en-US'] });

/** What every start request may have, whatever the provider. */
export const commonFields = {
  id: z.string().optional().meta({ description: "The caller's own id of the session." }),
  metadata: metadata
    .default({})
    .meta({ description: "The caller's own labels, stored as they are." }),
  maxDurationSeconds: z
    .int()
    .min(0)
    .max(10 * 365 * 86_400)
    .default(14_400)
    .meta({ description: 'The session ends itself after this long; 0 = never.' }),
};

/** A list without a member twice. */
export function uniqueList(member: z.ZodType<string>, most: number) {
  return z
    .array(member)
    .min(1)
    .max(most)
    .refine((list) => new Set(list).size === list.length, 'must not have a member twice');
}

/** The id under which `body` starts a session: the caller's own, or the natural one. */
export function sessionId(
  body: { id?: string | undefined; provider: string },
  room: string,
): string {
  return body.id ?? naturalSessionId(body.provider, room);
}

/** Adds the rule for `id`, which is about the room too, to a start request's schema. */
export function idFault(id: string | undefined, provider: string, room: string): string | null {
  return id === undefined ? null : sessionIdFault(id, naturalSessionId(provider, room));
}
