import type { Command } from '@commander-js/extra-typings';
import { listDeliveries, replayDelivery, type Delivery } from '../api-client.ts';
import { answerOf } from '../connection.ts';
import { aligned, note, print, printJson, styled } from '../terminal.ts';

const HEAD = ['ID', 'EVENT', 'STATE', 'TRIES', 'NEXT TRY', 'LAST ANSWER'];

/** `durascribe deliveries <id>` and `replay`: what was told to a session's callback URL. */
export function addDeliveries(program: Command): void {
  program
    .command('deliveries')
    .description("show a session's callbacks, and how they went")
    .argument('<id>', "the session's id")
    .option('--json', 'print them as JSON')
    .action(async (id, { json }) => {
      const { data } = await answerOf(listDeliveries(id));
      if (json) return printJson(data);
      printTable(data.deliveries);
    });
  program
    .command('replay')
    .description('send a callback again')
    .argument('<id>', "the session's id")
    .argument('<delivery>', "the delivery's id")
    .option('--json', 'print the delivery as JSON')
    .action(async (id, deliveryId, { json }) => {
      const { data } = await answerOf(replayDelivery(id, deliveryId));
      if (json) return printJson(data);
      printTable([data]);
    });
}

function printTable(deliveries: readonly Delivery[]): void {
  if (deliveries.length === 0) return note('No callbacks.');
  const rows = deliveries.map(({ id, type, state, tries, nextTryAt }) => {
    const last = tries.at(-1);
    const answer = last?.error ?? last?.status ?? '';
    return [id, type, state, String(tries.length), nextTryAt ?? '', String(answer)];
  });
  const [head = '', ...lines] = aligned([HEAD, ...rows]);
  print([styled('bold', head), ...lines].join('\n'));
}
