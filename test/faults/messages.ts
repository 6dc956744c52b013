import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/stack.ts';
import { firstJobOf } from './call-scene.ts';
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

/** How often a message was sent that the fault struck, and whether the last of these has its answer. */
type Sent = { readonly fault?: string | undefined; readonly status: number | null };

/** What is to be judged: of a room its tasks, of a call its jobs; and the messages that were sent. */
type Ledger = {
  readonly billed: readonly { readonly endedAt: string | null }[];
  readonly violations: readonly { readonly rule: string }[];
  readonly sent: readonly Sent[];
};

/** A session that has come to its end without the message. */
type Played = { readonly sessionId: string; readonly bills: number; readonly ledger: () => Ledger };

/** A message of a vendor, and one session that depends on it. */
type Message = {
  readonly provider: string;
  readonly name: string;
  /** Lets the message go wrong in this way, and the session come to its end. */
  readonly play: (theatre: Theatre, way: Way, key: string) => Promise<Played>;
};

const MESSAGES: readonly Message[] = [
  {
    provider: 'agora',
    name: '102, of an idle end',
    play: async (theatre, way, channel) => {
      const { simulator } = theatre.stack;
      const sessionId = await startAgora(theatre, channel);
      simulator.inject({ operation: 'notification', channel, eventType: 102, fault: WAYS[way] });
      simulator.endTask(simulator.ledger(channel).tasks[0]?.agentId ?? '', 'idle');
      await seen(theatre.stack, sessionId, { status: 'stopped', endReason: 'idle' });
      return { sessionId, bills: 1, ledger: () => ofAgora(theatre, channel) };
    },
  },
  {
    provider: 'agora',
    name: '102, of a failure',
    play: async (theatre, way, channel) => {
      const { simulator } = theatre.stack;
      const sessionId = await startAgora(theatre, channel);
      simulator.inject({ operation: 'notification', channel, eventType: 102, fault: WAYS[way] });
      simulator.endTask(simulator.ledger(channel).tasks[0]?.agentId ?? '', 'failed');
      await seen(theatre.stack, sessionId, { status: 'running', generation: 2 });
      await stop(theatre, sessionId);
      return { sessionId, bills: 2, ledger: () => ofAgora(theatre, channel) };
    },
  },
  {
    provider: 'videosdk',
    name: 'transcription-started',
    play: async (theatre, way, roomId) => {
      const { videosdk } = theatre.stack;
      const webhookType = 'transcription-started';
      videosdk.inject({ operation: 'webhook', roomId, webhookType, fault: WAYS[way] });
      const sessionId = await startRoom(theatre, { provider: 'videosdk', roomId });
      await stop(theatre, sessionId);
      return { sessionId, bills: 1, ledger: () => ofVideosdk(theatre, roomId) };
    },
  },
  {
    provider: 'videosdk',
    name: 'transcription-stopped',
    play: async (theatre, way, roomId) => {
      const { videosdk } = theatre.stack;
      const webhookType = 'transcription-stopped';
      videosdk.inject({ operation: 'webhook', roomId, webhookType, fault: WAYS[way] });
      const sessionId = await startRoom(theatre, { provider: 'videosdk', roomId });
      videosdk.endTask(videosdk.ledger(roomId).tasks[0]?.id ?? '', 'stopped');
      await seen(theatre.stack, sessionId, { status: 'stopped', endReason: 'vendor' });
      return { sessionId, bills: 1, ledger: () => ofVideosdk(theatre, roomId) };
    },
  },
  {
    provider: 'vonage',
    name: 'event: completed',
    play: (theatre, way, from) => {
      const fault = WAYS[way];
      const eventStatus = 'completed';
      theatre.stack.vonage.inject({ operation: 'event', eventStatus, from, fault, times: 2 });
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
      const sessionId = `vonage-call:${conversationUuid}`;
      const failure = { message: expect.stringContaining('recording missing') };
      await seen(theatre.stack, sessionId, { status: 'failed', failure });
      const sent = () => vonage.ledger(conversationUuid).webhooks;
      return { sessionId, bills: 0, ledger: () => ({ billed: [], violations: [], sent: sent() }) };
    },
  },
  {
    provider: 'amazon-transcribe',
    name: 'job state change',
    play: (theatre, way, from) =>
      recordedCall(theatre, from, (jobName) =>
        theatre.stack.transcribe.inject({ operation: 'event', jobName, fault: WAYS[way] }),
      ),
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
        const { sessionId, bills, ledger } = await play(theatre, way, key);
        // What comes late must do no harm either.
        await eventually(() => expect(hasComeThrough(ledger(), way)).toBe(true));
        if (bills > 0) await theatre.toldOfEnd(sessionId);
        const { billed, violations } = ledger();
        expect(billed).toHaveLength(bills);
        expect(billed.filter(({ endedAt }) => endedAt === null)).toEqual([]);
        expect(violations).toEqual([]);
      },
    );
  });
});

/** Whether the message was struck, and has arrived as often as it is to. */
function hasComeThrough({ sent }: Ledger, way: Way): boolean {
  const struck = sent.filter(({ fault }) => fault === WAYS[way].kind);
  const isAnswered = struck.every(({ status }) => way === 'lost' || status !== null);
  return isAnswered && struck.length >= (way === 'duplicated' ? 2 : 1);
}

async function startRoom(
  { stack, callbackUrl }: Theatre,
  room: Record<string, unknown>,
): Promise<string> {
  const { body } = await insist(stack, 'POST', '/v1/sessions', { ...room, callbackUrl });
  const id = String(body['id']);
  await seen(stack, id, { status: 'running' });
  return id;
}

function startAgora(theatre: Theatre, channel: string): Promise<string> {
  return startRoom(theatre, { provider: 'agora', channel, languages: ['en-US'] });
}

async function stop({ stack }: Theatre, id: string): Promise<void> {
  await insist(stack, 'POST', `/v1/sessions/${encodeURIComponent(id)}/stop`);
  await seen(stack, id, { status: 'stopped', endReason: 'requested' });
}

/** A call that has to be transcribed once, whatever becomes of its messages. */
async function recordedCall(
  { stack }: Theatre,
  from: string,
  prepare: (jobName: string) => void = () => {},
): Promise<Played> {
  const { recordingUuid, conversationUuid } = stack.vonage.placeCall({ from });
  const sessionId = `vonage:${recordingUuid}`;
  const jobName = firstJobOf(sessionId);
  prepare(jobName);
  await seen(stack, sessionId, {
    status: 'completed',
    transcript: { words: expect.any(Number) },
  });
  const ledger = () => {
    const { webhooks, violations } = stack.vonage.ledger(conversationUuid);
    const jobs = stack.transcribe.ledger().jobs.filter(({ name }) => name.includes(recordingUuid));
    const { deliveries, violations: more } = stack.transcribe.ledger(jobName);
    const sent = [...webhooks, ...deliveries];
    return { billed: jobs, violations: [...violations, ...more], sent };
  };
  return { sessionId, bills: 1, ledger };
}

function ofAgora({ stack }: Theatre, channel: string): Ledger {
  const { tasks, violations, notifications } = stack.simulator.ledger(channel);
  return { billed: tasks, violations, sent: notifications };
}

function ofVideosdk({ stack }: Theatre, roomId: string): Ledger {
  const { tasks, violations, webhooks } = stack.videosdk.ledger(roomId);
  return { billed: tasks, violations, sent: webhooks };
}
