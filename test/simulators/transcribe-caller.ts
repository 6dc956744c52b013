import {
  DeleteTranscriptionJobCommand,
  GetTranscriptionJobCommand,
  StartTranscriptionJobCommand,
  TranscribeClient,
} from '@aws-sdk/client-transcribe';
import type {
  StartTranscriptionJobCommandInput,
  TranscriptionJob,
} from '@aws-sdk/client-transcribe';
import { onTestFinished } from 'vitest';
import { SIMULATED_S3 } from '../../simulators/credentials.ts';
import { createS3Simulator } from '../../simulators/s3/simulator.ts';
import type { S3Simulator } from '../../simulators/s3/simulator.ts';
import { createTranscribeSimulator } from '../../simulators/transcribe/simulator.ts';
import type { Utterance } from '../../simulators/transcribe/speech.ts';
import type {
  TranscribeSimulator,
  TranscribeSimulatorOptions,
} from '../../simulators/transcribe/simulator.ts';

export type Job = StartTranscriptionJobCommandInput;
export type Json = Record<string, unknown>;

export type Caller = {
  readonly simulator: TranscribeSimulator;
  readonly url: string;
  /** Amazon's own client, which tries once. */
  readonly client: TranscribeClient;
  /** With the buckets `audio`, which holds `call.wav`, and `transcripts`. */
  readonly s3: S3Simulator;
  /** Moves the simulator's clock, in ms, and waits for what that brings about. */
  advance(ms: number): Promise<void>;
  start(job?: Partial<Job>): Promise<TranscriptionJob>;
  get(name?: string): Promise<TranscriptionJob>;
  remove(name?: string): Promise<unknown>;
  /** Starts a job, and lets its time pass. */
  finished(job?: Partial<Job>): Promise<TranscriptionJob>;
  /** A transcript in the bucket `transcripts`. */
  output(key: string): Promise<Output>;
  /** A file of any kind there, null when there is none. */
  file(key: string): Promise<string | null>;
  /** One of the simulator's own routes. */
  control(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: Json): Promise<Response>;
};

/** What tests read of an output file. */
type Output = {
  readonly jobName: string;
  readonly results: {
    readonly transcripts: readonly { readonly transcript: string }[];
    readonly items: readonly Json[];
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
};

export const JOB_MS = 1_000;

/** Two people who talk across each other, the second on the right channel. */
export const callInChannels: readonly Utterance[] = [
  { text: 'One, two.', startSeconds: 1, endSeconds: 3 },
  { text: 'Zero!', startSeconds: 0.25, endSeconds: 0.5, channel: 1, confidence: 0.5 },
  { text: 'Anna?', startSeconds: 3.5, endSeconds: 4, personal: [{ word: 'Anna', type: 'NAME' }] },
];

/** A simulator that listens on a free port, with a clock that only the test moves. */
export async function transcribeCaller(
  options: Partial<TranscribeSimulatorOptions> = {},
): Promise<Caller> {
  let nowMs = Date.now();
  const s3 = createS3Simulator({
    ...SIMULATED_S3,
    folder: null,
    buckets: ['audio', 'transcripts'],
  });
  const s3Endpoint = await s3.app.listen({ port: 0, host: '127.0.0.1' });
  await s3.put('audio', 'call.wav', wav(2));
  const simulator = createTranscribeSimulator({
    ...SIMULATED_S3,
    s3Endpoint,
    now: () => nowMs,
    jobMs: JOB_MS,
    ...options,
  });
  const url = await simulator.app.listen({ port: 0, host: '127.0.0.1' });
  onTestFinished(async () => {
    await simulator.close();
    await s3.close();
  });
  const client = clientOf(url);

  const caller: Caller = {
    simulator,
    url,
    client,
    s3,
    advance: async (ms) => {
      nowMs += ms;
      await simulator.tick();
    },
    start: async (job = {}) =>
      told(await client.send(new StartTranscriptionJobCommand(jobOf(job)))),
    get: async (TranscriptionJobName = 'job') =>
      told(await client.send(new GetTranscriptionJobCommand({ TranscriptionJobName }))),
    remove: (TranscriptionJobName = 'job') =>
      client.send(new DeleteTranscriptionJobCommand({ TranscriptionJobName })),
    finished: async (job) => {
      const { TranscriptionJobName: name } = await caller.start(job);
      await caller.advance(JOB_MS);
      return caller.get(name);
    },
    output: async (key) => JSON.parse((await caller.file(key)) ?? 'null'),
    file: async (key) => (await s3.get('transcripts', key))?.body.toString() ?? null,
    control: (method, path, body) =>
      fetch(`${url}${path}`, { method, ...(body && { body: JSON.stringify(body) }) }),
  };
  return caller;
}

/** Amazon's own client, which tries once. */
export function clientOf(
  endpoint: string,
  changed: Partial<Record<keyof typeof SIMULATED_S3, string>> = {},
): TranscribeClient {
  const { region, ...credentials } = { ...SIMULATED_S3, ...changed };
  const client = new TranscribeClient({ endpoint, region, credentials, maxAttempts: 1 });
  onTestFinished(() => client.destroy());
  return client;
}

/** A valid job of a call in two channels; what is undefined in `job` is left out. */
export function jobOf(job: Partial<Job> = {}): Job {
  return {
    TranscriptionJobName: 'job',
    Media: { MediaFileUri: 's3://audio/call.wav' },
    LanguageCode: 'en-GB',
    OutputBucketName: 'transcripts',
    ...job,
  };
}

/** The header of a wav file, and one second of silence. */
export function wav(channels: number, sampleRate = 8_000): Buffer {
  const data = Buffer.alloc(sampleRate * channels * 2);
  const header = Buffer.alloc(44);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(36 + data.length, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(sampleRate, 24);
  header.writeUInt32LE(sampleRate * channels * 2, 28);
  header.writeUInt16LE(channels * 2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(data.length, 40);
  return Buffer.concat([header, data]);
}

function told({
  TranscriptionJob: job,
}: {
  TranscriptionJob?: TranscriptionJob;
}): TranscriptionJob {
  if (!job) throw new Error('no job in the answer');
  return job;
}

/** The rules that the simulator saw broken, in order. */
export function rulesBroken({ simulator }: Caller): string[] {
  return simulator.ledger().violations.map(({ rule }) => rule);
}
