import { writeFileSync } from 'node:fs';
import { extname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Option, type Command } from '@commander-js/extra-typings';
import { getTranscript } from '../api-client.ts';
import { answerOf } from '../connection.ts';
import { CommandFailure, EXIT, isAway, Refusal } from '../failure.ts';
import { note, plain } from '../terminal.ts';

const FORMATS = ['txt', 'vtt', 'srt', 'json'] as const;
type Query = NonNullable<Parameters<typeof getTranscript>[1]>;

/** How often a transcript is asked for of a session that is not over, and so says nothing of when. */
const ASKED_EVERY_SECONDS = 5;

/** `durascribe transcript <id>`: what was said, to the standard output or a file. */
export function addTranscript(program: Command): void {
  program
    .command('transcript')
    .description('print what was said')
    .argument('<id>', "the session's id")
    .addOption(new Option('--format <format>', "the file's, else txt").choices(FORMATS))
    .option('--json', 'the same as --format json')
    .option('--output <file>', 'write it to a file, in the format that its name ends with')
    .option('--run <runId>', 'of an earlier run')
    .option('--wait', 'until it is ready, or will never be')
    .action(async (id, { format, json, output, run: runId, wait }) => {
      const asked = json ? 'json' : (format ?? formatOf(output));
      const text = await transcript(id, { format: asked, runId }, wait === true);
      if (output === undefined) process.stdout.write(process.stdout.isTTY ? plain(text) : text);
      else write(output, text);
    });
}

function formatOf(file: string | undefined): (typeof FORMATS)[number] {
  const extension = extname(file ?? '').slice(1);
  if (extension === '') return 'txt';
  const known = FORMATS.find((format) => format === extension);
  if (known !== undefined) return known;
  const message = `There is no format .${extension}: name it .${FORMATS.join(', .')}, or say --format`;
  throw new CommandFailure(EXIT.usage, message);
}

async function transcript(id: string, query: Query, waits: boolean): Promise<string> {
  let told = '';
  while (true) {
    try {
      return await readTranscript(id, query);
    } catch (error) {
      const isLater = error instanceof Refusal && error.kind === 'transcript-not-ready';
      if (!waits || !(isLater || (told !== '' && isAway(error)))) throw error;
      if (error.message !== told) note(plain(error.message));
      told = error.message;
      const seconds = error instanceof Refusal ? error.retryAfterSeconds : null;
      await sleep((seconds ?? ASKED_EVERY_SECONDS) * 1_000);
    }
  }
}

async function readTranscript(id: string, query: Query): Promise<string> {
  const form = query.format === 'json' ? 'object' : 'string';
  const { data }: { readonly data: unknown } = await answerOf(getTranscript(id, query), form);
  const text = typeof data === 'string' ? data : JSON.stringify(data, null, 2);
  return text.endsWith('\n') ? text : `${text}\n`;
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new CommandFailure(EXIT.failed, `${file} cannot be written`, error);
  }
}
