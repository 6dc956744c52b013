import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from '@commander-js/extra-typings';
import { isEnded } from '../../domain/session.ts';
import { explainSession, getSession, type Explanation, type Session } from '../api-client.ts';
import { answerOf } from '../connection.ts';
import { EXIT, isAway, type CommandFailure } from '../failure.ts';
import { changesInWords, newsOf } from '../session-changes.ts';
import { isLiveSession } from '../session-words.ts';
import { note, print } from '../terminal.ts';
import { lines, screen, type WatchView } from '../watch-view.ts';

const LOOK_EVERY_MS = 1_000;
/** What happens next may change where the session does not: it asks a worker, so not as often. */
const EXPLAIN_EVERY_LOOKS = 5;

type Looked = { readonly session: Session; readonly explanation: Explanation };

/** `durascribe watch <id>`: follows a session until it is over. */
export function addWatch(program: Command): void {
  program
    .command('watch')
    .description('follow a session until it is over; fails if it does')
    .argument('<id>', "the session's id")
    .option('--json', 'print the session as a line of JSON at every change')
    .action(async (id, { json }) => {
      const session = json ? await watch(id, jsonLines) : await watch(id, viewOf());
      if (session.status === 'failed') process.exitCode = EXIT.failed;
    });
}

type Watcher = WatchView & {
  readonly changed?: (session: Session) => void;
  readonly away?: (words: string) => void;
};

function viewOf(): Watcher {
  return process.stdout.isTTY ? screen(process.stdout) : lines(process.stdout);
}

const jsonLines: Watcher = {
  tell: () => {},
  show: () => {},
  changed: (session) => print(JSON.stringify(session)),
  away: note,
};

/** Looks at the session again and again; returns it once it is over. */
async function watch(id: string, view: Watcher): Promise<Session> {
  let last: Looked | null = null;
  let isGone = false;
  const tellOfAbsence = view.away ?? view.tell;
  for (let looks = 0; ; looks++) {
    try {
      const now: Looked = await look(id, last, looks % EXPLAIN_EVERY_LOOKS === 0);
      if (isGone) tellOfAbsence('the API is back');
      isGone = false;
      tellChanges(view, last, now);
      last = now;
      if (isEnded(now.session.status)) return now.session;
    } catch (error) {
      // A wrong address is told at once; who has answered before comes back.
      if (last === null || !isAway(error)) throw error;
      if (!isGone) tellOfAbsence(`the API is away, and asked again: ${firstLine(error)}`);
      isGone = true;
    }
    if (last) view.show(last.session, last.explanation);
    await sleep(LOOK_EVERY_MS);
  }
}

async function look(id: string, last: Looked | null, isDue: boolean): Promise<Looked> {
  const { data: session } = await answerOf(getSession(id));
  const isSame = JSON.stringify(session) === JSON.stringify(last?.session);
  if (last && isSame && !isDue) return { session, explanation: last.explanation };
  const { data: explanation } = await answerOf(explainSession(id));
  return { session, explanation };
}

function tellChanges(view: Watcher, last: Looked | null, now: Looked): void {
  const changes = changesInWords(last?.session ?? null, now.session);
  const news = transcriptLeft(now) ?? newsOf(last?.explanation ?? null, now.explanation);
  for (const words of [...changes, ...news]) view.tell(words);
  if (changes.length > 0) view.changed?.(now.session);
}

/** How to come by the transcript of a live session, which comes after its end, be it that it is there already. */
function transcriptLeft({ session, explanation }: Looked): string[] | null {
  const isToCome = isLiveSession(session) && isEnded(session.status);
  if (!isToCome || explanation.transcript === 'none') return null;
  return [`its transcript: durascribe transcript ${session.id} --wait`];
}

function firstLine({ message }: CommandFailure): string {
  return message.split('\n')[0] ?? '';
}
