import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { simulatorUrl } from '../simulators/local.ts';
import { apiAt } from './demo/product-api.ts';
import { isolate } from './demo/isolation.ts';
import { narrator } from './demo/narrator.ts';
import { simulatorsAt } from './demo/simulators.ts';
import type { Stage } from './demo/stage.ts';
import { tellStory } from './demo/story.ts';
import { freePort } from './local/ports.ts';
import { localProduct } from './local/product.ts';
import { explain, Interrupt, superviseParts } from './local/supervision.ts';

const HOST = '127.0.0.1';
const TASK_QUEUE = 'transcription';
/** In earnest it is a minute, and five for jobs; nobody wants to look on that long. */
const WATCH_SECONDS = 2;

const stays = process.stdout.isTTY && !process.argv.includes('--exit');
const parts = superviseParts();
const folder = mkdtempSync(join(tmpdir(), 'durascribe-demo-'));
const logFolder = join(folder, 'logs');
mkdirSync(logFolder);
const tell = narrator(process.stdout);
let isTold = false;
parts.halted.addEventListener('abort', () => {
  if (parts.halted.reason instanceof Interrupt) tell.title('Stopping.');
});
try {
  isolate(folder);
  await tellStory(await setStage(), parts.halted);
  isTold = true;
  if (stays) {
    tell.title('The product stays up for you to look around. Ctrl-C ends it, and leaves nothing.');
    await new Promise((resolve) => parts.halted.addEventListener('abort', resolve));
    parts.halted.throwIfAborted();
  }
} catch (error) {
  if (error instanceof Interrupt) process.exitCode = isTold ? 0 : 130;
  else {
    process.exitCode = 1;
    console.error(`\nThe demo failed: ${explain(error)}\nThe logs are in ${logFolder}.`);
  }
}
await parts.stopAll();
if (process.exitCode !== 1) rmSync(folder, { recursive: true, force: true });

/** The product and the vendors, at ports that are free, so that a demo disturbs nobody. */
async function setStage(): Promise<Stage> {
  tell.title('Durascribe in a minute: all of it on this machine, every vendor simulated.');
  const port = await freePort(HOST);
  const temporalPort = await freePort(HOST);
  const temporalUiPort = await freePort(HOST);
  const simulatorPorts = {
    s3: await freePort(HOST),
    agora: await freePort(HOST),
    transcribe: await freePort(HOST),
    vonage: await freePort(HOST),
    videosdk: await freePort(HOST),
  };
  const apiUrl = `http://${HOST}:${port}`;
  const temporalUiUrl = `http://${HOST}:${temporalUiPort}`;
  Object.assign(process.env, {
    DURASCRIBE_PORT: String(port),
    DURASCRIBE_PUBLIC_URL: apiUrl,
    DURASCRIBE_TASK_QUEUE: TASK_QUEUE,
    DURASCRIBE_TEMPORAL_UI_URL: temporalUiUrl,
    DURASCRIBE_WATCH_SECONDS: String(WATCH_SECONDS),
    DURASCRIBE_JOB_POLL_SECONDS: String(WATCH_SECONDS),
  });
  const product = localProduct({
    parts,
    dataFolder: folder,
    logFolder,
    temporalPort,
    temporalUiPort,
    simulatorPorts,
    say: (what) => tell.say(what),
  });
  await product.provideTemporal();
  await product.provideSimulators(['s3', 'agora', 'videosdk', 'transcribe', 'vonage'], apiUrl);
  const starting = product.startWorkerAndApi(TASK_QUEUE, apiUrl);
  let worker = await tell.during('a worker to compile the workflows', starting);
  tell.proved(`Durascribe is up: ${apiUrl}, and Temporal's Web UI: ${temporalUiUrl}`);
  const { agora, videosdk, transcribe, vonage } = simulatorPorts;
  return {
    narrator: tell,
    api: apiAt(apiUrl, parts.halted),
    simulators: simulatorsAt(
      {
        agora: simulatorUrl(agora),
        videosdk: simulatorUrl(videosdk),
        transcribe: simulatorUrl(transcribe),
        vonage: simulatorUrl(vonage),
      },
      parts.halted,
    ),
    watchSeconds: WATCH_SECONDS,
    killWorker: () => worker.kill(),
    startWorker: () => {
      worker = product.startWorker();
    },
    stays,
  };
}
