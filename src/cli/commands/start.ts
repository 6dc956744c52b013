import type { Command } from '@commander-js/extra-typings';
import { startSession } from '../api-client.ts';
import { bodyOf, type Fields, label, listed, preferenceOf, wholeNumber } from '../arguments.ts';
import { answerOf } from '../connection.ts';
import { CommandFailure, EXIT } from '../failure.ts';
import { sessionInWords } from '../session-words.ts';
import { note, print, printJson } from '../terminal.ts';

type StartRequest = Parameters<typeof startSession>[0];
type StartCommand = ReturnType<typeof startCommand>;
type StartOptions = ReturnType<StartCommand['opts']>;

/** `durascribe start agora|agora-legacy|videosdk|media`, or `start --data` with the whole request. */
export function addStart(program: Command): void {
  const start = startCommand(program);
  agora(start, 'agora', 'a channel at Agora');
  agora(start, 'agora-legacy', "a channel at Agora, by Agora's older API");
  videosdk(start);
  media(start);
  start.allowExcessArguments().action(async (options, { args }) => {
    if (args.length > 0) start.error(`error: there is no provider '${args[0]}'`);
    if (options.data === undefined) start.help({ error: true });
    await run({}, options);
  });
}

/** With what every start can be given. */
function startCommand(program: Command) {
  return program
    .command('start')
    .description('start the transcription of a room or a recording')
    .option('--id <id>', 'an id of your own for the session')
    .option('--metadata <name=value>', 'a label; may be repeated', label)
    .option('--callback-url <url>', 'who is told what happens to the session')
    .option('--max-duration <seconds>', 'when it ends at the latest; 0 = never', wholeNumber)
    .option(
      '--idempotency-key <key>',
      'a repeated start with the same key is answered as the first',
    )
    .option('--data <json>', 'more of the request: JSON, @file, or @- for the standard input')
    .option('--wait', 'until it runs or was refused, 60 s at most')
    .option('--json', 'print the session as JSON');
}

function agora(start: StartCommand, provider: 'agora' | 'agora-legacy', description: string): void {
  start
    .command(provider)
    .description(description)
    .argument('<channel>', "the channel's name")
    .option('--language <tag>', 'a language spoken, such as en-US; may be repeated', listed)
    .option('--uid <uid>', 'a UID to transcribe, else all; may be repeated', listed)
    .option('--except-uid <uid>', 'a UID not to transcribe; may be repeated', listed)
    .option('--captions', 'give the session a transcript')
    .option('--max-idle <seconds>', 'when it ends without a speaker; 0 = never', wholeNumber)
    .action(async (channel, { language, uid, exceptUid, captions, maxIdle }, command) => {
      const fields = {
        provider,
        channel,
        languages: language,
        subscribeAudioUids: uid,
        unSubscribeAudioUids: exceptUid,
        captions: captions && {},
        maxIdleSeconds: maxIdle,
      };
      await run(fields, command.optsWithGlobals());
    });
}

function videosdk(start: StartCommand): void {
  start
    .command('videosdk')
    .description('a room at VideoSDK')
    .argument('<room>', "the room's id")
    .option('--language <tag>', 'the language spoken, such as en-US')
    .option('--summary', 'have VideoSDK write a summary')
    .action(async (roomId, { language, summary: enabled }, command) => {
      const summary = enabled && { enabled };
      await run({ provider: 'videosdk', roomId, language, summary }, command.optsWithGlobals());
    });
}

function media(start: StartCommand): void {
  start
    .command('media')
    .description('a recording, by Amazon Transcribe')
    .argument('<uri>', 's3://bucket/key or https://…')
    .option('--language <tag>', 'the language spoken, such as en-GB')
    .option('--identify-language', 'find out which language is spoken')
    .option('--identify-languages', 'find out which languages are spoken')
    .option('--language-option <tag>', 'one that it may be; may be repeated', listed)
    .option('--channels <number>', 'a speaker each', wholeNumber)
    .option('--speakers <number>', 'told apart by their voices', wholeNumber)
    .option('--vocabulary <name>', 'words to listen for')
    .action(async (uri, flags, command) => {
      const fields = {
        provider: 'amazon-transcribe' as const,
        media: uri,
        languageCode: flags.language,
        identifyLanguage: flags.identifyLanguage,
        identifyMultipleLanguages: flags.identifyLanguages,
        languageOptions: flags.languageOption,
        channels: flags.channels,
        speakers: flags.speakers,
        vocabularyName: flags.vocabulary,
      };
      await run(fields, command.optsWithGlobals());
    });
}

async function run(fields: Fields<StartRequest>, options: StartOptions): Promise<void> {
  const { id, metadata, callbackUrl, maxDuration, idempotencyKey, data, wait, json } = options;
  const common = { id, metadata, callbackUrl, maxDurationSeconds: maxDuration };
  const body = bodyOf<StartRequest>(data, { ...common, ...fields });
  const headers = { ...preferenceOf(wait), idempotencyKey };
  const { status, data: session } = await answerOf(startSession(body, headers));
  if (json) printJson(session);
  else print(sessionInWords(session));
  if (status === 200) note('It was there already.');
  if (wait && session.status === 'starting') {
    const advice = `\`durascribe watch ${session.id}\` follows it.`;
    throw new CommandFailure(EXIT.failed, `It still starts. ${advice}`);
  }
}
