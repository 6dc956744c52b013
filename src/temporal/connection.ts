import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection } from '@temporalio/worker';

/**
 * A client for the server that Temporal's own variables or profile name. It connects on first use, so that a
 * process can start, and say that it is not ready, while Temporal is away.
 */
export function lazyClient(): Client {
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
  return new Client({ connection: Connection.lazy(connectionOptions), namespace });
}

/** Where that server is. */
export function temporalAddress(): string {
  return loadClientConnectConfig().connectionOptions.address ?? 'localhost:7233';
}

/** A connection for workers to the same server, and the namespace they work in. Throws when nobody answers there. */
export async function workerConnection(): Promise<{
  connection: NativeConnection;
  namespace: string;
}> {
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
  try {
    return { connection: await NativeConnection.connect(connectionOptions), namespace };
  } catch (cause) {
    const message = `No Temporal server answers at ${temporalAddress()} (TEMPORAL_ADDRESS).`;
    throw new Error(message, { cause });
  }
}
