import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { expect, onTestFinished, test } from 'vitest';
import { freePort } from '../src/local/ports.ts';
import { startEmbeddedServer } from '../src/temporal/embedded-server.ts';

test('a server answers, and its stop leaves no process', async () => {
  const server = await startEmbeddedServer();
  const { namespaces } = await withClient(server.address, (client) =>
    client.workflowService.listNamespaces({}),
  );
  expect(namespaces?.map(({ namespaceInfo }) => namespaceInfo?.name)).toContain('default');
  expect(server.uiUrl).toBeNull();
  expect(processesAt(server.address)).not.toEqual([]);

  await server.stop();
  expect(processesAt(server.address)).toEqual([]);
  await expect(server.stop()).resolves.toBeUndefined();
});

test('a workflow outlives its server in the SQLite file', async () => {
  const folder = temporaryFolder();
  const dbFile = join(folder, 'made', 'temporal.sqlite');
  const first = await startEmbeddedServer({ dbFile });
  await withClient(first.address, (client) =>
    client.workflow.start('anything', { workflowId: 'kept', taskQueue: 'nobody' }),
  );
  await first.stop();

  const second = await startEmbeddedServer({ dbFile });
  onTestFinished(() => second.stop());
  const { status } = await withClient(second.address, (client) =>
    client.workflow.getHandle('kept').describe(),
  );
  expect(status.name).toBe('RUNNING');
});

test('the Web UI is served where it is wanted', async () => {
  const uiPort = await freePort('127.0.0.1');
  const codecEndpoint = 'http://127.0.0.1:3000/codec';
  const server = await startEmbeddedServer({ uiPort, codecEndpoint });
  onTestFinished(() => server.stop());
  expect(server.uiUrl).toBe(`http://127.0.0.1:${uiPort}`);
  expect((await fetch(`${server.uiUrl}`)).status).toBe(200);
  const settings = await (await fetch(`${server.uiUrl}/api/v1/settings`)).json();
  expect(settings).toMatchObject({ Codec: { Endpoint: codecEndpoint } });
});

test('a taken port is named with what to do, before anything is started', async () => {
  const occupant = createServer();
  onTestFinished(() => closed(occupant));
  const port = await freePort('127.0.0.1');
  await new Promise<void>((resolve) => occupant.listen(port, '127.0.0.1', () => resolve()));
  await expect(startEmbeddedServer({ port })).rejects.toThrow(
    `Port ${port} on 127.0.0.1, needed for the Temporal server, is in use: ` +
      `stop what listens there (lsof -i :${port} names it).`,
  );
});

test('a server that dies early tells its last words', async () => {
  const dbFile = join(temporaryFolder(), 'temporal.sqlite');
  const dying = startEmbeddedServer({ binary: '/bin/ls', dbFile });
  await expect(dying).rejects.toThrow(/^The Temporal server ended unexpectedly \(2\)\.\n.*ls: /s);
});

test('a start that is given up leaves no process', async () => {
  const port = await freePort('127.0.0.1');
  const given = startEmbeddedServer({ port, signal: AbortSignal.timeout(20) });
  await expect(given).rejects.toThrow('timeout');
  expect(processesAt(`127.0.0.1:${port}`)).toEqual([]);
});

async function withClient<T>(address: string, use: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address });
  try {
    return await use(new Client({ connection }));
  } finally {
    await connection.close();
  }
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'durascribe-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** The command lines of the processes that make up the server of this address. */
function processesAt(address: string): string[] {
  const port = address.split(':').at(-1);
  const commands = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).split('\n');
  return commands.filter((command) => command.includes(`--port ${port} `));
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
