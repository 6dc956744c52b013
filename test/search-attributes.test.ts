import { NativeConnection } from '@temporalio/worker';
import { expect, onTestFinished, test } from 'vitest';
import { startEmbeddedServer } from '../src/temporal/embedded-server.ts';
import { ensureSearchAttributes } from '../src/temporal/search-attributes.ts';

test('a search attribute of another type is named, with what it is and what it must be', async () => {
  const server = await startEmbeddedServer();
  onTestFinished(() => server.stop());
  const connection = await NativeConnection.connect({ address: server.address });
  onTestFinished(() => connection.close());
  const namespace = 'default';
  await connection.operatorService.addSearchAttributes({
    namespace,
    // A Datetime.
    searchAttributes: { DurascribeStatus: 6 },
  });
  await expect(ensureSearchAttributes(connection, namespace)).rejects.toThrow(
    'DurascribeStatus is Datetime, not Keyword',
  );
});
