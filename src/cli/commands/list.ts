import { Option, type Command } from '@commander-js/extra-typings';
import { PROVIDER_NAMES } from '../../domain/sessions.ts';
import { SESSION_STATUSES } from '../../domain/session.ts';
import { listSessions, type Session } from '../api-client.ts';
import { repeated, wholeNumber } from '../arguments.ts';
import { answerOf } from '../connection.ts';
import { subjectOf } from '../session-words.ts';
import { aligned, colourOf, note, print, printJson, styled } from '../terminal.ts';

type Filter = NonNullable<Parameters<typeof listSessions>[0]>;

/** As many as a page may have. */
const LARGEST_PAGE = 100;
const HEAD = ['ID', 'STATUS', 'CREATED', 'ENDED', 'ROOM OR MEDIA', 'NOTE'];

/** `durascribe list`: the sessions that there are, as a table. */
export function addList(program: Command): void {
  program
    .command('list')
    .description('list sessions: those that go on, then those that are over')
    .addOption(new Option('--provider <name>', 'of this provider').choices(PROVIDER_NAMES))
    .addOption(new Option('--status <status>', 'in this status').choices(SESSION_STATUSES))
    .option('--channel <name>', 'of this room')
    .option('--metadata <name=value>', 'with this label; may be repeated', repeated)
    .option('--started-since <time>', 'created then or later, as 2026-11-21T08:00:00Z')
    .option('--changed-since <time>', 'changed then or later')
    .option('--page-size <number>', 'how many at most (20)', wholeNumber)
    .option('--page-token <token>', 'the next page, as the last one named it')
    .option('--all', 'every page')
    .option('--json', 'print the page as JSON')
    .action(async ({ all, json, ...filter }) => {
      const page = await (all ? everyPage(filter) : answerOf(listSessions(filter)).then(dataOf));
      if (json) return printJson(page);
      printTable(page.sessions);
      if (page.nextPageToken === null) return;
      note(`There are more: --all, or --page-token ${page.nextPageToken}`);
    });
}

type Page = { readonly sessions: readonly Session[]; readonly nextPageToken: string | null };

function dataOf({ data }: { readonly data: Page }): Page {
  return data;
}

async function everyPage(filter: Filter): Promise<Page> {
  const sessions: Session[] = [];
  let pageToken = filter.pageToken;
  do {
    const asked = { pageSize: LARGEST_PAGE, ...filter, pageToken };
    const { data } = await answerOf(listSessions(asked));
    sessions.push(...data.sessions);
    pageToken = data.nextPageToken ?? undefined;
  } while (pageToken !== undefined);
  return { sessions, nextPageToken: null };
}

function printTable(sessions: readonly Session[]): void {
  if (sessions.length === 0) return note('No sessions.');
  const rows = sessions.map((session) => [
    session.id,
    session.status,
    toTheSecond(session.createdAt),
    session.endedAt === null ? '' : toTheSecond(session.endedAt),
    subjectOf(session),
    session.failure?.message ?? session.endReason ?? '',
  ]);
  const [head = '', ...lines] = aligned([HEAD, ...rows]);
  print(styled('bold', head));
  for (const [index, line] of lines.entries()) {
    print(inColour(line, sessions[index]));
  }
}

/** The status in a line that is aligned already: colours have no width. */
function inColour(line: string, session: Session | undefined): string {
  if (!session) return line;
  const at = line.indexOf(` ${session.status} `, session.id.length) + 1;
  const [before, after] = [line.slice(0, at), line.slice(at + session.status.length)];
  return before + colourOf(session.status) + after;
}

function toTheSecond(time: string): string {
  return time.replace(/\.\d+Z$/, 'Z');
}
