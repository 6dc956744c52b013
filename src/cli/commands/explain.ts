import type { Command } from '@commander-js/extra-typings';
import { explainSession } from '../api-client.ts';
import { answerOf } from '../connection.ts';
import { plain, print, printJson, styled } from '../terminal.ts';

/** `durascribe explain <id>`: what a session is at, and why it waits. */
export function addExplain(program: Command): void {
  program
    .command('explain')
    .description('say what a session is at, what went wrong last, and what happens next')
    .argument('<id>', "the session's id")
    .option('--run <runId>', 'an earlier run of it')
    .option('--json', 'print the explanation as JSON')
    .action(async (id, { run: runId, json }) => {
      const { data } = await answerOf(explainSession(id, { runId }));
      if (json) return printJson(data);
      const details = plain(data.details).replaceAll(/\*\*(.+?)\*\*/g, (_, words) =>
        styled('bold', String(words)),
      );
      print(
        `${details.replaceAll('`', '').trim()}\n\nNext: ${plain(data.next)}\n${plain(data.temporal)}`,
      );
    });
}
