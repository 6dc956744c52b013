import { randomUUID } from 'node:crypto';
import { pause } from '../shared/delivery.ts';
import { timestamp } from '../shared/timestamp.ts';
import type { WantedCall } from './call-request.ts';
import type { CallEntry } from './ledger.ts';
import { endsEarly, readNcco } from './ncco.ts';
import type { ConnectAction, Ncco, RecordAction } from './ncco.ts';
import type { Files } from './recordings/files.ts';
import { keepRecording } from './recordings/recording.ts';
import { deliver, sign } from './webhooks/delivery.ts';
import type { DeliveryContext, SignedWebhook, Webhook } from './webhooks/delivery.ts';
import { errorPayload, eventPayload } from './webhooks/events.ts';
import type { Leg, LegEvent } from './webhooks/events.ts';

/** The application that is called, and what its calls leave behind. */
export type CallContext = DeliveryContext & {
  readonly answerUrl: string;
  readonly fallbackAnswerUrl: string | undefined;
  readonly eventUrl: string;
  /** Where files are downloaded from, without a slash at the end. */
  readonly publicUrl: () => string;
  readonly files: Files;
  /** How each recording was last announced. */
  readonly announcements: Map<string, SignedWebhook>;
};

export type PhoneCall = {
  readonly wanted: WantedCall;
  readonly entry: CallEntry;
  readonly caller: Leg;
  readonly recordingUuid: string;
  readonly fileId: string;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  /** Webhooks that the call does not wait for. */
  readonly late: Promise<unknown>[];
};

/** Where to tell of something. */
type Destination = Pick<Webhook, 'kind' | 'method' | 'url'>;

type ConnectedLeg = { readonly leg: Leg; readonly events: Destination };

const MALFORMED = 'Syntax error in NCCO. Invalid value type or action.';
const UNREACHABLE = 'The answer URL gave no NCCO.';

export function newCall({ records, now }: CallContext, wanted: WantedCall): PhoneCall {
  const { from, to } = wanted;
  const uuid = randomUUID();
  const conversationUuid = `CON-${randomUUID()}`;
  const endedAtMs = now() + wanted.lastsMs;
  return {
    wanted,
    entry: records.call({
      from,
      to,
      uuid,
      conversationUuid,
      ncco: null,
      recording: null,
      endedAt: null,
    }),
    caller: { uuid, conversationUuid, from, to, direction: 'inbound' },
    recordingUuid: randomUUID(),
    fileId: randomUUID(),
    startedAtMs: endedAtMs - wanted.durationSeconds * 1000,
    endedAtMs,
    late: [],
  };
}

/** A call from its beginning to the last of its webhooks. */
export async function play(context: CallContext, call: PhoneCall): Promise<void> {
  await followNcco(context, call);
  call.entry.endedAt = timestamp(context.now());
  await Promise.all(call.late);
}

async function followNcco(context: CallContext, call: PhoneCall): Promise<void> {
  const { caller, wanted } = call;
  const events = eventsTo(context.eventUrl);
  const tellCaller = (status: LegEvent) => tellLeg(context, call, { leg: caller, events }, status);
  await tellCaller('started');
  await tellCaller('ringing');
  const ncco = await fetchNcco(context, call);
  if ('fault' in ncco) {
    const payload = errorPayload(caller.conversationUuid, ncco.fault, context.now());
    await tell(context, call, events, payload);
    await tellCaller('completed');
    return;
  }
  await tellCaller('answered');
  const connected: ConnectedLeg[] = [];
  for (const action of ncco.ncco) {
    if (action.action !== 'connect') continue;
    const leg = await connect(context, call, action);
    if (leg) connected.push(leg);
  }
  await pause(context.closing, wanted.lastsMs);

  const action = ncco.ncco.find((one) => one.action === 'record');
  const announce = () => (action ? announceRecording(context, call, action) : undefined);
  if (wanted.recordingFirst) await announce();
  for (const leg of connected) await tellLeg(context, call, leg, 'completed');
  await tellCaller('completed');
  if (!wanted.recordingFirst) await announce();
}

