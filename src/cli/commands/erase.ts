import type { Command } from '@commander-js/extra-typings';
import { eraseSession, type Erasure } from '../api-client.ts';
import { answerOf } from '../connection.ts';
import { removedInWords } from '../../domain/erasure.ts';
import { plain, print, printJson } from '../terminal.ts';

/** `durascribe erase <id>`: erases a session that is over. */
export function addErase(program: Command): void {
  program
    .command('erase')
    .description('erase a session that is over, with all that was kept of it')
    .argument('<id>', "the session's id")
    .option('--json', 'print what was removed as JSON')
    .action(async (id, { json }) => {
      const answer = await answerOf(eraseSession(id, { prefer: 'return=representation' }));
      // From an API that does not know the preference yet there is no word of it.
      const report = answer.status === 200 ? answer.data : null;
      if (json) printJson(report ?? { id });
      else print(report ? inWords(report) : `${id} is erased.`);
    });
}

function inWords({ id, removed, kept }: Erasure): string {
  return plain(
    [
      `${id} is erased: ${removedInWords(removed)}.`,
      ...kept.map(({ why }) => `  It leaves ${why}.`),
    ].join('\n'),
  );
}
