import { waitUntil } from '../../local/polling.ts';
import { onlyTaskOf, Untrue, updatesOf } from '../judgement.ts';
import { CHANNEL, HIT, HIT_CHANNEL, SAMPLE, type Cast, type Stage } from '../stage.ts';

/** Longer than anybody waits for an answer. */
const ANSWER_AFTER_MS = 30_000;

/** What the killed worker has left undone. */
export type Left = {
  /** The revision of the change that waits. */
  readonly revision: number | undefined;
  /** The task whose start was not answered. */
  readonly taskId: string;
  /** The session that was accepted while there was no worker. */
  readonly acceptedId: string;
};

/** Kills the worker while the answer to a start is on its way and a change waits for its turn, and starts another one. */
export async function killWorker(
  stage: Stage,
  { agora }: Cast,
  signal: AbortSignal,
): Promise<Left> {
  const { narrator, api, simulators } = stage;
  narrator.heading('The worker is killed, at the worst moment');
  const { revision } = await api.change(agora.id, { languages: ['en-US', 'fr-FR'] });
  narrator.say(`${agora.id} is to hear French too: the change waits for its 5 s`);
  const fault = { kind: 'latency', ms: ANSWER_AFTER_MS };
  await simulators.inject('agora', { operation: 'join', channel: HIT_CHANNEL, fault });
  await api.submit({ provider: 'agora', channel: HIT_CHANNEL, languages: ['en-US'] });
  const hasTask = async () => (await simulators.agora(HIT_CHANNEL)).tasks.length > 0;
  const patience = { everyMs: 20, withinMs: 30_000, signal };
  await waitUntil('Agora started no task', hasTask, patience);
  const { agentId } = onlyTaskOf(await simulators.agora(HIT_CHANNEL));
  narrator.say(`${HIT} is being started: Agora runs, and bills, task ${agentId}`);
  await stage.killWorker();
  narrator.broke('kill -9: the worker is gone, before that answer came');

  const { status, session } = await api.submit({
    provider: 'amazon-transcribe',
    id: 'late-upload',
    media: SAMPLE,
    languageCode: 'en-GB',
  });
  narrator.proved(`The API goes on without any worker: ${session.id} is accepted (${status})`);
  stage.startWorker();
  narrator.say('A new worker is started. While it comes up:');
  return { revision, taskId: agentId, acceptedId: session.id };
}

/** Waits until the new worker has made the change that waited. */
export async function changeAfterKill(stage: Stage, { agora }: Cast, left: Left): Promise<void> {
  const { narrator, api, simulators } = stage;
  narrator.heading('The new worker takes over');
  const isApplied = api.until(agora.id, 'was not updated', ({ appliedRevision }) => {
    return appliedRevision === left.revision;
  });
  await narrator.during('the change that waited', isApplied);
  const [, gapMs = 0] = updatesOf(await simulators.agora(CHANNEL), 2);
  const gap = (gapMs / 1_000).toFixed(1);
  narrator.proved(`The change that waited is applied, by 1 call, ${gap} s after the one before`);
}

/** Waits until everything else is done that the killed worker has left. */
export async function restAfterKill(stage: Stage, left: Left): Promise<void> {
  const { narrator, api, simulators } = stage;
  narrator.heading('Nothing was lost');
  const isCompleted = api.until(left.acceptedId, 'was not completed', ({ status }) => {
    return status === 'completed';
  });
  const accepted = await narrator.during(`${left.acceptedId} to be completed`, isCompleted);
  narrator.proved(`${accepted.id}, accepted while there was no worker, is ${accepted.status}`);

  const isRunning = api.until(HIT, 'did not run', ({ status }) => status === 'running');
  const what = `the lost answer, which Temporal gives up 15 s after the call`;
  const { task } = await narrator.during(what, isRunning);
  const { agentId } = onlyTaskOf(await simulators.agora(HIT_CHANNEL));
  if (task?.id !== left.taskId || agentId !== left.taskId) {
    throw new Untrue(`${HIT} has task ${task?.id}, not ${left.taskId}`);
  }
  narrator.proved(`${HIT} runs with task ${agentId}: found, not started again`);
  narrator.aside("Agora's ledger has 1 call to start it, and 1 task that is billed.");
}
