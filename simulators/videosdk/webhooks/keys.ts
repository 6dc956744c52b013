import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

const MODULUS_BITS = 2048;

/** The vendor's RSA key pair, which signs every webhook. */
export class WebhookKeys {
  #privateKey: KeyObject;

  /** Of this PKCS #8 PEM, or of a new one. */
  constructor(privateKey: string | undefined) {
    this.#privateKey = privateKey === undefined ? newKey() : createPrivateKey(privateKey);
  }

  rotate(): void {
    this.#privateKey = newKey();
  }

  privateKey(): string {
    return this.#privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  }

  publicKey(): string {
    return createPublicKey(this.#privateKey).export({ type: 'spki', format: 'pem' }).toString();
  }

  /** Over the very bytes of the body. */
  signature(body: string): string {
    return sign('RSA-SHA256', Buffer.from(body), this.#privateKey).toString('base64');
  }
}

function newKey(): KeyObject {
  return generateKeyPairSync('rsa', { modulusLength: MODULUS_BITS }).privateKey;
}
