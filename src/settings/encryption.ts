import { createSecretKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { list } from './variables.ts';

/** A key of AES-256-GCM, and the id that stands beside whatever it has encrypted. */
export type EncryptionKey = { readonly id: string; readonly key: KeyObject };

const ID = /^[A-Za-z0-9_.-]{1,64}$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const KEY_BYTES = 32;

const encryptionKeys = list
  .refine((entries) => entries.length > 0, 'must have a key, or not be set')
  .transform((entries, context) => {
    const keys = new Map<string, EncryptionKey>();
    for (const [index, entry] of entries.entries()) {
      const key = readKey(entry);
      const isTwice = typeof key !== 'string' && keys.has(key.id);
      const fault = isTwice ? 'has the id of an earlier one' : key;
      if (typeof fault !== 'string') keys.set(fault.id, fault);
      // What is wrong is told without the entry: it may well be a key.
      else context.addIssue({ code: 'custom', message: `entry ${index + 1} ${fault}` });
    }
    return [...keys.values()];
  });

export const EncryptionEnvironment = z.object({
  DURASCRIBE_ENCRYPTION_KEYS: encryptionKeys.default([]),
});

/** An entry, `id:base64`; or what is wrong with it. */
function readKey(entry: string): EncryptionKey | string {
  const end = entry.indexOf(':');
  const [id, base64] = [entry.slice(0, Math.max(end, 0)), entry.slice(end + 1)];
  if (!ID.test(id)) return 'must begin with an id of 1 to 64 of A-Z a-z 0-9 _ . - and a colon';
  if (!BASE64.test(base64)) return 'must have base64 after its id: openssl rand -base64 32';
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length !== KEY_BYTES) return `must have ${KEY_BYTES} bytes: openssl rand -base64 32`;
  return { id, key: createSecretKey(bytes) };
}
