import { waitUntil } from '../../local/polling.ts';
import type { Session } from '../product-api.ts';
import { ROOM, SAMPLE, type Cast, type Stage } from '../stage.ts';

const isCompleted = ({ status }: Session) => status === 'completed';

/** Loses the webhooks that would tell of two ends: the sessions find out all the same. */
export async function loseWebhooks(
  stage: Stage,
  { videosdk, call, file }: Cast,
  signal: AbortSignal,
): Promise<void> {
  const { narrator, api, simulators, watchSeconds } = stage;
  for (const { id } of [call, file]) await api.until(id, 'was not completed', isCompleted);

  narrator.heading('Two webhooks that never come');
  const lost = { kind: 'lost' };
  await simulators.inject('transcribe', { operation: 'event', fault: lost });
  await simulators.inject('videosdk', { operation: 'webhook', fault: lost, times: 10 });
  const { id } = await api.start({
    provider: 'amazon-transcribe',
    id: 'lecture',
    media: SAMPLE,
    identifyLanguage: true,
  });
  await simulators.closeRoom(ROOM);
  narrator.say(`${id} is being transcribed, and the last one leaves ${videosdk.id}`);

  let words: string[] = [];
  const areLost = async () => {
    const { deliveries } = await simulators.transcribe();
    const { webhooks } = await simulators.videosdk();
    const events = deliveries.filter(({ jobName }) => jobName.includes(id));
    const notices = webhooks.filter(({ fault }) => fault === 'lost');
    words = notices.map(({ webhookType }) => webhookType);
    return events.some(({ fault }) => fault === 'lost') && notices.length > 0;
  };
  const patience = { everyMs: 50, withinMs: 30_000, signal };
  await waitUntil('No webhook was lost', areLost, patience);
  narrator.broke(`Lost on the way: EventBridge's of the job, VideoSDK's ${words.join(', ')}`);

  const work = Promise.all([
    api.until(id, 'was not completed', isCompleted),
    api.until(videosdk.id, 'was not stopped', ({ status }) => status === 'stopped'),
  ]);
  const [job, room] = await narrator.during('the sessions to find out', work);
  narrator.proved(
    `${job.id} is ${job.status}, ${room.id} is ${room.status} (by the ${room.endReason})`,
  );
  narrator.aside(
    `A webhook is a hint: each session also looks by itself, here every ${watchSeconds} s.`,
  );
}
