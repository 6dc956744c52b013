import { CHANNEL, ROOM, SAMPLE, type Cast, type Stage } from '../stage.ts';

/** Who speaks in the Agora room, by uid. */
const SPEAKERS = { '100': 'Anna', '200': 'Ben', '300': 'Carla', '400': 'David' };

/** Starts a session of every kind. The Agora room comes last, because the burst has to come soon after. */
export async function startEachKind({ narrator, api }: Stage): Promise<Cast> {
  narrator.heading('A session of each kind');
  const callId = await api.playCall();
  narrator.say('Somebody calls the Vonage number, talks, and hangs up');
  const file = await api.start({
    provider: 'amazon-transcribe',
    id: 'interview',
    media: SAMPLE,
    languageCode: 'en-GB',
    channels: 2,
  });
  tell('Media file', file.id, `is ${file.status}: ${SAMPLE}`);

  const videosdk = await api.start({ provider: 'videosdk', roomId: ROOM, language: 'en-US' });
  tell('VideoSDK', videosdk.id, `is ${videosdk.status}`);

  const legacyPair = await api.startByAstro(CHANNEL);
  const legacy = await api.get(`agora-legacy:${CHANNEL}`);
  tell('Agora, legacy', legacy.id, `is ${legacy.status}, by POST /api/transcription/start.json`);

  const work = api.until(callId, 'was not there', ({ status }) => status !== 'starting');
  const call = await narrator.during("the call's recording", work);
  tell('Vonage call', call.id, `is ${call.status}`);

  const agora = await api.start({
    provider: 'agora',
    channel: CHANNEL,
    languages: ['en-US'],
    subscribeAudioUids: Object.keys(SPEAKERS),
    captions: {},
    metadata: { speakers: SPEAKERS },
  });
  tell('Agora', agora.id, `is ${agora.status}`);
  return { agora, legacy, legacyPair, videosdk, call, file };

  function tell(kind: string, id: string, what: string): void {
    narrator.proved(`${kind.padEnd(15)}${id} ${what}`);
  }
}
