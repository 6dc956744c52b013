import { CommanderError } from '@commander-js/extra-typings';
import { misunderstood } from './connection.ts';
import { CommandFailure, EXIT, failureInWords } from './failure.ts';
import { commandLine } from './program.ts';
import { note, plain } from './terminal.ts';

// Who reads the output may have seen enough of it (`| head`).
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

try {
  await commandLine().parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
}

function exitCodeOf(error: unknown): number {
  // It has been told what is wrong already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  const failure = error instanceof CommandFailure ? error : misunderstood(error);
  if (failure === null) throw error;
  note(`durascribe: ${plain(failureInWords(failure))}`);
  return failure.exitCode;
}
