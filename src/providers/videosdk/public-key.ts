import { createPublicKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { ProviderError } from '../errors.ts';
import { send } from '../http.ts';
import { VENDOR } from './client.ts';

const Reply = z.object({ publicKey: z.string().min(1) });

/** Fetches the key with which VideoSDK signs its webhooks. Throws ProviderError `unavailable` when it can't be had. */
export async function fetchPublicKey(baseUrl: string): Promise<KeyObject> {
  const url = `${baseUrl}/v2/public/rsa-public-key`;
  const { json } = await send({ method: 'GET', url, authorization: null, secrets: [] }, VENDOR);
  const reply = Reply.safeParse(json);
  if (!reply.success) throw new ProviderError('unavailable', `${VENDOR} gave no public key`);
  return keyIn(reply.data.publicKey);
}

/** The key is PEM, with or without its armour. */
function keyIn(text: string): KeyObject {
  try {
    if (text.includes('-----BEGIN')) return createPublicKey(text);
    return createPublicKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'spki' });
  } catch {
    throw new ProviderError('unavailable', `${VENDOR} gave a public key that is none`);
  }
}
