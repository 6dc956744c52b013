import { createHash } from 'node:crypto';
import { z } from 'zod';
import { list, type ConfigFault } from './variables.ts';

/** What a key is good for: `write` includes `read`. */
const SCOPES = ['read', 'write'] as const;

/** A key of the API, of which only the hash is kept. */
export type ApiKey = {
  /** Whose it is, for the log. */
  readonly name: string;
  readonly scope: (typeof SCOPES)[number];
  readonly sha256: Buffer;
};

const NAME = /^[A-Za-z0-9_.-]{1,64}$/;
/** What RFC 6750 lets a bearer token be; shorter ones can be guessed. */
const KEY = /^[A-Za-z0-9._~+/-]{8,512}=*$/;
const LOOPBACK = /^(127(\.\d{1,3}){3}|localhost|::1)$/;

const apiKeys = list
  .refine((entries) => entries.length > 0, 'must have a key, or not be set')
  .transform((entries, context) => {
    const keys: ApiKey[] = [];
    for (const [index, entry] of entries.entries()) {
      const key = readKey(entry, index + 1);
      if (typeof key === 'string') {
        // What is wrong is told without the entry: it may well be a key.
        context.addIssue({ code: 'custom', message: `entry ${index + 1} ${key}` });
      } else if (keys.some(({ sha256 }) => sha256.equals(key.sha256))) {
        context.addIssue({ code: 'custom', message: `entry ${index + 1} is there twice` });
      } else {
        keys.push(key);
      }
    }
    return keys;
  });

export const AccessEnvironment = z.object({
  DURASCRIBE_HOST: z.string().default('127.0.0.1'),
  DURASCRIBE_API_KEYS: apiKeys.default([]),
  // Half of what one process can read from Temporal in a second.
  DURASCRIBE_RATE_LIMIT_PER_MINUTE: z.coerce.number().int().min(1).default(60_000),
});

/** Without keys the API is for this machine only. */
export function accessFaults(set: NodeJS.ProcessEnv): ConfigFault[] {
  const { DURASCRIBE_HOST: host = '127.0.0.1', DURASCRIBE_API_KEYS: keys } = set;
  if (keys !== undefined || LOOPBACK.test(host)) return [];
  const message = 'must be a loopback address while DURASCRIBE_API_KEYS has no key';
  return [{ variable: 'DURASCRIBE_HOST', message }];
}

/** An entry: `key`, `name:key` or `name:scope:key`; or what is wrong with it. */
function readKey(entry: string, position: number): ApiKey | string {
  const parts = entry.split(':');
  const key = parts.at(-1) ?? '';
  const name = parts.length > 1 ? (parts[0] ?? '') : `key-${position}`;
  const given = parts.length > 2 ? parts[1] : 'write';
  const scope = SCOPES.find((known) => known === given);
  const isScopeOnly = parts.length === 2 && SCOPES.some((known) => known === name);
  if (parts.length > 3 || isScopeOnly) return 'must be key, name:key or name:scope:key';
  if (!NAME.test(name)) return 'must have a name of 1 to 64 of A-Z a-z 0-9 _ . -';
  if (scope === undefined) return `must have one of the scopes ${SCOPES.join(', ')}`;
  if (!KEY.test(key)) return 'must have a key of 8 or more of A-Z a-z 0-9 - . _ ~ + /';
  return { name, scope, sha256: createHash('sha256').update(key).digest() };
}
