import { onTestFinished } from 'vitest';
import { SIMULATED_S3 } from '../../simulators/credentials.ts';
import type { TranscribeSimulatorOptions } from '../../simulators/transcribe/simulator.ts';
import { amazonTranscribe } from '../../src/providers/amazon-transcribe/provider.ts';
import type { TranscribeSettings } from '../../src/providers/amazon-transcribe/settings.ts';
import type { Job } from '../../src/domain/recording.ts';
import { ProviderError } from '../../src/providers/errors.ts';
import type { BatchProvider, JobStart } from '../../src/providers/port.ts';
import { transcribeCaller } from '../simulators/transcribe-caller.ts';
import type { Caller } from '../simulators/transcribe-caller.ts';

const { region, ...credentials } = SIMULATED_S3;

/** A start of a call in two channels. */
export const CALL: JobStart = {
  sessionId: 'vonage:aaaa-bbbb',
  attempt: 1,
  media: { uri: 's3://audio/call.wav', channel: null },
  channels: 2,
  options: { languageCode: 'en-GB' },
};
export const CALL_JOB = 'durascribe-vonage.aaaa-bbbb-8ea6cf80-1';

export function settingsAt(
  endpoint: string,
  s3Endpoint: string,
  changed: { accessKeyId?: string; secretAccessKey?: string } | null = {},
): TranscribeSettings {
  return {
    region,
    endpoint,
    transcripts: {
      bucket: 'transcripts',
      region,
      forcePathStyle: true,
      endpoint: s3Endpoint,
      credentials: changed && { ...credentials, ...changed },
    },
  };
}

type Scene = Omit<Caller, 'advance'> & {
  readonly provider: BatchProvider;
  readonly s3Url: string;
  readonly advance: (ms: number) => Promise<void>;
};

/** The provider with a simulated Transcribe and S3, whose clock only the test moves. */
export async function scene(options: Partial<TranscribeSimulatorOptions> = {}): Promise<Scene> {
  const caller = await transcribeCaller(options);
  const s3Url = caller.s3.app.listeningOrigin;
  const provider = amazonTranscribe(settingsAt(caller.url, s3Url));
  return { ...caller, advance: (ms) => caller.advance(ms), s3Url, provider };
}

/** A scene with the job of a call in it. */
export async function begun(
  options: Partial<TranscribeSimulatorOptions> = {},
): Promise<Scene & { readonly job: Job }> {
  const caller = await scene(options);
  const job = await caller.provider.start(CALL);
  if (job === null) throw new Error('no job');
  return { ...caller, job };
}

/** What a call of the provider's throws. */
export async function thrownBy(call: Promise<unknown>): Promise<ProviderError> {
  const error: unknown = await call.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof ProviderError) return error;
  throw new Error(`no ProviderError: ${String(error)}`);
}

/** An address where nobody listens, and none ever did. */
export const NOWHERE = 'http://127.0.0.1:1';

/** Sets variables of the environment, or unsets those that are undefined, until the test is over. */
export function withEnvironment(variables: Record<string, string | undefined>): void {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  setAll(Object.entries(variables));
  onTestFinished(() => setAll(before));
}

function setAll(variables: readonly (readonly [string, string | undefined])[]): void {
  for (const [name, value] of variables) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}
