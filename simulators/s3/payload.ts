import { createHash } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { crc32 } from 'node:zlib';
import { unchunked } from './aws-chunked.ts';
import type { Blobs } from './blobs.ts';
import { S3Error } from './errors.ts';
import type { S3ErrorCode } from './errors.ts';
import { header } from './incoming.ts';
import type { Incoming } from './incoming.ts';

const MAX_XML_BYTES = 2_097_152;
const CHUNKED = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';

/** What is known of content that was received whole and is what its sender said. */
export type Received = {
  readonly blob: string;
  readonly size: number;
  /** In hex. */
  readonly md5: string;
  /** Those that the sender gave, by the name of their header. */
  readonly checksums: Record<string, string>;
};

/** Keeps the body of a request; nothing of it when a length or a checksum is wrong. */
export async function receive(incoming: Incoming, blobs: Blobs): Promise<Received> {
  const payload = new Payload(incoming);
  if (payload.length === undefined) throw new S3Error('MissingContentLength');
  const blob = await blobs.write(payload.content());
  return {
    blob,
    size: payload.size,
    md5: payload.md5,
    checksums: Object.fromEntries(payload.claims),
  };
}

/** The body of a request that is XML. */
export async function receiveText(incoming: Incoming): Promise<string> {
  const payload = new Payload(incoming);
  if ((payload.length ?? 0) > MAX_XML_BYTES) throw new S3Error('MalformedXML');
  return text(payload.content());
}

/** Whether a request has a checksum of its body, as some operations need it. */
export function hasChecksum(incoming: Incoming): boolean {
  return new Payload(incoming).claims.size > 0 || header(incoming, 'content-md5') !== undefined;
}

type Hasher = { readonly update: (piece: Buffer) => void; readonly digest: () => Buffer };

/** A claim of the sender's about the content. */
type Check = {
  readonly hasher: Hasher;
  readonly encoding: 'hex' | 'base64';
  /** '' when it did not come. */
  readonly claimed: () => string;
  readonly fault: S3ErrorCode;
};

const HASHERS: Readonly<Record<string, () => Hasher>> = {
  'x-amz-checksum-crc32': () => {
    let value = 0;
    return {
      update: (piece) => {
        value = crc32(piece, value);
      },
      digest: () => {
        const bytes = Buffer.alloc(4);
        bytes.writeUInt32BE(value);
        return bytes;
      },
    };
  },
  'x-amz-checksum-sha1': () => cryptographic('sha1'),
  'x-amz-checksum-sha256': () => cryptographic('sha256'),
};

function cryptographic(algorithm: string): Hasher {
  const hash = createHash(algorithm);
  return {
    update: (piece) => {
      hash.update(piece);
    },
    digest: () => hash.digest(),
  };
}

/** A body on its way in, and what its headers claim of it. */
class Payload {
  /** What was announced; undefined when nothing was. */
  readonly length: number | undefined;
  /** Checksums by the name of their header; one that comes as a trailer is '' until then. */
  readonly claims: Map<string, string>;
  size = 0;
  md5 = '';
  readonly #incoming: Incoming;
  readonly #signedHash: string;
  readonly #isChunked: boolean;

  constructor(incoming: Incoming) {
    this.#incoming = incoming;
    this.#signedHash = header(incoming, 'x-amz-content-sha256') ?? 'UNSIGNED-PAYLOAD';
    this.#isChunked = this.#signedHash === CHUNKED;
    if (this.#signedHash.startsWith('STREAMING-') && !this.#isChunked) {
      throw new S3Error('NotImplemented', `x-amz-content-sha256: ${this.#signedHash}`);
    }
    const length = header(
      incoming,
      this.#isChunked ? 'x-amz-decoded-content-length' : 'content-length',
    );
    this.length = length === undefined ? undefined : Number(length);
    const given = Object.keys(incoming.headers).filter((name) =>
      /^x-amz-checksum-(?!type$|mode$|algorithm$)/.test(name),
    );
    this.claims = new Map(given.map((name) => [name, header(incoming, name) ?? '']));
    const trailer = header(incoming, 'x-amz-trailer');
    if (trailer !== undefined) this.claims.set(trailer.trim().toLowerCase(), '');
  }

  /** The content, which fails at its end when it is not what was claimed. */
  async *content(): AsyncGenerator<Buffer> {
    const checks = this.#checks();
    const hashers = checks.map(({ hasher }) => hasher);
    const md5 = cryptographic('md5');
    const { body } = this.#incoming;
    for await (const piece of this.#isChunked ? unchunked(body, this.claims) : body) {
      this.size += piece.length;
      for (const { update } of [md5, ...hashers]) update(piece);
      yield piece;
    }
    if (this.size !== (this.length ?? this.size)) throw new S3Error('IncompleteBody');
    for (const { hasher, encoding, claimed, fault } of checks) {
      if (claimed() === '') throw new S3Error('MalformedTrailerError');
      if (claimed() !== hasher.digest().toString(encoding)) throw new S3Error(fault);
    }
    this.md5 = md5.digest().toString('hex');
  }

  #checks(): Check[] {
    const checks = [...this.claims.keys()].map((name): Check => {
      const hasher = HASHERS[name]?.();
      if (!hasher) throw new S3Error('NotImplemented', `the checksum ${name}`);
      const claimed = () => this.claims.get(name) ?? '';
      return { hasher, encoding: 'base64', claimed, fault: 'BadDigest' };
    });
    const contentMd5 = header(this.#incoming, 'content-md5');
    if (contentMd5 !== undefined) {
      const claimed = () => contentMd5;
      const hasher = cryptographic('md5');
      checks.push({ hasher, encoding: 'base64', claimed, fault: 'BadDigest' });
    }
    if (/^[\da-f]{64}$/.test(this.#signedHash)) {
      const claimed = () => this.#signedHash;
      const hasher = cryptographic('sha256');
      checks.push({ hasher, encoding: 'hex', claimed, fault: 'XAmzContentSHA256Mismatch' });
    }
    return checks;
  }
}
