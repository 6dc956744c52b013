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

/** A connection for workers to the same server, and the namespace they work in. Throws when nobody answers there. */
export async function workerConnection(): Promise<{
  connection: NativeConnection;
  namespace: string;
}> {
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
  const address = connectionOptions.address ?? 'localhost:7233';
  try {
    return { connection: await NativeConnection.connect(connectionOptions), namespace };
  } catch (cause) {
    throw new Error(`No Temporal server answers at ${address} (TEMPORAL_ADDRESS).`, { cause });
  }
}
