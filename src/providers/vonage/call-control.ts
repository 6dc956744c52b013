import type { VonageSettings } from './settings.ts';

/** With more channels than this a recording is WAV, which can be parted into its channels. */
const MOST_CHANNELS_OF_MP3 = 2;
const GREETING = 'Thanks for calling. We are connecting you now. This call is recorded.';

/** How many there are in a call: whoever called, and whom we connect. Each has a channel of their own. */
export function callers({ otherNumbers }: Pick<VonageSettings, 'otherNumbers'>): number {
  return 1 + otherNumbers.length;
}

/**
 * What an incoming call is to do (Vonage, NCCO reference). The record action comes first and has no end condition: only
 * so is the whole call recorded.
 */
export function answerCall(settings: VonageSettings, conversationUuid: string): unknown[] {
  const channels = callers(settings);
  const search = new URLSearchParams({ conversation_uuid: conversationUuid });
  const record = {
    action: 'record',
    eventUrl: [`${settings.publicUrl}/webhooks/recording?${search.toString()}`],
    ...(channels > 1 ? { split: 'conversation', channels } : {}),
    format: channels > MOST_CHANNELS_OF_MP3 ? 'wav' : 'mp3',
  };
  const talk = { action: 'talk', text: GREETING };
  const connects = settings.otherNumbers.map((number) => ({
    action: 'connect',
    endpoint: [{ type: 'phone', number }],
  }));
  return [record, talk, ...connects];
}
