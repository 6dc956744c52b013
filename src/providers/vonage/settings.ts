import type { CallTranscription } from '../../domain/recording.ts';

/** A Vonage application, with all that it takes to have its calls recorded and transcribed. */
export type VonageSettings = {
  readonly applicationId: string;
  /** PEM: signs the token with which recordings are fetched. */
  readonly privateKey: string;
  /** The account's: signs the webhooks. */
  readonly signatureSecret: string;
  /** Where recordings come from: `host` with its subdomains, or `http://host:port`. */
  readonly recordingHosts: readonly string[];
  /** Who is called when somebody calls the application's number, in digits. */
  readonly otherNumbers: readonly string[];
  /** How a recorded call is transcribed. */
  readonly transcription: CallTranscription;
  /** Where Vonage reaches us. */
  readonly publicUrl: string;
  /** How long after a call its recording is waited for. */
  readonly graceSeconds: number;
};
