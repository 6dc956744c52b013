import { createHash } from 'node:crypto';

/**
 * The hashes (SHA-256 in hex) of a request's Idempotency-Key and of its body, which Temporal shows: so a key should not be
 * easy to guess where it is to stay unknown.
 */
export type RequestKey = { readonly key: string; readonly body: string };

/**
 * `body` is as it was sent: what we make of it may be another one after the next release. `caller` is the name of the API
 * key, which has no colon: keys of the same name, as when one takes over from the other, share theirs.
 */
export function requestKey(
  key: string | undefined,
  body: unknown,
  caller: string,
): RequestKey | null {
  if (key === undefined) return null;
  return { key: sha256(`${caller}:${key}`), body: sha256(JSON.stringify(body, sorted) ?? '') };
}

/** The order of its members makes no difference to an object. */
function sorted(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value);
  return Object.fromEntries(entries.toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
