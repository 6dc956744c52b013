import type { Command } from '@commander-js/extra-typings';
import { getSession } from '../api-client.ts';
import { answerOf } from '../connection.ts';
import { sessionInWords } from '../session-words.ts';
import { print, printJson } from '../terminal.ts';

/** `durascribe show <id>`: a session as it is. */
export function addShow(program: Command): void {
  program
    .command('show')
    .description('show a session as it is')
    .argument('<id>', "the session's id")
    .option('--run <runId>', 'an earlier run of it')
    .option('--json', 'print the session as JSON')
    .action(async (id, { run: runId, json }) => {
      const { data: session } = await answerOf(getSession(id, { runId }));
      if (json) printJson(session);
      else print(sessionInWords(session));
    });
}
