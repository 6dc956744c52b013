import { expect, test } from 'vitest';
import { SIMULATED_VIDEOSDK } from '../../simulators/credentials.ts';
import { ProviderError } from '../../src/providers/errors.ts';
import { videosdk } from '../../src/providers/videosdk/provider.ts';
import { describeLiveProvider, preparedStart } from './live-provider.ts';
import { NOBODY, videosdkVendor } from './vendor.ts';

const create = (baseUrl: string) => videosdk({ ...SIMULATED_VIDEOSDK, baseUrl, webhookUrl: null });

const NO_UPDATE = 'VideoSDK has no way to change a running transcription';
const NO_AGORA_OPTION =
  'VideoSDK knows neither UIDs nor encryption nor a language that it would refuse';
const NO_END = 'VideoSDK sets no end: a transcription ends with the session of its room';

describeLiveProvider('videosdk', {
  vendor: videosdkVendor,
  create,
  secrets: [SIMULATED_VIDEOSDK.secret, SIMULATED_VIDEOSDK.apiKey, 'eyJ'],
  cannot: {
    'starts a task with what is desired': NO_AGORA_OPTION,
    'starts a task with every option': NO_AGORA_OPTION,
    'tells when a task ends at the latest': NO_END,
    'starts one task however often a start is repeated':
      'VideoSDK has no key for a start: one without an answer is looked for, and not repeated',
    'says when a start can no longer be repeated': 'no start at VideoSDK is ever repeated',
    'updates exactly the fields that changed': NO_UPDATE,
    'updates what else can change': NO_UPDATE,
    "refuses in the vendor's words": NO_AGORA_OPTION,
    'sees that a task was idle':
      'VideoSDK has no idle time: its room ends with the last participant',
  },
});

async function scene() {
  const vendor = await videosdkVendor();
  const provider = create(vendor.url);
  return { ...vendor, provider, start: await preparedStart(provider) };
}

test('a start sends what was asked for, and where the webhooks go', async () => {
  const { simulator, url, start } = await scene();
  const webhookUrl = 'http://127.0.0.1:9/webhooks/videosdk';
  const provider = videosdk({ ...SIMULATED_VIDEOSDK, baseUrl: url, webhookUrl });
  const options = { language: 'en-US', modelId: 'm', summary: { enabled: true, prompt: 'Short' } };
  await provider.start({ ...start, options });
  const [call] = simulator.ledger().calls;
  expect(call?.body).toEqual({ roomId: 'room', webhookUrl, ...options });
});

test("a refusal reaches the caller in the vendor's words", async () => {
  const { simulator, provider, start } = await scene();
  simulator.startForeign('room');
  await expect(provider.start(start)).rejects.toMatchObject({ kind: 'rejected' });
  expect(simulator.ledger().tasks).toHaveLength(1);
});

test.for(['honoured', 'ignored'] as const)(
  'a lost start is found among the rooms, be the filter %s',
  async (roomFilter) => {
    const { simulator, provider, start } = await scene();
    simulator.setAnswers({ roomFilter });
    const unansweredSince = new Date().toISOString();
    for (let room = 1; room <= 120; room += 1) simulator.startForeign(`other-${room}`);
    const { id } = await provider.start(start);
    const found = await provider.find({ ...start, unansweredSince }, NOBODY);
    expect(found).toMatchObject({ id });
  },
);

test('where it could be somebody else’s, a lost start is neither adopted nor repeated', async () => {
  const { simulator, provider, start } = await scene();
  simulator.setAnswers({ secondStart: 'second-task' });
  const unansweredSince = new Date().toISOString();
  simulator.startForeign('room');
  simulator.startForeign('room');
  const finding = provider.find({ ...start, unansweredSince }, NOBODY);
  await expect(finding).rejects.toMatchObject({ kind: 'unavailable' });
});

test('a stop leaves a newer transcription of the room alone', async () => {
  const { simulator, provider, start } = await scene();
  const task = await provider.start(start);
  simulator.endTask(task.id, 'stopped');
  const newer = simulator.startForeign('room');
  await provider.stop(task, 'room');
  expect(running(simulator)).toEqual([newer]);
});

test('a stop of one that runs beside a newer one waits for that to end', async () => {
  const { simulator, provider, start, ...vendor } = await scene();
  simulator.setAnswers({ secondStart: 'second-task' });
  const task = await provider.start(start);
  vendor.advance(1_000);
  const newer = simulator.startForeign('room');
  const error: unknown = await provider.stop(task, 'room').catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ProviderError);
  expect(error).toMatchObject({ kind: 'unavailable', message: expect.stringContaining(newer) });
  expect(running(simulator)).toEqual([task.id, newer]);
  simulator.endTask(newer, 'stopped');
  await provider.stop(task, 'room');
  expect(running(simulator)).toEqual([]);
});

test('an end whose answer was lost is not sent again', async () => {
  const { simulator, provider, start } = await scene();
  const task = await provider.start(start);
  simulator.inject({ operation: 'end', fault: { kind: 'lost-response' } });
  await expect(provider.stop(task, 'room')).rejects.toMatchObject({ kind: 'unavailable' });
  const newer = simulator.startForeign('room');
  await provider.stop(task, 'room');
  expect(running(simulator)).toEqual([newer]);
});

test('a room that emptied between the look and the end is a success', async () => {
  const { simulator, provider, start } = await scene();
  const task = await provider.start(start);
  simulator.inject({ operation: 'end', fault: { kind: 'status', status: 404, effect: true } });
  await expect(provider.stop(task, 'room')).resolves.toBeUndefined();
});

function running(simulator: Awaited<ReturnType<typeof videosdkVendor>>['simulator']): string[] {
  return simulator
    .ledger()
    .tasks.filter(({ endedAt }) => endedAt === null)
    .map(({ id }) => id);
}
