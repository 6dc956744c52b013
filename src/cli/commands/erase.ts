import type { Command } from '@commander-js/extra-typings';
import { eraseSession } from '../api-client.ts';
import { answerOf } from '../connection.ts';
import { print, printJson } from '../terminal.ts';

/** `durascribe erase <id>`: erases a session that is over. */
export function addErase(program: Command): void {
  program
    .command('erase')
    .description('erase a session that is over, with all that was kept of it')
    .argument('<id>', "the session's id")
    .option('--json', 'print the outcome as JSON')
    .action(async (id, { json }) => {
      await answerOf(eraseSession(id));
      if (json) printJson({ id, erased: true });
      else print(`${id} is erased.`);
    });
}
