import type { Command } from '@commander-js/extra-typings';
import { isEnded } from '../../domain/session.ts';
import { stopSession } from '../api-client.ts';
import { preferenceOf } from '../arguments.ts';
import { answerOf } from '../connection.ts';
import { CommandFailure, EXIT } from '../failure.ts';
import { sessionInWords } from '../session-words.ts';
import { print, printJson } from '../terminal.ts';

/** `durascribe stop <id>`: stops a session, for good. */
export function addStop(program: Command): void {
  program
    .command('stop')
    .description('stop a session, at once and for good')
    .argument('<id>', "the session's id")
    .option('--wait', 'until it is over, 60 s at most')
    .option('--json', 'print the session as JSON')
    .action(async (id, { wait, json }) => {
      const { data: session } = await answerOf(stopSession(id, preferenceOf(wait)));
      if (json) printJson(session);
      else print(sessionInWords(session));
      if (wait && !isEnded(session.status)) {
        const advice = `\`durascribe explain ${id}\` says what it waits for.`;
        throw new CommandFailure(EXIT.failed, `It is not over yet. ${advice}`);
      }
    });
}
