import { createHash, createHmac } from 'node:crypto';
import { S3Client } from '@aws-sdk/client-s3';
import { SignatureV4 } from '@smithy/signature-v4';
import { onTestFinished } from 'vitest';
import { SIMULATED_S3 } from '../../simulators/credentials.ts';
import { createS3Simulator } from '../../simulators/s3/simulator.ts';
import type { S3Simulator, S3SimulatorOptions } from '../../simulators/s3/simulator.ts';

export const BUCKET = 'recordings';

type Reply = { readonly status: number; readonly code: string | undefined; readonly text: string };

type Request = {
  readonly method: string;
  /** Encoded, below the bucket's. */
  readonly key: string;
  readonly query?: Record<string, string>;
  readonly headers?: Record<string, string>;
  readonly body?: string;
};

type Signing = { readonly region?: string; readonly expiresInSeconds?: number };

export type Caller = {
  readonly simulator: S3Simulator;
  readonly url: string;
  /** What Amazon's own SDK makes of it; it tries once. */
  readonly sdk: S3Client;
  /** Moves the simulator's clock, in ms. */
  readonly advance: (ms: number) => void;
  /** A request as it is. */
  readonly send: (request: Request) => Promise<Reply>;
  /** The request with a signature, by the SDK's signer: in the query when it shall expire. */
  readonly signed: (request: Request, signing?: Signing) => Promise<Request>;
};

/** A simulator with one bucket that listens on a free port, with a clock that only the test moves. */
export async function s3Caller(options: Partial<S3SimulatorOptions> = {}): Promise<Caller> {
  const startedAtMs = Date.now();
  let nowMs = startedAtMs;
  const simulator = createS3Simulator({
    ...SIMULATED_S3,
    folder: null,
    buckets: [BUCKET],
    now: () => nowMs,
    ...options,
  });
  const url = await simulator.app.listen({ host: '127.0.0.1', port: 0 });
  const { accessKeyId, secretAccessKey, region } = SIMULATED_S3;
  const credentials = { accessKeyId, secretAccessKey };
  const sdk = new S3Client({
    endpoint: url,
    region,
    credentials,
    forcePathStyle: true,
    maxAttempts: 1,
  });
  onTestFinished(async () => {
    sdk.destroy();
    await simulator.close();
  });
  const { host, hostname } = new URL(url);
  return {
    simulator,
    url,
    sdk,
    advance: (ms) => {
      nowMs += ms;
    },
    send: async ({ method, key, query, headers, body }) => {
      const response = await fetch(`${url}/${BUCKET}/${key}?${encodedQuery(query)}`, {
        method,
        ...(headers && { headers }),
        ...(body !== undefined && { body }),
      });
      const text = await response.text();
      return { status: response.status, code: /<Code>(.*)<\/Code>/.exec(text)?.[1], text };
    },
    signed: async (request, signing = {}) => {
      const signer = new SignatureV4({
        credentials,
        region: signing.region ?? region,
        service: 's3',
        sha256: Sha256,
        uriEscapePath: false,
      });
      const unsigned = {
        method: request.method,
        protocol: 'http:',
        hostname,
        path: `/${BUCKET}/${request.key}`,
        query: request.query ?? {},
        headers: { host, ...request.headers },
        body: request.body,
      };
      const signingDate = new Date(startedAtMs);
      const { headers, query } =
        signing.expiresInSeconds === undefined
          ? await signer.sign(unsigned, { signingDate })
          : await signer.presign(
              { ...unsigned, headers: { ...unsigned.headers, [HASH]: 'UNSIGNED-PAYLOAD' } },
              { signingDate, expiresIn: signing.expiresInSeconds },
            );
      const { host: _host, ...others } = headers;
      return {
        ...request,
        headers: others,
        query: Object.fromEntries(
          Object.entries(query ?? {}).map(([name, value]) => [name, String(value ?? '')]),
        ),
      };
    },
  };
}

/** So it appears in the query of what the SDK presigns. */
const HASH = 'X-Amz-Content-Sha256';

function encodedQuery(query: Request['query'] = {}): string {
  return Object.entries(query)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join('&');
}

/** What the signer wants of a hash. */
class Sha256 {
  readonly #hash;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash =
      secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret));
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(data));
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {
    throw new Error('no signer resets');
  }
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data);
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}
