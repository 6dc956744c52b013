import { showBill, showLinks } from './scenes/bill.ts';
import { burst } from './scenes/burst.ts';
import { startEachKind } from './scenes/each-kind.ts';
import { changeAfterKill, killWorker, restAfterKill } from './scenes/killed-worker.ts';
import { loseWebhooks } from './scenes/lost-webhooks.ts';
import { transcriptsOfRecordings, transcriptsOfRooms } from './scenes/transcripts.ts';
import type { Stage } from './stage.ts';

/**
 * All scenes, in order; what one waits for goes on during the next. Throws Untrue where the ledgers do not bear out what
 * is to be told.
 */
export async function tellStory(stage: Stage, signal: AbortSignal): Promise<void> {
  const cast = await startEachKind(stage);
  const judgeBurst = await burst(stage, cast);
  await loseWebhooks(stage, cast, signal);
  await judgeBurst();
  const left = await killWorker(stage, cast, signal);
  await transcriptsOfRecordings(stage, cast);
  await changeAfterKill(stage, cast, left);
  await transcriptsOfRooms(stage, cast);
  await restAfterKill(stage, left);
  await showBill(stage);
  await showLinks(stage, cast);
}
