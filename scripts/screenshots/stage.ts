import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { simulatorUrl } from '../../simulators/local.ts';
import { isolate } from '../../src/demo/isolation.ts';
import { freePort } from '../../src/local/ports.ts';
import { localProduct } from '../../src/local/product.ts';
import type { Supervisor } from '../../src/local/supervision.ts';

const HOST = '127.0.0.1';
const TASK_QUEUE = 'transcription';

/** The product and its vendors, at ports that are free, and in a folder of its own. */
export type Stage = {
  readonly folder: string;
  readonly uiUrl: string;
  readonly temporalAddress: string;
  /** Asks the API; throws where it refuses. */
  api(method: string, path: string, body?: object, prefer?: string): Promise<unknown>;
  /** Has a simulator fail. */
  inject(vendor: 'agora' | 'transcribe', fault: object): Promise<void>;
  clearFaults(): Promise<void>;
  /** Where nobody takes callbacks. */
  readonly deadReceiver: string;
};

/** Sets it up, vendors simulated, to stay for as long as `parts` do. */
export async function setStage(parts: Supervisor): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'durascribe-screenshots-'));
  const logFolder = join(folder, 'logs');
  mkdirSync(logFolder);
  isolate(folder);
  const [port, temporalPort, temporalUiPort, deadPort] = await ports();
  const simulatorPorts = {
    s3: await freePort(HOST),
    agora: await freePort(HOST),
    transcribe: await freePort(HOST),
    vonage: await freePort(HOST),
    videosdk: await freePort(HOST),
  };
  const apiUrl = `http://${HOST}:${port}`;
  const uiUrl = `http://${HOST}:${temporalUiPort}`;
  const deadReceiver = `http://${HOST}:${deadPort}`;
  Object.assign(process.env, {
    DURASCRIBE_PORT: String(port),
    DURASCRIBE_PUBLIC_URL: apiUrl,
    DURASCRIBE_TASK_QUEUE: TASK_QUEUE,
    DURASCRIBE_TEMPORAL_UI_URL: uiUrl,
    DURASCRIBE_CALLBACK_HOSTS: deadReceiver,
    DURASCRIBE_WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 1).toString('base64')}`,
    DURASCRIBE_RECONCILE_SECONDS: '15',
  });
  const product = localProduct({
    parts,
    dataFolder: folder,
    logFolder,
    temporalPort,
    temporalUiPort,
    simulatorPorts,
    say: (what) => console.log(`${what} …`),
  });
  await product.provideTemporal();
  await product.provideSimulators(['s3', 'agora', 'videosdk', 'transcribe', 'vonage'], apiUrl);
  await product.startWorkerAndApi(TASK_QUEUE, apiUrl);
  const faultsOf = (vendor: 'agora' | 'transcribe') =>
    `${simulatorUrl(simulatorPorts[vendor])}/faults`;
  return {
    folder,
    uiUrl,
    temporalAddress: `${HOST}:${temporalPort}`,
    deadReceiver,
    api: (method, path, body, prefer) =>
      ask(apiUrl + path, method, body, prefer === undefined ? {} : { prefer }),
    inject: async (vendor, fault) => void (await ask(faultsOf(vendor), 'POST', fault)),
    clearFaults: async () => void (await ask(faultsOf('agora'), 'DELETE')),
  };
}

async function ports(): Promise<[number, number, number, number]> {
  return [await freePort(HOST), await freePort(HOST), await freePort(HOST), await freePort(HOST)];
}

async function ask(
  url: string,
  method: string,
  body?: object,
  headers: Record<string, string> = {},
): Promise<unknown> {
  const json = body === undefined ? {} : { 'content-type': 'application/json' };
  const init = { method, headers: { ...headers, ...json } };
  const answer = await fetch(
    url,
    body === undefined ? init : { ...init, body: JSON.stringify(body) },
  );
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${text}`);
  return text === '' ? null : JSON.parse(text);
}
