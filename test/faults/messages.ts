import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { insist, seen } from './caller.ts';
import { openTheatre, type Theatre } from './theatre.ts';

/** Longer than a recording's webhook is waited for, and than every later message takes. */
const LATE_MS = 6_000;
const GRACE_SECONDS = 3;

const WAYS = {
  lost: { kind: 'lost' },
  duplicated: { kind: 'duplicated' },
  'late, so out of order': { kind: 'delayed', ms: LATE_MS },
} as const;
type Way = keyof typeof WAYS;

/** A message of a vendor, one session that depends on it, and how that has to go all the same. */
type Message = {
  readonly provider: string;
  readonly name: string;
  /** Lets the message go wrong in this way; returns what is wrong with the outcome, in words. */
  readonly play: (theatre: Theatre, way: Way, key: string) => Promise<string[]>;
};

const MESSAGES: readonly Message[] = [
  {
    provider: 'agora',
    name: '102, of an idle end',
    play: async (theatre, way, channel) => {
      const { simulator } = theatre.stack;
      const id = await startRoom(theatre, { provider: 'agora', channel, languages: ['en-US'] });
      simulator.inject({ operation: 'notification', channel, eventType: 102, fault: WAYS[way] });
      simulator.endTask(simulator.ledger(channel).tasks[0]?.agentId ?? '', 'idle');
      await seen(theatre.stack, id, { status: 'stopped', endReason: 'idle' });
      return verdict(id, simulator.ledger(channel), 1);
    },
  },
  {
    provider: 'agora',
    name: '102, of a failure',
    play: async (theatre, way, channel) => {
      const { simulator } = theatre.stack;
      const id = await startRoom(theatre, { provider: 'agora', channel, languages: ['en-US'] });
      simulator.inject({ operation: 'notification', channel, eventType: 102, fault: WAYS[way] });
      simulator.endTask(simulator.ledger(channel).tasks[0]?.agentId ?? '', 'failed');
      await seen(theatre.stack, id, { status: 'running', generation: 2 });
      await stop(theatre, id);
      return verdict(id, simulator.ledger(channel), 2);
    },
  },
  {
    provider: 'videosdk',
    name: 'transcription-started',
    play: async (theatre, way, roomId) => {
      const { videosdk } = theatre.stack;
      const webhookType = 'transcription-started';
      videosdk.inject({ operation: 'webhook', roomId, webhookType, fault: WAYS[way] });
      const id = await startRoom(theatre, { provider: 'videosdk', roomId });
      await stop(theatre, id);
      return verdict(id, videosdk.ledger(roomId), 1);
    },
  },
  {
    provider: 'videosdk',
    name: 'transcription-stopped',
    play: async (theatre, way, roomId) => {
      const { videosdk } = theatre.stack;
      const webhookType = 'transcription-stopped';
      videosdk.inject({ operation: 'webhook', roomId, webhookType, fault: WAYS[way] });
      const id = await startRoom(theatre, { provider: 'videosdk', roomId });
      videosdk.endTask(videosdk.ledger(roomId).tasks[0]?.id ?? '', 'stopped');
      await seen(theatre.stack, id, { status: 'stopped', endReason: 'vendor' });
      return verdict(id, videosdk.ledger(roomId), 1);
    },
  },
  {
    provider: 'vonage',
    name: 'event: completed',
    play: (theatre, way, from) => {
      const { vonage } = theatre.stack;
      const fault = WAYS[way];
      vonage.inject({ operation: 'event', eventStatus: 'completed', from, fault, times: 2 });
      return recordedCall(theatre, from);
    },
  },
  {
    provider: 'vonage',
    name: 'recording',
    play: async (theatre, way, from) => {
      const { vonage } = theatre.stack;
      vonage.inject({ operation: 'recording', from, fault: WAYS[way] });
      if (way !== 'lost') return recordedCall(theatre, from);
      // Nothing else tells where the recording is: that it is missing has to be told.
      const { conversationUuid } = vonage.placeCall({ from });
      const failure = { message: expect.stringContaining('recording missing') };
      await seen(theatre.stack, `vonage-call:${conversationUuid}`, { status: 'failed', failure });
      return [];
    },
  },
  {
    provider: 'amazon-transcribe',
    name: 'job state change',
    play: (theatre, way, from) => {
      theatre.stack.transcribe.inject({ operation: 'event', fault: WAYS[way] });
      return recordedCall(theatre, from);
    },
  },
];

const CELLS = MESSAGES.flatMap((message) =>
  Object.keys(WAYS)
    .filter((way): way is Way => way in WAYS)
    .map((way) => ({ ...message, way })),
);

describe('a message of a vendor', () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await openTheatre({ DURASCRIBE_RECORDING_GRACE_SECONDS: String(GRACE_SECONDS) });
  });
  afterAll(() => theatre.close());

  describe.concurrent('whatever becomes of it', () => {
    test.for(CELLS.map((cell, index) => ({ ...cell, key: String(447_700_940_000 + index) })))(
      '$provider: $name, $way',
      async ({ provider, name, way, play, key }, { task }) => {
        task.meta.cell = { provider: `${provider}: messages`, step: name, column: way };
        expect(await play(theatre, way, key)).toEqual([]);
      },
    );
  });
});

async function startRoom({ stack }: Theatre, body: Record<string, unknown>): Promise<string> {
  const { body: session } = await insist(stack, 'POST', '/v1/sessions', body);
  const id = String(session['id']);
  await seen(stack, id, { status: 'running' });
  return id;
}

async function stop({ stack }: Theatre, id: string): Promise<void> {
  await insist(stack, 'POST', `/v1/sessions/${encodeURIComponent(id)}/stop`);
  await seen(stack, id, { status: 'stopped', endReason: 'requested' });
}

/** A call that has to be transcribed once, whatever became of its messages. */
async function recordedCall({ stack }: Theatre, from: string): Promise<string[]> {
  const { recordingUuid, done } = stack.vonage.placeCall({ from });
  await seen(stack, `vonage:${recordingUuid}`, {
    status: 'completed',
    transcript: { words: expect.any(Number) },
  });
  await done;
  const { jobs } = stack.transcribe.ledger();
  const own = jobs.filter(({ name }) => name.includes(recordingUuid));
  return own.length === 1 ? [] : [`${own.length} jobs instead of 1`];
}

type Ledger = {
  readonly tasks: readonly { readonly endedAt: string | null }[];
  readonly violations: readonly { readonly rule: string }[];
};

function verdict(id: string, { tasks, violations }: Ledger, expected: number) {
  return [
    ...(tasks.length === expected ? [] : [`${id}: ${tasks.length} tasks instead of ${expected}`]),
    ...tasks.filter(({ endedAt }) => endedAt === null).map(() => `${id}: a task was left running`),
    ...violations.map(({ rule }) => `${id}: rule broken: ${rule}`),
  ];
}
