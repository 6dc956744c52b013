import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { findTemporalBinary } from '../temporal-binary.mjs';
import type { Stage } from './stage.ts';

const UNTIL_MS = 60_000;
/** The rooms and recordings of docs/operate.md. */
export const STARTING = 'agora:room-42';
export const STOPPING = 'agora:room-7';
export const WELL = 'agora:room-1';
export const FAILED = 'talk-3';

/** Has sessions get stuck, each in a way of its own, as docs/operate.md tells of them. */
export async function makeTrouble(stage: Stage): Promise<void> {
  const busy = { kind: 'status', status: 503, message: 'allocate failed, please retry' };
  const broken = { kind: 'status', status: 500, message: 'core: internal error' };
  const missing = {
    kind: 'status',
    status: 400,
    message: "The requested vocabulary couldn't be found. Check the vocabulary name and try again.",
  };
  await stage.inject('transcribe', { operation: 'start', fault: missing });
  const often = { times: 100_000 };
  await stage.inject('agora', { operation: 'join', channel: 'room-42', fault: busy, ...often });
  await stage.inject('agora', { operation: 'leave', channel: 'room-7', fault: broken, ...often });
  const agora = { provider: 'agora', languages: ['en-US'] };
  const start = (body: object) => stage.api('POST', '/v1/sessions', body);
  await start({ ...agora, channel: 'room-42', metadata: { team: 'support' } });
  await start({ ...agora, channel: 'room-7' });
  await start({ ...agora, channel: 'room-1', callbackUrl: `${stage.deadReceiver}/callbacks` });
  await start(recording);
  for (const id of [STOPPING, WELL]) await untilStatus(stage, id, 'running');
  await stage.api('POST', `/v1/sessions/${STOPPING}/stop`);
  await untilStatus(stage, STOPPING, 'stopping');
  await untilStatus(stage, FAILED, 'failed');
  await listed(stage);
}

const recording = {
  provider: 'amazon-transcribe',
  id: FAILED,
  media: 's3://media/two-voices.mp3',
  languageCode: 'en-GB',
  vocabularyName: 'names-of-customers',
};

/** The vendors are well again; what is still stuck an operator does with Temporal's command line. */
export async function mend(stage: Stage): Promise<void> {
  await stage.clearFaults();
  temporal(stage, 'activity', 'reset', '--workflow-id', STOPPING, '--activity-type', 'stopTask');
  await untilStatus(stage, STOPPING, 'stopped');
  // Somebody has made the vocabulary.
  await stage.api('POST', '/v1/sessions', recording);
  await untilStatus(stage, FAILED, 'completed');
  await listed(stage);
}

export async function untilStatus(stage: Stage, id: string, status: string): Promise<void> {
  const giveUpAtMs = Date.now() + UNTIL_MS;
  for (;;) {
    const session = await stage.api('GET', `/v1/sessions/${encodeURIComponent(id)}`);
    const is: unknown =
      typeof session === 'object' && session !== null ? Reflect.get(session, 'status') : null;
    if (is === status) return;
    if (Date.now() > giveUpAtMs) throw new Error(`${id} is ${String(is)}, not ${status}`);
    await sleep(200);
  }
}

/** Temporal's list lags behind. */
async function listed(stage: Stage): Promise<void> {
  await sleep(3_000);
  await stage.api('GET', '/v1/sessions');
}

function temporal({ temporalAddress }: Stage, ...args: string[]): void {
  const command = findTemporalBinary(process.env);
  if (command === undefined) throw new Error('there is no temporal: run node scripts/setup.mjs');
  const { status, stderr } = spawnSync(command, ['--address', temporalAddress, ...args]);
  if (status !== 0) throw new Error(`temporal ${args.join(' ')}: ${String(stderr)}`);
}
