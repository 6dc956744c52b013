import { settled } from '../judgement.ts';
import { HIT, type Cast, type Stage } from '../stage.ts';

/** Stops what is left, and shows what every vendor would bill. */
export async function showBill({ narrator, api, simulators }: Stage): Promise<void> {
  narrator.heading('The bill');
  const { status } = await api.stop(HIT);
  narrator.say(`${HIT} is ${status}. The ledgers of the simulated vendors:`);
  const [agora, videosdk, transcribe, vonage] = await Promise.all([
    simulators.agora(),
    simulators.videosdk(),
    simulators.transcribe(),
    simulators.vonage(),
  ]);
  const accounts = [
    { vendor: 'Agora', unit: 'task', expected: 3, billed: agora.tasks, ...only(agora) },
    { vendor: 'VideoSDK', unit: 'task', expected: 1, billed: videosdk.tasks, ...only(videosdk) },
    {
      vendor: 'Amazon Transcribe',
      unit: 'job',
      expected: 4,
      billed: transcribe.jobs,
      ...only(transcribe),
    },
    { vendor: 'Vonage', unit: 'call', expected: 1, billed: vonage.calls, ...only(vonage) },
  ];
  for (const account of accounts) narrator.proved(settled(account));
}

/** Where to look at all of it, as long as it is there. */
export async function showLinks({ narrator, api, stays }: Stage, cast: Cast): Promise<void> {
  narrator.heading(stays ? 'The links' : 'The sessions');
  const { agora, legacy, videosdk, call, file } = cast;
  const ids = [agora, legacy, videosdk, call, file].map(({ id }) => id);
  if (!stays) return narrator.aside(...ids, HIT);
  for (const id of [...ids, HIT]) {
    const { links } = await api.get(id);
    narrator.aside(id, `  ${links.temporal}`);
  }
  narrator.aside('The API, to try', `  ${api.url}/docs`);
}

function only<T>({ violations }: { violations: T }): { violations: T } {
  return { violations };
}
