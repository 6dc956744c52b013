import { Command } from '@commander-js/extra-typings';
import { addDeliveries } from './commands/deliveries.ts';
import { addDoctor } from './commands/doctor.ts';
import { addErase } from './commands/erase.ts';
import { addExplain } from './commands/explain.ts';
import { addList } from './commands/list.ts';
import { addShow } from './commands/show.ts';
import { addStart } from './commands/start.ts';
import { addStop } from './commands/stop.ts';
import { addTranscript } from './commands/transcript.ts';
import { addUpdate } from './commands/update.ts';
import { addWatch } from './commands/watch.ts';
import { connect, readDotEnv } from './connection.ts';

/** Every command, in the order of the help. */
const COMMANDS = [
  addStart,
  addUpdate,
  addWatch,
  addStop,
  addList,
  addShow,
  addExplain,
  addTranscript,
  addDeliveries,
  addErase,
  addDoctor,
];

/** The command line. */
export function commandLine(): Command {
  const program = new Command('durascribe')
    .description('Starts, follows and stops transcription sessions, by the HTTP API of Durascribe.')
    .option('--url <url>', 'where the API is (DURASCRIBE_URL, else http://127.0.0.1:3000)')
    .option('--key-file <file>', 'a file with a key of the API (else DURASCRIBE_API_KEY)')
    .addHelpText('after', '\nEnds with 0; 1 refused or failed; 2 wrong usage; 3 no API to be had.')
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
    .showHelpAfterError('`--help` says how it is meant.');
  program.hook('preAction', (_, action) => {
    readDotEnv();
    if (action.name() !== 'doctor') connect(program.opts());
  });
  // Subcommands take over what is set above when they are made.
  for (const add of COMMANDS) add(program);
  return program;
}