async function fetchNcco(
  context: CallContext,
  call: PhoneCall,
): Promise<{ ncco: Ncco } | { fault: string }> {
  const { answerUrl, fallbackAnswerUrl, records, publicUrl } = context;
  const { from, to, uuid, conversationUuid } = call.caller;
  const payload = {
    to,
    from,
    conversation_uuid: conversationUuid,
    uuid,
    region_url: publicUrl(),
  };
  const ask = (url: string) => tell(context, call, { kind: 'answer', method: 'GET', url }, payload);
  const text = (await ask(answerUrl)) ?? (fallbackAnswerUrl && (await ask(fallbackAnswerUrl)));
  if (text === undefined) return { fault: UNREACHABLE };
  const read = readNcco(text);
  if ('fault' in read) {
    records.violate('ncco', read.fault, call.caller);
    return { fault: MALFORMED };
  }
  call.entry.ncco = read.ncco;
  checkRecording(context, call, read.ncco);
  return read;
}

/** What is no error, but records less than the call. */
function checkRecording({ records }: CallContext, { caller }: PhoneCall, ncco: Ncco): void {
  const index = ncco.findIndex(({ action }) => action === 'record');
  const action = ncco[index];
  if (action?.action !== 'record') return;
  if (index > 0) {
    const detail = `record comes after ${index} other actions, which it does not record`;
    records.violate('record-late', detail, caller);
  }
  if (endsEarly(action)) {
    records.violate('record-ends-early', 'record has an end condition', caller);
  }
}

/** Rings one endpoint; nothing when it does not answer. */
async function connect(
  context: CallContext,
  call: PhoneCall,
  action: ConnectAction,
): Promise<ConnectedLeg | undefined> {
  const { conversationUuid, to } = call.caller;
  const leg: Leg = {
    uuid: randomUUID(),
    conversationUuid,
    from: action.from ?? to,
    to: action.endpoint[0].number,
    direction: 'outbound',
  };
  const [ownUrl] = action.eventUrl ?? [];
  const events = eventsTo(ownUrl ?? context.eventUrl, ownUrl ? action.eventMethod : 'POST');
  for (const status of ['started', 'ringing', call.wanted.legs] as const) {
    await tellLeg(context, call, { leg, events }, status);
  }
  return call.wanted.legs === 'answered' ? { leg, events } : undefined;
}

async function announceRecording(
  context: CallContext,
  call: PhoneCall,
  action: RecordAction,
): Promise<void> {
  const payload = keepRecording(context, call, action);
  const [ownUrl] = action.eventUrl ?? [];
  const url = ownUrl ?? context.eventUrl;
  await tell(context, call, { kind: 'recording', method: action.eventMethod, url }, payload);
}

function eventsTo(url: string, method: Webhook['method'] = 'POST'): Destination {
  return { kind: 'event', method, url };
}

async function tellLeg(
  context: CallContext,
  call: PhoneCall,
  { leg, events }: ConnectedLeg,
  status: LegEvent,
): Promise<void> {
  await tell(context, call, events, eventPayload(leg, status, call));
}

/** What was answered; undefined also where the call goes on without an answer. */
async function tell(
  context: CallContext,
  { caller, recordingUuid, late }: PhoneCall,
  destination: Destination,
  payload: Webhook['payload'],
): Promise<string | undefined> {
  const { from, conversationUuid } = caller;
  const { status } = payload;
  const fault = context.faults.ofWebhook({
    operation: destination.kind,
    from,
    eventStatus: typeof status === 'string' ? status : undefined,
  });
  const send = async () => {
    if (fault?.kind === 'delayed') await pause(context.closing, fault.ms);
    const signed = await sign(context, { ...destination, payload, conversationUuid });
    if (destination.kind === 'recording') context.announcements.set(recordingUuid, signed);
    return deliver(context, signed, fault);
  };
  if (fault?.kind !== 'delayed' || destination.kind === 'answer') return send();
  late.push(send());
  return undefined;
}
