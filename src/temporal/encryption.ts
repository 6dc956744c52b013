import { createCipheriv, createDecipheriv, randomBytes, type KeyObject } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { DataConverter, Payload, PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';
import { UnreadablePayload } from '../domain/unreadable-payload.ts';
import type { EncryptionKey } from '../settings/encryption.ts';

/** As Temporal's own samples name them in all languages: a codec of theirs with our key reads what ours has written. */
const ENCODING = 'binary/encrypted';
const KEY_ID = 'encryption-key-id';

const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** What writes failures where there is a key. */
export const FAILURE_CONVERTER_PATH = fileURLToPath(
  new URL('../workflows/failure-converter.ts', import.meta.url),
);

const Wire = proto.temporal.api.common.v1.Payload;

/**
 * How Temporal's clients and workers write and read what Temporal keeps: encrypted by the first of `keys`, where there is
 * one, and then with the words of failures, too. To be given to every one of them.
 */
export function dataConverterWith(keys: readonly EncryptionKey[]): DataConverter {
  const payloadCodecs = [encryptionCodec(keys)];
  if (keys.length === 0) return { payloadCodecs };
  return { payloadCodecs, failureConverterPath: FAILURE_CONVERTER_PATH };
}

/**
 * Encrypts whole payloads by the first of `keys`; decrypts by whichever was used. What nobody has encrypted is read as it
 * is: messages of services that have no key, and what was written while there was none. Throws where a payload was
 * encrypted by a key that is not there, or is not what that has written.
 */
export function encryptionCodec(keys: readonly EncryptionKey[]): PayloadCodec {
  const [first] = keys;
  const known = new Map(keys.map(({ id, key }) => [id, key]));
  return {
    encode: async (payloads) =>
      first === undefined ? payloads : payloads.map((payload) => encrypted(payload, first)),
    decode: async (payloads) => payloads.map((payload) => decrypted(payload, known)),
  };
}

function encrypted(payload: Payload, { id, key }: EncryptionKey): Payload {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, key, iv);
  const data = [iv, cipher.update(Wire.encode(payload).finish()), cipher.final()];
  return {
    metadata: { encoding: Buffer.from(ENCODING), [KEY_ID]: Buffer.from(id) },
    data: Buffer.concat([...data, cipher.getAuthTag()]),
  };
}

function decrypted(payload: Payload, keys: ReadonlyMap<string, KeyObject>): Payload {
  const { metadata, data } = payload;
  const id = textOf(metadata?.[KEY_ID]);
  // What names no key is none of ours: the converter tells who sent it that it can't be read.
  if (textOf(metadata?.['encoding']) !== ENCODING || id === '') return payload;
  const key = keys.get(id);
  if (key === undefined) {
    throw new UnreadablePayload(
      `A payload is encrypted with the key ${shown(id)}, which this process does not have: add it to DURASCRIBE_ENCRYPTION_KEYS, after the key that encrypts`,
    );
  }
  try {
    return Wire.decode(decipher(Buffer.from(data ?? []), key));
  } catch {
    throw new UnreadablePayload(
      `A payload is not what the key ${shown(id)} has encrypted: somebody changed it, or DURASCRIBE_ENCRYPTION_KEYS has another key under this id here than where it was written`,
    );
  }
}

function decipher(bytes: Buffer, key: KeyObject): Buffer {
  const options = { authTagLength: TAG_BYTES };
  const opened = createDecipheriv(CIPHER, key, bytes.subarray(0, IV_BYTES), options);
  opened.setAuthTag(bytes.subarray(-TAG_BYTES));
  return Buffer.concat([opened.update(bytes.subarray(IV_BYTES, -TAG_BYTES)), opened.final()]);
}

function textOf(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? '' : Buffer.from(bytes).toString();
}

/** An id may be anybody's, and ends up in logs. */
function shown(id: string): string {
  return JSON.stringify(id.slice(0, 64));
}
