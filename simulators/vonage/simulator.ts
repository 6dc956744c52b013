import type { FastifyInstance } from 'fastify';
import type { z } from 'zod';
import { plainFastify } from '../shared/plain-fastify.ts';
import { wantedCall } from './call-request.ts';
import type { CallRequest } from './call-request.ts';
import { registerControls } from './control-routes.ts';
import { Faults } from './faults.ts';
import type { Fault } from './faults.ts';
import { Records } from './ledger.ts';
import type { Ledger } from './ledger.ts';
import { newCall, play } from './phone-call.ts';
import type { CallContext } from './phone-call.ts';
import { registerDownloads } from './recordings/download.ts';
import { Files } from './recordings/files.ts';
import { deliver, deliverySchema } from './webhooks/delivery.ts';
import type { SignedWebhook } from './webhooks/delivery.ts';

export type VonageSimulatorOptions = {
  readonly applicationId: string;
  /** Of the application, PEM; downloads are proven by the other half. */
  readonly publicKey: string;
  /** Of the account; webhooks are signed with it. */
  readonly signatureSecret: string;
  readonly apiKey: string;
  /** The webhooks of the application. */
  readonly answerUrl: string;
  readonly fallbackAnswerUrl?: string;
  readonly eventUrl: string;
  /** Where recordings are said to be; where the simulator listens, by default. */
  readonly publicUrl?: string;
  /** How patiently webhooks are delivered; as documented, by default. */
  readonly delivery?: z.input<typeof deliverySchema>;
  /** What a `Range` does to a download, which Vonage leaves open: nothing, by default. */
  readonly ranges?: 'ignored' | 'served';
  /** Where synthesised recordings outlive the process; in memory only without it. */
  readonly stateFile?: string;
  readonly log?: boolean;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
};

type PlacedCall = {
  readonly uuid: string;
  readonly conversationUuid: string;
  /** Of the recording, should the NCCO ask for one. */
  readonly recordingUuid: string;
  /** Settles when every webhook of the call was delivered or given up. */
  readonly done: Promise<void>;
};

export type VonageSimulator = {
  /** For the caller to listen with. */
  readonly app: FastifyInstance;
  /** Someone calls the application's number. */
  placeCall(call?: CallRequest): PlacedCall;
  /** Announces a recording once more, with the same token and body; throws where there is none. */
  redeliver(recordingUuid: string): Promise<void>;
  /** Of one conversation, or of all. */
  ledger(conversationUuid?: string): Ledger;
  inject(fault: Fault): void;
  clearFaults(): void;
  close(): Promise<void>;
};

/**
 * A strict simulator of Vonage Voice, as one application sees it: calls with their signed webhooks,
 * and the download of recordings. It refuses whatever the documentation forbids, and keeps a ledger
 * of all it saw.
 */
export function createVonageSimulator(options: VonageSimulatorOptions): VonageSimulator {
  const { now = Date.now, applicationId, publicKey, signatureSecret, apiKey } = options;
  const records = new Records(now);
  const faults = new Faults();
  const files = new Files(now, options.stateFile);
  const announcements = new Map<string, SignedWebhook>();
  const settings = deliverySchema.parse(options.delivery ?? {});
  const closing = new AbortController();
  const playing = new Set<Promise<void>>();
  const app = plainFastify('vonage-simulator', options.log);
  const context: CallContext = {
    answerUrl: options.answerUrl,
    fallbackAnswerUrl: options.fallbackAnswerUrl,
    eventUrl: options.eventUrl,
    publicUrl: () => options.publicUrl ?? listeningUrl(app),
    signer: { signatureSecret, apiKey, applicationId },
    settings,
    records,
    faults,
    files,
    announcements,
    now,
    closing: closing.signal,
  };

  const simulator: VonageSimulator = {
    app,
    placeCall: (request = {}) => {
      context.publicUrl();
      const call = newCall(context, wantedCall(request));
      const done = play(context, call).finally(() => playing.delete(done));
      playing.add(done);
      const { uuid, conversationUuid } = call.caller;
      return { uuid, conversationUuid, recordingUuid: call.recordingUuid, done };
    },
    redeliver: async (recordingUuid) => {
      const announcement = announcements.get(recordingUuid);
      if (!announcement) throw new Error(`no recording ${recordingUuid} has been announced`);
      await deliver(context, announcement, undefined);
    },
    ledger: (conversationUuid) => records.view(conversationUuid),
    inject: (fault) => faults.inject(fault),
    clearFaults: () => faults.clear(),
    close: async () => {
      closing.abort();
      await Promise.all(playing);
      await app.close();
      await files.flush();
    },
  };
  registerControls(app, simulator);
  registerDownloads(app, {
    applicationId,
    publicKey,
    files,
    records,
    faults,
    ranges: options.ranges ?? 'ignored',
    now,
    closing: closing.signal,
  });
  return simulator;
}

function listeningUrl(app: FastifyInstance): string {
  if (app.addresses().length === 0) throw new Error('the simulator is not listening yet');
  return app.listeningOrigin;
}
