import { createHash } from 'node:crypto';

/** The hashes (SHA-256 in hex) of a request's Idempotency-Key and of its body: Temporal shows them, and they tell nothing. */
export type RequestKey = { readonly key: string; readonly body: string };

/** `body` is as it was sent: what we make of it may be another one after the next release. */
export function requestKey(key: string | undefined, body: unknown): RequestKey | null {
  if (key === undefined) return null;
  return { key: sha256(key), body: sha256(JSON.stringify(body, sorted) ?? '') };
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
