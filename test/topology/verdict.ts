import { TRANSCRIPTS_BUCKET, type Stack } from '../support/stack.ts';
import type { Received } from '../support/receiver.ts';
import type { Players, Recording, Room } from './players.ts';

/** Every promise that was not kept, in words, by what the vendors and the receiver have seen. */
export function verdict(stack: Stack, players: Players, received: readonly Received[]): string[] {
  const calls = recordedCalls(stack, players.calls);
  const ids = [...players.rooms, ...players.recordings].map(({ id }) => id);
  return [
    ...players.rooms.flatMap((room) => roomFaults(stack, room)),
    ...[...players.recordings, ...calls].flatMap((recording) => jobFaults(stack, recording)),
    ...ids.flatMap((id) => callbackFaults(id, received)),
    ...leftovers(stack, players),
  ];
}

/** The calls whose recording the API has taken; the others Vonage gave up, after two tries. */
export function recordedCalls({ vonage }: Stack, calls: readonly string[]): Recording[] {
  return calls.flatMap((conversationUuid) => {
    const { webhooks, calls: legs } = vonage.ledger(conversationUuid);
    const isTaken = webhooks.some(
      ({ kind, status }) => kind === 'recording' && status !== null && status < 300,
    );
    return isTaken ? legs.flatMap(({ recording }) => (recording ? [archived(recording)] : [])) : [];
  });
}

function archived({ recordingUuid }: { readonly recordingUuid: string }): Recording {
  const id = `vonage:${recordingUuid}`;
  return { id, media: `recordings/${id}/` };
}

/** One task, ended, with what was accepted last; and its transcript. */
function roomFaults(stack: Stack, room: Room): string[] {
  const tasks = tasksOf(stack, room);
  const [task] = tasks;
  const wanted = room.languages === null ? null : String(room.languages);
  const applied = task?.languages === null ? null : String(task?.languages);
  return told(room.id, [
    tasks.length !== 1 && `${tasks.length} tasks`,
    tasks.some(({ endedAt }) => endedAt === null) && 'a task was left running',
    applied !== wanted && `${applied} was applied, not ${wanted}`,
    room.hasTranscript && !hasTranscript(stack, room.id) && 'no transcript',
  ]);
}

/** One job, done, and its transcript. */
function jobFaults(stack: Stack, { id, media }: Recording): string[] {
  const jobs = stack.transcribe
    .ledger()
    .jobs.filter(({ request }) => request.Media.MediaFileUri.includes(media));
  return told(id, [
    jobs.length !== 1 && `${jobs.length} jobs`,
    jobs.some(({ status }) => status !== 'COMPLETED') && 'a job was not completed',
    !hasTranscript(stack, id) && 'no transcript',
  ]);
}

/** A callback may come twice, but then it is the same one. */
function callbackFaults(id: string, received: readonly Received[]): string[] {
  const ends = received.filter(({ type, data }) => type === 'session.ended' && data['id'] === id);
  const count = new Set(ends.map((end) => end.id)).size;
  return told(id, [count !== 1 && `its end was told ${count} times`]);
}

type Violation = { readonly rule: string; readonly detail: string };

/** What nobody could have kept who dies at any moment, and which had no effect. */
function isUnavoidable({ rule, detail }: Violation): boolean {
  // A start whose answer died with the process that had it is repeated, with the same token.
  if (rule === 'start-repeated') return true;
  // An update that died with its worker before it was sent leaves its number out, for nobody can tell.
  if (rule === 'sequence') return detail.includes('skips ahead');
  // Vonage gave up after two tries, a second apart, while the API was away.
  return rule === 'webhook-unreceived';
}

/** What nobody has asked for, and every rule of a vendor that was broken. */
function leftovers(stack: Stack, { rooms, recordings, calls }: Players): string[] {
  const { simulator, videosdk, transcribe, vonage } = stack;
  const tasks = [...simulator.ledger().tasks, ...videosdk.ledger().tasks];
  // One that Vonage gave up may have been taken all the same, where the answer was lost.
  const known = calls
    .flatMap((conversationUuid) => vonage.ledger(conversationUuid).calls)
    .flatMap(({ recording }) => (recording ? [archived(recording)] : []));
  const media = transcribe.ledger().jobs.map(({ request }) => request.Media.MediaFileUri);
  const jobs = [...recordings, ...known].map((one) =>
    media.filter((uri) => uri.includes(one.media)),
  );
  return [
    ...told('all', [
      tasks.length !== rooms.length && `${tasks.length} tasks of ${rooms.length} rooms`,
      jobs.some(({ length }) => length > 1) && 'a recording was transcribed twice',
      jobs.flat().length !== media.length && 'a job has nobody whose it is',
    ]),
    ...[simulator, videosdk, transcribe, vonage]
      .flatMap((vendor): readonly Violation[] => vendor.ledger().violations)
      .filter((violation) => !isUnavoidable(violation))
      .map(({ rule, detail }) => `rule broken: ${rule} (${detail})`),
  ];
}

function tasksOf({ simulator, videosdk }: Stack, { provider, name }: Room) {
  if (provider !== 'videosdk') return simulator.ledger(name).tasks;
  return videosdk.ledger(name).tasks.map((task) => ({ ...task, languages: null }));
}

function hasTranscript({ s3 }: Stack, id: string): boolean {
  return s3.keys(TRANSCRIPTS_BUCKET, `transcripts/${id}/`).length > 0;
}

function told(who: string, faults: readonly (string | false)[]): string[] {
  return faults.filter((fault) => fault !== false).map((fault) => `${who}: ${fault}`);
}
