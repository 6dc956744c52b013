import { createPublicKey, generateKeyPairSync } from 'node:crypto';

type ApplicationKey = {
  /** What the application signs its tokens with, PEM (PKCS #8). */
  readonly privateKey: string;
  /** What Vonage keeps of it, PEM (SPKI). */
  readonly publicKey: string;
};

/** A key pair as Vonage makes one for a new application; no key has to lie in a repository. */
export function newApplicationKey(): ApplicationKey {
  return generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
}

/** The pair of a private key that was made before. */
export function applicationKey(privateKey: string): ApplicationKey {
  const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' });
  return { privateKey, publicKey: publicKey.toString() };
}
