import { hkdfSync } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { decodeJwt, decodeProtectedHeader, jwtVerify, SignJWT } from 'jose';
import type { ApiKey } from '../../settings/access.ts';
import type { EncryptionKey } from '../../settings/encryption.ts';

const DECODE = '/codec/decode';
const PATHS = new Set<string | undefined>([DECODE, '/codec/encode']);

const COOKIE = 'durascribe-codec';
const IN_COOKIES = new RegExp(`(?:^|; *)${COOKIE}=([^;\\s]+)`);
const AUDIENCE = 'durascribe:codec:decode';
const ALGORITHM = 'HS256';
/** A working day. */
const GOOD_FOR_SECONDS = 12 * 3_600;

export type CodecAccessOptions = {
  readonly apiKeys: readonly ApiKey[];
  readonly encryptionKeys: readonly EncryptionKey[];
  /** Where operators look at workflows. */
  readonly temporalUiUrl: string;
  /** Where others reach this API; null = nowhere. */
  readonly publicUrl: string | null;
};

/**
 * How a browser that shows Temporal's Web UI gets at what is encrypted: it has no key of this API to send, but cookies. A pass
 * is one, for reading only. Every process knows the passes of all, for they are signed by what all have; one ends with
 * its key.
 */
export class CodecAccess {
  /** Whose page may ask. */
  readonly uiOrigin: string;
  readonly #options: CodecAccessOptions;

  constructor(options: CodecAccessOptions) {
    this.#options = options;
    this.uiOrigin = new URL(options.temporalUiUrl).origin;
  }

  /** Whether a page of the Web UI asks for what it may have. */
  isOfTemporalUi({ headers, routeOptions }: FastifyRequest): boolean {
    return PATHS.has(routeOptions.url) && headers.origin === this.uiOrigin;
  }

  /** A pass for whoever has come with `key`, as the value of `Set-Cookie`; null where nothing is encrypted. */
  async passFor(key: ApiKey): Promise<string | null> {
    const [encryption] = this.#options.encryptionKeys;
    if (encryption === undefined) return null;
    const token = await new SignJWT()
      .setProtectedHeader({ alg: ALGORITHM, kid: encryption.id })
      .setSubject(key.name)
      .setAudience(AUDIENCE)
      .setIssuedAt()
      .setExpirationTime(`${GOOD_FOR_SECONDS}s`)
      .sign(signingKey(encryption, key));
    const isSecure = this.#options.publicUrl?.startsWith('https:') === true;
    const attributes = ['HttpOnly', 'SameSite=Strict', ...(isSecure ? ['Secure'] : [])];
    return [
      `${COOKIE}=${token}`,
      `Path=${DECODE}`,
      `Max-Age=${GOOD_FOR_SECONDS}`,
      ...attributes,
    ].join('; ');
  }

  /** The key for which the pass was given that the request has; undefined without a good one. */
  async keyOf({ headers, routeOptions }: FastifyRequest): Promise<ApiKey | undefined> {
    if (routeOptions.url !== DECODE) return undefined;
    const [, token] = IN_COOKIES.exec(headers.cookie ?? '') ?? [];
    return token === undefined ? undefined : this.#keyOfToken(token);
  }

  async #keyOfToken(token: string): Promise<ApiKey | undefined> {
    try {
      const { kid } = decodeProtectedHeader(token);
      const { sub } = decodeJwt(token);
      const encryption = this.#options.encryptionKeys.find(({ id }) => id === kid);
      if (encryption === undefined) return undefined;
      for (const key of this.#options.apiKeys) {
        // Several keys may have one name, as when one takes over from the other.
        if (key.name !== sub || key.scope !== 'write') continue;
        if (await isSignedBy(token, signingKey(encryption, key))) return key;
      }
    } catch {
      // It is no token, and nobody's.
    }
    return undefined;
  }
}

async function isSignedBy(token: string, key: Uint8Array): Promise<boolean> {
  const wanted = { audience: AUDIENCE, algorithms: [ALGORITHM], requiredClaims: ['exp'] };
  return jwtVerify(token, key, wanted).then(
    () => true,
    () => false,
  );
}

/** Nobody can guess a key of the API by a pass, for whose signature an encryption key is needed, too. */
function signingKey({ key }: EncryptionKey, { sha256 }: ApiKey): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', key, sha256, AUDIENCE, 32));
}
