import type { Cast, Stage } from '../stage.ts';

/** How many lines of a transcript are shown. */
const LINES = 4;

/** Shows what was said in the recordings, which are over by now. */
export async function transcriptsOfRecordings(stage: Stage, { call, file }: Cast): Promise<void> {
  stage.narrator.heading('The transcripts of the recordings');
  await show(stage, call.id, 'The call');
  await show(stage, file.id, 'The file');
}

/** Stops the rooms, and shows what was said in them. */
export async function transcriptsOfRooms(stage: Stage, cast: Cast): Promise<void> {
  const { narrator, api } = stage;
  narrator.heading('The rooms are stopped');
  const { status } = await api.stop(cast.agora.id);
  narrator.say(`${cast.agora.id} is ${status}`);
  await api.stopByAstro(cast.legacyPair);
  narrator.say(
    `${cast.legacy.id} is ${(await api.get(cast.legacy.id)).status}, by POST /api/transcription/stop.json`,
  );
  await show(stage, cast.videosdk.id, 'The VideoSDK room');
  await show(stage, cast.agora.id, 'The Agora room');
}

async function show({ narrator, api }: Stage, id: string, what: string): Promise<void> {
  const work = api.until(id, 'got no transcript', ({ transcript }) => transcript !== null);
  const { transcript } = await narrator.during(`the transcript of ${id}`, work);
  narrator.proved(`${what}, ${transcript?.words} words (${id})`);
  narrator.aside(...(await api.transcript(id)).slice(0, LINES));
}
