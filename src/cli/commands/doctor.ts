import type { Command } from '@commander-js/extra-typings';
import { EXIT } from '../failure.ts';

/** `durascribe doctor`: what is wrong with the environment of the worker and the API. */
export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('check configuration, Temporal, vendors and webhooks, and say what to do')
    .option('--json', 'print the findings as JSON')
    .action(async ({ json }) => {
      // Loaded for this command only: it knows all that the processes need, and takes a second to load.
      const { examine } = await import('../../doctor/examine.ts');
      const isWell = await examine(json === true);
      // What never answered would keep the process alive.
      process.stdout.write('', () => process.exit(isWell ? EXIT.ok : EXIT.failed));
    });
}
