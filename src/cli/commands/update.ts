import type { Command } from '@commander-js/extra-typings';
import { changeSession } from '../api-client.ts';
import { bodyOf, listed, pair, preferenceOf } from '../arguments.ts';
import { answerOf } from '../connection.ts';
import { CommandFailure, EXIT } from '../failure.ts';
import { isLiveSession, revisionInWords, sessionInWords } from '../session-words.ts';
import { print, printJson } from '../terminal.ts';

const LISTED = 'with commas, or repeated';

/** `durascribe update <id>`: changes a live session. */
export function addUpdate(program: Command): void {
  program
    .command('update')
    .description('change a live session')
    .argument('<id>', "the session's id")
    .option('--languages <tags>', `the languages spoken; ${LISTED}`, listed)
    .option('--uids <uids>', `the UIDs to transcribe, or all; ${LISTED}`, listed)
    .option('--add-uid <uid>', `a UID to transcribe too; ${LISTED}`, listed)
    .option('--remove-uid <uid>', `a UID to transcribe no longer; ${LISTED}`, listed)
    .option('--replace-uid <old=new>', 'somebody came back with another UID', pair)
    .option('--idempotency-key <key>', 'a repeated change with the same key is accepted once')
    .option('--data <json>', 'more of the change: JSON, @file, or @- for the standard input')
    .option('--wait', 'until it is applied or refused, 60 s at most')
    .option('--json', 'print the session as JSON')
    .action(async (id, { languages, uids, addUid, removeUid, replaceUid, ...options }) => {
      const { idempotencyKey, data, wait, json } = options;
      const body = bodyOf<Parameters<typeof changeSession>[1]>(data, {
        languages,
        subscribeAudioUids: uids,
        addAudioUids: addUid,
        removeAudioUids: removeUid,
        replaceAudioUid: replaceUid && { from: replaceUid[0], to: replaceUid[1] },
      });
      const headers = { ...preferenceOf(wait), idempotencyKey };
      const { status, data: session } = await answerOf(changeSession(id, body, headers));
      if (json) printJson(session);
      else print(sessionInWords(session));
      if (status === 202 && wait) {
        const revision = isLiveSession(session) ? revisionInWords(session) : '';
        throw new CommandFailure(
          EXIT.failed,
          `The change is not applied yet: revision ${revision}`,
        );
      }
    });
}
