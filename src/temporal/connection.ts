import { status } from '@grpc/grpc-js';
import {
  Client,
  Connection,
  defaultGrpcRetryOptions,
  makeGrpcRetryInterceptor,
} from '@temporalio/client';
import type { ClientInterceptors, ConnectionOptions } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection } from '@temporalio/worker';
import type { EncryptionKey } from '../settings/encryption.ts';
import { dataConverterWith } from './encryption.ts';

/**
 * One that is back is found within a second, and one that went without a word is missed within 17 s: by itself the
 * client would try again after up to two minutes, and miss it within 45 s. Servers bear a keepalive
 * every 10 s, but none that comes a moment sooner.
 */
const channelArgs = {
  'grpc.initial_reconnect_backoff_ms': 200,
  'grpc.max_reconnect_backoff_ms': 1_000,
  'grpc.keepalive_time_ms': 12_000,
  'grpc.keepalive_timeout_ms': 5_000,
  'grpc.keepalive_permit_without_calls': 1,
};

/**
 * A session whose next run is about to begin takes an update in a moment, and so does one that has ten under way already:
 * the client would wait a second, as it does where the server is too busy.
 */
const FULL_FOR_A_MOMENT = /workflow is closing|in-flight updates/;

const retries = defaultGrpcRetryOptions({
  initialIntervalMs: ({ code, details }) => {
    // As the client has it.
    if (code !== status.RESOURCE_EXHAUSTED) return 100;
    return FULL_FOR_A_MOMENT.test(details) ? 50 : 1_000;
  },
});

/**
 * A client for the server that Temporal's own variables or profile name. It connects on first use, so that a
 * process can start, and say that it is not ready, while Temporal is away. What it sends is encrypted by the first of
 * `keys`, where there is one; each try of a call goes through `interceptors`, and
 * each message to a workflow through `around`.
 */
export function lazyClient(
  keys: readonly EncryptionKey[],
  interceptors: NonNullable<ConnectionOptions['interceptors']> = [],
  around: ClientInterceptors = {},
): Client {
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
  return new Client({
    connection: Connection.lazy({
      ...connectionOptions,
      channelArgs,
      interceptors: [makeGrpcRetryInterceptor(retries), ...interceptors],
    }),
    namespace,
    dataConverter: dataConverterWith(keys),
    interceptors: around,
  });
}

/** Where that server is. */
export function temporalAddress(): string {
  return loadClientConnectConfig().connectionOptions.address ?? 'localhost:7233';
}

/** Whether that is this machine, where nobody else listens in. */
export function isTemporalLocal(): boolean {
  const { hostname } = new URL(`tcp://${temporalAddress()}`);
  return /^(?:localhost|127\.[\d.]+|\[::1\])$/.test(hostname);
}

/** A connection for workers to the same server, and the namespace they work in. Throws when nobody answers there. */
export async function workerConnection(): Promise<{
  connection: NativeConnection;
  namespace: string;
}> {
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
  try {
    // On one machine compression costs CPU and saves nothing.
    const plain = isTemporalLocal() ? { grpcCompression: { codec: 'none' } as const } : {};
    const connection = await NativeConnection.connect({ ...connectionOptions, ...plain });
    return { connection, namespace };
  } catch (cause) {
    const message = `No Temporal server answers at ${temporalAddress()} (TEMPORAL_ADDRESS).`;
    const { tls, apiKey } = connectionOptions;
    if (!tls && apiKey === undefined) throw new Error(message, { cause });
    // It may well be there, and have refused us, or we it: the cause tells which.
    const variables = 'See also TEMPORAL_API_KEY and TEMPORAL_TLS_…';
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${message} ${variables}: ${reason}`, { cause });
  }
}
